"""Lineage of columns: which columns of its inputs a column of a derived dataset or of features comes from."""
