"""Erasure: a person's rows, keys and traces removed from everywhere, searched for afterwards, and certified."""
