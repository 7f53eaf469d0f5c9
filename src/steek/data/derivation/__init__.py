"""Derived datasets and the joins that make them, every join counted."""
