"""Filtering and sampling on the way in: stable, with the rate beside every row, and what that costs in quality."""
