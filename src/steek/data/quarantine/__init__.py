"""Quarantine: rows that did not fit their contract, looked at, sent again, or given up."""
