"""What a database keeps of deleted rows, and how to clear it."""

from sqlalchemy import Connection, Table, text

from steek.kernel.errors import BusyError
from steek.ledger.database import Database


def overwrite_deleted(connection: Connection) -> None:
    """From now on this connection overwrites with zeros what it deletes from a SQLite file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON").close()


def clear_remains(database: Database, table: Table) -> None:
    """Clear what deleted rows left outside of the live content of a table's own files; after the deletion committed.

    SQLite: writes the file anew, since rows leave copies in pages that they were moved away from, which are not zeroed
    with the row; then empties the write-ahead log. PostgreSQL: writes the table anew and drops the old file, since a
    plain vacuum leaves deleted rows readable in it; its write-ahead log is the server's, and is recycled by it.

    Raises:
        BusyError: others were reading for a minute on end, so that the log could not be emptied.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"VACUUM (FULL) {table.name}"))
            return
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
    if busy:
        message = "the rows are deleted, but others read the database, so its write-ahead log still holds remains"
        raise BusyError(message, next_step="Do it again when they are done.")
