"""Reading through the gate: what deciding, writing down and treating adds to opening a table.

Ours: `Lake.opened_by(analyst).scan` of a hundred thousand rows behind a policy with a column opened, one masked,
a condition on rows and an age: decided, written into the record of reads, treated. The frame is not collected.
Limit: the same scan of the same lake without a gate.
"""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

import measuring
from steek.data import Lake
from steek.governance import Access, ColumnFacts, Policy, Role, TableFacts
from steek.kernel import SystemClock
from steek.ledger import Database, Ledger, metadata

ROUNDS, SCANS = 9, 200
OPEN, PERSONAL = ColumnFacts(is_personal=False), ColumnFacts(is_personal=True)
FACTS = TableFacts("lines", {"who": PERSONAL, "name": PERSONAL, "n": OPEN, "sold_at": OPEN}, event_time="sold_at")
POLICY = Policy(
    "lines",
    to=("analyst",),
    purposes=("research",),
    columns={"who": "allow", "name": "mask"},
    rows="n > 10",
    newer_than="36500d",
    owner="privacy",
    reason="a benchmark",
)


def main() -> None:
    with measuring.work_folder() as folder:
        bare, opened = lakes(Path(folder))
        spent = measuring.take_turns(ROUNDS, ours=lambda: scan(opened), bare=lambda: scan(bare))
        ours, limit = measuring.median(spent["ours"]), measuring.median(spent["bare"])
        added_ms = (ours.wall_s - limit.wall_s) / SCANS * 1e3
        measuring.say("through the gate", ours, f"{ours.wall_s / SCANS * 1e3:.2f} ms a scan")
        measuring.say("without a gate", limit, f"{limit.wall_s / SCANS * 1e3:.2f} ms a scan")
        print(f"the gate adds {added_ms:.2f} ms, of it CPU {(ours.cpu_s - limit.cpu_s) / SCANS * 1e3:.2f} ms")
        measuring.Result(
            name="access",
            figure=added_ms,
            unit="ms added to a scan that is decided and written down",
            peer=None,
            peer_figure=None,
            limit_figure=limit.wall_s / SCANS * 1e3,
            goal="less than 2 ms",
            met=added_ms < 2,
        ).end()


def lakes(folder: Path) -> tuple[Lake, Lake]:
    """One lake, as it is and as an analyst reads it."""
    database, clock = Database.open(f"sqlite:///{folder / 'steek.db'}"), SystemClock()
    metadata.create_all(database.engine)
    ledger = Ledger(database, clock)
    roles = {"analyst": Role("analyst", members=("ana",))}
    access = Access(database, ledger, clock, lambda _: FACTS, roles=roles, policies=[POLICY])
    bare = Lake(folder / "lake", {}, database, ledger, clock)
    at = datetime(2017, 10, 2, tzinfo=UTC)
    rows = pl.DataFrame({"who": range(100_000), "name": "x", "n": range(100_000)}).with_columns(sold_at=pl.lit(at))
    bare.append("lines", rows, key="lines")
    return bare, Lake(folder / "lake", {}, database, ledger, clock, access).opened_by(access.actor("ana", "research"))


def scan(lake: Lake) -> None:
    for _ in range(SCANS):
        lake.scan("lines")


if __name__ == "__main__":
    main()
