"""Contracts: what a dataset promises, how promises are written, compared, changed and kept."""
