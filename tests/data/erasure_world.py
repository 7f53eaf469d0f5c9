"""A week of real households in a lake: lines, demographics as pseudonyms, features, predictions, a quarantine."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from tests.real_year import real_year

from steek.data import AnyDataset, Contract, Dataset, Field, Lake
from steek.data.erasure.database_holder import DatabaseValues
from steek.data.erasure.disk_holder import DiskSearch
from steek.data.erasure.erasures import Erasures
from steek.data.erasure.exclusion import Exclusion
from steek.data.erasure.identity import Identities
from steek.data.erasure.lake_holder import LakeTables
from steek.data.erasure.passing import ErasurePass
from steek.data.erasure.ports import Exposure, Holder, Learned
from steek.data.erasure.rewriting import Rewriting
from steek.data.erasure.table_files import TableFiles
from steek.governance.pseudonyms.pseudonyms import Pseudonyms
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Ledger

NOW = datetime(2017, 10, 2, 6, tzinfo=UTC)
SINCE = datetime(2017, 9, 25, tzinfo=UTC)
DELAY = timedelta(hours=72)

LINES = Contract(
    "lines",
    "1.0.0",
    (
        Field("household_id", "integer", subject="household", sensitivity="personal"),
        Field("product_id", "integer"),
        Field("sales_value", "number", unit="USD"),
        Field("sold_at", "timestamp"),
    ),
    owner="data@grocer",
    jurisdiction="US",
    retention="30d",
)
PEOPLE = Contract(
    "people",
    "1.0.0",
    (
        Field("household_id", "integer", subject="household", pseudonym="keyed", scope="homes", sensitivity="personal"),
        Field("income", "string", nullable=True),
    ),
    owner="data@grocer",
    jurisdiction="EU",
)
DATASETS: dict[str, AnyDataset] = {
    "lines": Dataset("lines", LINES, "sold_at", owner="data@grocer"),
    "people": Dataset("people", PEOPLE, owner="data@grocer", mode="replace"),
}


@dataclass
class World:
    """An opened lake with everything that erases from it."""

    folder: Path
    clock: ReplayClock
    database: Database
    ledger: Ledger
    lake: Lake
    files: TableFiles
    vault: FileKeyVault
    pseudonyms: Pseudonyms
    identities: Identities
    tables: LakeTables
    exclusion: Exclusion
    erasing: ErasurePass
    erasures: Erasures


def open_world(
    folder: Path,
    database: Database,
    clock: ReplayClock,
    *,
    holders: Sequence[Holder] | None = None,
    around: Callable[[Holder], Holder] = lambda holder: holder,
    learned_from: Callable[[Sequence[Exposure]], list[Learned]] = lambda _: [],
) -> World:
    """Open the world in a folder; `around` may wrap every holder."""
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    vault = FileKeyVault(folder / "keys.vault", MasterKey(folder / "outside" / "master.key"))
    pseudonyms = Pseudonyms(vault, database, ledger, clock)
    identities = Identities(vault, pseudonyms, DATASETS)
    files = TableFiles(str(folder / "lake"), {})
    tables = LakeTables(Rewriting(files, lake, clock), lake, database, DATASETS)
    others = [DatabaseValues(database), DiskSearch(folder, [folder / "lake", folder / "outside"])]
    erasing = ErasurePass(
        identities,
        tables.exposures,
        [around(holder) for holder in (*(others if holders is None else holders), tables)],
        learned_from,
        database,
        ledger,
        clock,
    )
    erasures = Erasures(identities, erasing, database, ledger, clock, DELAY)
    exclusion = Exclusion(identities, database)
    return World(
        folder,
        clock,
        database,
        ledger,
        lake,
        files,
        vault,
        pseudonyms,
        identities,
        tables,
        exclusion,
        erasing,
        erasures,
    )


def week() -> pl.DataFrame:
    """The real lines of a week, as the contract has them."""
    lines = pl.scan_parquet(real_year() / "transactions.parquet").select(
        "household_id",
        "product_id",
        "sales_value",
        sold_at=pl.col("transaction_timestamp").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    )
    return lines.filter(pl.col("sold_at").is_between(SINCE, NOW, closed="left")).collect()


def busiest(count: int) -> list[int]:
    """Households with demographics and the most lines of the week."""
    known = pl.read_parquet(real_year() / "demographics.parquet", columns=["household_id"])
    lines = week().with_columns(pl.col("household_id").cast(pl.Int64))
    counted = lines.join(known.cast(pl.Int64), on="household_id", how="semi").group_by("household_id").len()
    return counted.sort("len", "household_id", descending=True)["household_id"].head(count).to_list()


def fill(world: World) -> None:
    """Everything the real shop would have after a week; the same each time."""
    lines = week()
    for number in range(7):
        start = SINCE + timedelta(days=number)
        day = lines.filter(pl.col("sold_at").is_between(start, start + timedelta(days=1), closed="left"))
        world.lake.append("lines", day.with_columns(pl.lit(f"r{number}").alias("_receipt_id")), key=f"day {number}")
        recent = day.group_by("household_id").agg(spent=pl.sum("sales_value"))
        instant = Window(start, start + timedelta(microseconds=1))
        snapshot = recent.with_columns(pl.lit(start).cast(pl.Datetime("us", "UTC")).alias("as_of"))
        for again in range(2):
            world.lake.replace_window(
                "features.home", snapshot, column="as_of", window=instant, key=f"snapshot {number} {again}"
            )
    people = pl.read_parquet(real_year() / "demographics.parquet", columns=["household_id", "income"])
    hidden = world.pseudonyms.pseudonymise(people["household_id"].cast(pl.Int64), "homes", "keyed", subject="household")
    for again in range(2):
        shown = people.with_columns(hidden, pl.col("income").cast(pl.String))
        world.lake.replace("people", shown.sort("household_id", descending=bool(again)), key=f"people {again}")
    asked = [json.dumps({"household_id": home, "store_id": 3}, separators=(",", ":")) for home in busiest(50)]
    world.lake.append("predictions", pl.DataFrame({"entity": asked, "score": [0.5] * len(asked)}), key="predictions")
    bad = [json.dumps({"household_id": str(home), "sales_value": -1.0}) for home in busiest(20)]
    reasons = ["sales_value is below 0"] * len(bad)
    held = pl.DataFrame({"row": bad, "reason": reasons, "received_at": [NOW + timedelta(days=20)] * len(bad)})
    world.lake.append("quarantine.lines", held, key="bad")


def rows_of(world: World, home: int) -> dict[str, int]:
    """Rows of a household in every data file on disk, found without any code of the product."""
    pseudonym = set(world.pseudonyms.of(home, "homes", "keyed"))
    found: dict[str, int] = {}
    for path in sorted((world.folder / "lake").rglob("*.parquet")):
        if "_delta_log" in path.parts:
            continue
        frame = pl.read_parquet(path)
        table = path.parent.name
        named = 0
        for column in frame.columns:
            values = frame[column].cast(pl.String, strict=False).to_list()
            if column == "household_id":
                named += sum(value == str(home) or value in pseudonym for value in values)
            elif column in {"entity", "row"}:
                named += sum(str(json.loads(value)["household_id"]) == str(home) for value in values)
        if named:
            found[table] = found.get(table, 0) + named
    return found
