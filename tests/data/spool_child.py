"""Ingests in a process of its own and dies at a chosen touch of a file.

Arguments: folder, spool folder below it, first number, how many batches, touch at which to die (0: never).
Prints each key once its batch is acknowledged. A touch is an opening for writing, a renaming, a linking or a removal of
a file of the project, or the end of a write transaction: just before it, and just after.
"""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from steek.data import Dataset, Ingestion, IngestOptions, Lake, Spool
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.data.conftest import DAY, LINES, lines

MOST_COMMITS = 10
_TOUCHES = ("os.rename", "os.remove", "os.link", "os.mkdir")


class Death:
    """Counts touches and kills at the chosen one."""

    def __init__(self, folder: Path, dies_at: int) -> None:
        self._folder = str(folder)
        self._left = dies_at

    def touch(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, given: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(given[1], str) and any(mode in given[1] for mode in "wxa+")
        if (writes or event in _TOUCHES) and str(given[0]).startswith(self._folder):
            self.touch()


class TouchyDatabase(Database):
    """A database whose commits count as touches."""

    death: Death

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        with super().transaction() as connection:
            yield connection
            self.death.touch()
        self.death.touch()


def main(folder: Path, spool: str, first: int, count: int, dies_at: int) -> None:
    clock = ReplayClock(folder / "clock")
    clock.set(DAY)
    database = TouchyDatabase.open(f"sqlite:///{folder / 'steek.db'}")
    assert isinstance(database, TouchyDatabase)
    database.death = Death(folder, dies_at)
    sys.addaudithook(database.death.audit)
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    options = IngestOptions(Spool(folder / spool, 1_000_000_000, clock))
    datasets = {"lines": Dataset("lines", LINES, "sold_at", owner="o")}
    ingestion = Ingestion(lake, database, ledger, clock, datasets, 50_000_000, options)
    for number in range(first, first + count):
        rows = lines(count=3, product_id=10 * number)
        bad = rows.with_columns(store_id=rows["store_id"] * (rows["product_id"] % 10 != 0).cast(int))
        ingestion.ingest("lines", bad, key=f"batch {number}", actor="x", wait=False)
        print(f"batch {number}", flush=True)
        if number % 2 and count <= MOST_COMMITS:
            ingestion.committer.commit_all()
    ingestion.committer.commit_all()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(int(word) for word in sys.argv[3:6]))
