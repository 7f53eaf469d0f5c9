"""Access: who may read which table for what purpose, the one gate that says so, and the record of every read."""
