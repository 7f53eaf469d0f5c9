"""Fixtures that several rooms use."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger, Lineage, metadata

# A slow example says something of the machine, not of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def clock(tmp_path: Path) -> ReplayClock:
    """A clock that tests move by hand; it starts at the beginning of a business day."""
    clock = ReplayClock(tmp_path / "clock")
    clock.set(datetime(2017, 10, 2, 6, tzinfo=UTC))
    return clock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'steek.db'}")
    metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database, clock: ReplayClock) -> Ledger:
    return Ledger(database, clock)


@pytest.fixture
def lineage(database: Database) -> Lineage:
    return Lineage(database)
