"""What people and systems notice in one line, brought together into a declaration."""
