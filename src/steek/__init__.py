"""steek keeps production machine learning reliable."""
