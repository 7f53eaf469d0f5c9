"""Validation: rows against the contract, batches against the last known good feed."""
