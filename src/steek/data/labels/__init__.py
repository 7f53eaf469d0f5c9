"""Labels: what turned out to be right, when it was known, who said so, and who learned from it."""
