"""Pseudonyms: keyed and deterministic, or prefix-preserving; undone only with permission and a reason."""
