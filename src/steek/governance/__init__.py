"""Governance: who may see which data for what purpose, pseudonyms, keys, and the record of every read.

Flows in: policies that the project declares, principals, keys of the vault, and frames about to be opened.
Flows out: decisions with their reasons, frames as the reader may see them, pseudonyms, and audited reads.
"""
