"""A mill for each test."""

from pathlib import Path

import pytest
from tests.monitoring.profiles.mill import Mill

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger


@pytest.fixture
def mill(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> Mill:
    return Mill.open(tmp_path, database, ledger, clock)
