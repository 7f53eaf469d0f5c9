"""Ingestion: from the bytes of a client to a durable acknowledgement, and from there into the lake."""
