"""Keys: where they are kept, how they are wrapped, backed up, rotated and shredded."""
