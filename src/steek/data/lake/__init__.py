"""The lake: versioned Delta tables, read as of a version or a moment, exactly one change per key."""
