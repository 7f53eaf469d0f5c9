import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from steek.data import Lake
from steek.data.ingest.tables import spool_entries
from steek.data.tables import derivations, join_reports, receipts, table_versions
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger

CHILD = Path(__file__).with_name("crash_child.py")
# Each run repeats the one it follows, gets one transaction further and dies with the next one ready to commit.
DIES_AT = 2
LEAST_DEATHS = 8


def run(folder: Path, *, dies_at: int = 0, file_bytes: int = 0) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, str(CHILD), str(folder), str(dies_at), str(file_bytes)]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=120)


def state(folder: Path) -> dict[str, list[Any]]:
    """Everything that must not depend on whether a run was killed; ids of events are drawn anew each time."""
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    clock = ReplayClock(folder / "clock")
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    with database.reading() as connection:
        found: dict[str, list[Any]] = {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in (table_versions, receipts, derivations, join_reports)
        }
    for name in ("lines", "products", "maker_lines", "quarantine.lines"):
        found[name] = lake.scan(name, technical=True).sort(pl.all()).collect().rows()
    found["events"] = [(event.kind, event.subject, event.payload) for event in ledger.events()]
    with database.reading() as connection:
        assert connection.execute(select(spool_entries)).all() == []
    assert list((folder / "spool" / "lines").glob("*.arrow")) == []
    assert ledger.verify() == ledger.count()
    database.close()
    return found


@pytest.mark.covers("D2", "D17", "N3", "T2")
def test_killed_between_delta_and_database_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    # The uninterrupted run ends on a full disk: a limit on file sizes meets the same path in the system's write.
    whole = run(tmp_path / "whole", file_bytes=60_000)
    assert whole.stdout.startswith("storage_full Free space and send it again; nothing was written.")
    assert not list((tmp_path / "whole" / "lake" / "lines").glob("*#*"))
    expected = state(tmp_path / "whole")
    assert [row[0] for row in expected["events"]] == [
        "contract.registered", "batch.committed", "contract.registered", "batch.committed", "batch.committed",
        "dataset.replaced", "join.measured", "dataset.derived",
    ]  # fmt: skip
    assert [len(expected[name]) for name in ("lines", "quarantine.lines", "maker_lines")] == [10, 1, 10]
    deaths = 0
    while (ended := run(tmp_path / "killed", dies_at=DIES_AT)).returncode == -signal.SIGKILL:
        deaths += 1
    assert (ended.returncode, deaths >= LEAST_DEATHS) == (0, True), ended.stderr
    assert state(tmp_path / "killed") == expected
