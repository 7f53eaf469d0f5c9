"""A sender of its own process: sends what is due to one webhook, and is killed while it does."""

import sys
from pathlib import Path

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger
from steek.notify import Notices, open_targets

if __name__ == "__main__":
    folder, url = Path(sys.argv[1]), sys.argv[2]
    clock = ReplayClock(folder / "clock")
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    table = {"kind": "webhook", "url": url, "secret": "s3cret", "timeout_s": 20}
    Notices(database, Ledger(database, clock), clock, open_targets({"hook": table})).deliver()
