"""A process of its own that migrates a database and appends events one by one: URL, clock file, name, count."""

import sys
from pathlib import Path

from steek.kernel import ReplayClock
from steek.ledger import Database, Draft, Ledger
from steek.ledger.migrating import migrate


def main(url: str, clock_path: str, writer: str, count: str) -> None:
    database = Database.open(url)
    migrate(database)
    ledger = Ledger(database, ReplayClock(Path(clock_path)))
    for number in range(int(count)):
        subject = f"dataset:{writer}@{number}"
        ledger.record(Draft("batch.committed", subject, writer, edges=((f"receipt:{writer}-{number}", subject),)))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
