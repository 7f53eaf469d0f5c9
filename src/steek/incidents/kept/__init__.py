"""Declarations made while the database could not be written, kept on this machine until it can."""
