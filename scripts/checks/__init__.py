"""Parts of `check.py`."""
