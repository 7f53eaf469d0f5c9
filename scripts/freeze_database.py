"""Write a small database of one schema version, with a few events, for the tests that open old databases.

    python scripts/freeze_database.py 0001      writes tests/upgrade/assets/0001.db

A frozen database is never written again once a release has gone out with its version.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from steek.kernel import ReplayClock
from steek.ledger import Database, Draft, Ledger
from steek.ledger.migrating import upgrade

ASSETS = Path(__file__).parent.parent / "tests" / "upgrade" / "assets"
SNAPSHOT = "features:household_recent@2017-10-02T06:00:00+00:00"
EVENTS = (
    Draft(
        "batch.committed",
        "dataset:transactions@1",
        "store",
        {"accepted_rows": 4011, "quarantined_rows": 2},
        edges=(("receipt:0190", "dataset:transactions@1"),),
    ),
    Draft("features.materialised", SNAPSHOT, "night 2017-10-01", edges=(("dataset:transactions@1", SNAPSHOT),)),
    Draft(
        "model.trained",
        "trained:search_ranking@1",
        "night 2017-10-01",
        {"rows": 80220, "log_loss": 0.1875},
        edges=((SNAPSHOT, "trained:search_ranking@1"),),
    ),
    Draft("gate.decided", "trained:search_ranking@1", "night 2017-10-01", {"verdict": "pass", "note": "größer als ½"}),
    Draft("route.changed", "model:search_ranking", "night 2017-10-01", {"primary": 1, "previous": []}),
)


def main(version: str) -> None:
    """Make the database beside its place, then move it there."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        clock = ReplayClock(Path(folder) / "clock")
        clock.set(datetime(2017, 10, 2, 6, 0, 0, 250, tzinfo=UTC))
        database = Database.open(f"sqlite:///{folder}/frozen.db")
        with database.transaction() as connection:
            upgrade(connection, version)
        Ledger(database, clock).record(*EVENTS)
        with database.reading() as connection:
            # One file without its log beside it is easier to keep.
            connection.execute(text("PRAGMA journal_mode=DELETE"))
        database.close()
        shutil.move(Path(folder) / "frozen.db", ASSETS / f"{version}.db")
    print(ASSETS / f"{version}.db")


if __name__ == "__main__":
    main(sys.argv[1])
