"""Feed checks: one batch against the batches before it that are known to be good."""
