"""Plays the world around the store: suppliers of data, customers, and the people on call.

It talks to steek as anybody would: over HTTP and through the command line.
"""
