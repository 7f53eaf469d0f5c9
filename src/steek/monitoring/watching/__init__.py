"""Watching models that somebody else trains and serves: their prediction log and outcomes, as they lie there.

Flows in: files, Delta tables, queries and batches over HTTP, all through ingestion. Flows out: rows of the prediction
log and of outcomes, so that every indicator works as if steek had served the model.
"""
