"""Access in an emergency: raw values for one person, some columns and rows, some minutes, never alone."""
