"""Cleaning, standardising and quantising: one ordered list per dataset, applied to each row exactly once."""
