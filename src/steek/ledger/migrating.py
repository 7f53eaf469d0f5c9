"""Brings a database to the newest schema."""

from steek.ledger.database import Database, metadata


def migrate(database: Database) -> None:
    """Create or change tables until they are what this version of steek expects."""
    metadata.create_all(database.engine)
