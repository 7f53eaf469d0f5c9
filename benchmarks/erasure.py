"""Erasure of 100 subjects from 10 million rows, against a bare Delta rewrite of the touched files.

Ours: a whole pass: places searched, keys shredded, rows deleted, earlier versions ended, old files and what the log
told destroyed, every file on disk decoded and searched again, certified in the ledger. All subjects in one pass.
Peer and limit: `DeltaTable.delete` of the same rows in a copy of the same table: it leaves the old files, the log and
everything else as they were.
Once over files in order of arrival, where every file holds every subject, and once over files clustered by a hash of
the subject, where few are touched.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from deltalake import DeltaTable, write_deltalake

import measuring
from steek.data import Contract, Dataset, Field, Lake, Subject
from steek.data.erasure.database_holder import DatabaseValues
from steek.data.erasure.disk_holder import DiskSearch
from steek.data.erasure.erasures import Erasures
from steek.data.erasure.identity import Identities
from steek.data.erasure.lake_holder import LakeTables
from steek.data.erasure.passing import ErasurePass
from steek.data.erasure.rewriting import Rewriting
from steek.data.erasure.table_files import TableFiles
from steek.governance import Pseudonyms
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.kernel.clock import SystemClock
from steek.ledger import Database, Ledger
from steek.ledger.migrating import migrate

ROWS, FILES, SUBJECTS, ERASED = 10_000_000, 100, 200_000, 100
CONTRACT = Contract(
    "visits",
    "1.0.0",
    (
        Field("person_id", "integer", subject="person", sensitivity="personal"),
        Field("product_id", "integer"),
        Field("amount_usd", "number"),
        Field("seen_at", "timestamp"),
    ),
    owner="o",
)
DATASETS = {"visits": Dataset("visits", CONTRACT, "seen_at", owner="o")}


def rows() -> pl.DataFrame:
    """Ten million visits of 200,000 persons in order of arrival."""
    random = np.random.default_rng(7)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    seconds = np.arange(ROWS, dtype=np.int64)
    return pl.DataFrame(
        {
            "person_id": random.integers(0, SUBJECTS, ROWS),
            "product_id": random.integers(0, 90_000, ROWS),
            "amount_usd": random.gamma(2.0, 3.0, ROWS),
            "seen_at": pl.Series(seconds).cast(pl.Duration("ms")) + start,
        }
    ).with_columns(pl.col("seen_at").cast(pl.Datetime("us", "UTC")))


class Opened:
    """A lake of its own with the table in it, and an erasure of 100 persons that is due."""

    def __init__(self, folder: Path, frame: pl.DataFrame) -> None:
        clock = SystemClock()
        folder.mkdir(parents=True)
        self.table = folder / "lake" / "visits"
        database = Database.open(f"sqlite:///{folder / 'steek.db'}")
        migrate(database)
        ledger = Ledger(database, clock)
        lake = Lake(folder / "lake", {}, database, ledger, clock)
        step = ROWS // FILES
        for number in range(FILES):
            lake.append("visits", frame[number * step : (number + 1) * step], key=str(number))
        vault = FileKeyVault(folder / "keys.vault", MasterKey(folder / "outside" / "master.key"))
        identities = Identities(vault, Pseudonyms(vault, database, ledger, clock), DATASETS)
        files = TableFiles(str(folder / "lake"), {})
        tables = LakeTables(Rewriting(files, lake, clock), lake, database, DATASETS)
        holders = [DatabaseValues(database), DiskSearch(folder, [folder / "lake", folder / "outside"]), tables]
        state = (database, ledger, clock)
        erasing = ErasurePass(identities, tables.exposures, holders, lambda _: [], *state)
        self.erasures = Erasures(identities, erasing, *state, timedelta())
        for person in range(ERASED):
            vault.key(f"subject:person:{identities.digests('person', [str(person)])[0]}")
            self.erasures.request(Subject("person", str(person)), reason="asked", actor="o", key=str(person))


def bare(table: Path) -> int:
    """The rewrite alone; files touched."""
    told = DeltaTable(table).delete(f"person_id IN ({', '.join(map(str, range(ERASED)))})")
    return told["num_removed_files"]


def measure(folder: Path, frame: pl.DataFrame, name: str) -> tuple[measuring.Spent, measuring.Spent]:
    """Ours and the bare rewrite, on equal tables."""
    opened = Opened(folder / name, frame)
    copied = shutil.copytree(opened.table, folder / f"{name}-bare")
    with measuring.stopwatch() as alone:
        touched = bare(copied)
    with measuring.stopwatch() as whole:
        done = opened.erasures.run_due(actor="o")
    assert {erasure.state for erasure in done} == {"certified"}, done[0]
    measuring.say(f"steek erasure, {name}", whole(), f"{touched} of {FILES} files touched, searched and certified")
    measuring.say(f"bare delete, {name}", alone(), "nothing destroyed, searched or certified")
    return whole(), alone()


def main() -> None:
    with measuring.work_folder() as folder:
        place = folder / "erasure"
        shutil.rmtree(place, ignore_errors=True)
        frame = rows()
        print(f"{ERASED} of {SUBJECTS:,} persons, {ROWS:,} rows in {FILES} files")
        warm = pl.DataFrame({"person_id": [1]})
        write_deltalake(place / "warm", warm)
        DeltaTable(place / "warm").delete("person_id = 1")
        ours, peer = measure(place, frame, "by-arrival")
        clustered = frame.sort(pl.col("person_id").hash(seed=1))
        few_ours, few_peer = measure(place, clustered, "by-subject")
        shutil.rmtree(place, ignore_errors=True)
        print(f"  clustered: {few_ours.wall_s / few_peer.wall_s:.2f} x the bare rewrite of the files it touches")
        measuring.Result(
            name="erasure",
            figure=ours.wall_s,
            unit="s for 100 subjects in 10M rows, certified",
            peer="DeltaTable.delete of the same rows",
            peer_figure=peer.wall_s,
            limit_figure=peer.wall_s,
            goal="at most 2 x the bare rewrite of the touched files",
            met=ours.wall_s <= 2 * peer.wall_s,
        ).end()


if __name__ == "__main__":
    main()
