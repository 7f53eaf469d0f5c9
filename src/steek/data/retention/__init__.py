"""Retention and jurisdiction: rules of contracts enforced by a job, and told as objectives that are met or not."""
