"""The retailer's households in a lake behind the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from tests.real_year import real_year

from steek.data import Lake
from steek.governance import Access, Actor, ColumnFacts, Policy, Role, TableFacts, Tokens
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger

PERSONAL = ColumnFacts(is_personal=True)
OPEN = ColumnFacts(is_personal=False)
HOUSEHOLD = ColumnFacts(is_personal=True, subject="household", scope="households")
DEMOGRAPHICS = ("household_id", "age", "income", "home_ownership", "marital_status", "household_size")
FACTS: Mapping[str, TableFacts] = {
    "demographics": TableFacts(
        "demographics",
        {
            "household_id": HOUSEHOLD,
            "age": PERSONAL,
            "income": PERSONAL,
            "home_ownership": OPEN,
            "household_size": OPEN,
        },
    ),
    "lines": TableFacts(
        "lines",
        {"household_id": HOUSEHOLD, **dict.fromkeys(("store_id", "sales_value", "sold_at"), OPEN)},
        event_time="sold_at",
    ),
}
ROLES = {"analyst": Role("analyst", members=("ana@grocer", "job:weekly-report"))}


def policy(dataset: str, **more: object) -> Policy:
    """Analysts, for research."""
    to, purposes = more.pop("to", ("analyst",)), more.pop("purposes", ("research",))
    return Policy(dataset, to, purposes, **more, owner="privacy@grocer", reason="a test")  # pyright: ignore[reportArgumentType]


def demographics() -> pl.DataFrame:
    """All 801 households that told about themselves."""
    frame = pl.read_parquet(real_year() / "demographics.parquet")
    return frame.select(DEMOGRAPHICS)


def some_lines() -> pl.DataFrame:
    """Every five-hundredth line of the year."""
    lines = pl.read_parquet(real_year() / "transactions.parquet").gather_every(500)
    moment = pl.col("transaction_timestamp").dt.cast_time_unit("us").dt.replace_time_zone("UTC").alias("sold_at")
    return lines.select("household_id", "store_id", "sales_value", moment)


def tagged(values: pl.Series, scope: str, kind: str) -> pl.Series:
    """Stands for the keyed pseudonyms of the vault."""
    return pl.Series(values.name, [None if value is None else f"{scope}/{kind}/{hash(value)}" for value in values])


@dataclass
class World:
    """A lake, its gate and its tokens."""

    lake: Lake
    access: Access
    tokens: Tokens
    database: Database
    ledger: Ledger
    clock: ReplayClock

    def scan(self, actor: Actor, table: str = "demographics") -> pl.DataFrame:
        return self.lake.opened_by(actor).scan(table).collect()

    def ana(self, purpose: str = "research") -> Actor:
        return self.access.actor("ana@grocer", purpose)


def world(
    folder: Path, database: Database, clock: ReplayClock, policies: Sequence[Policy], *, pseudonyms: bool = True
) -> World:
    """Households and lines in a lake of their own, with these policies."""
    ledger = Ledger(database, clock)
    access = Access(
        database,
        ledger,
        clock,
        lambda name: FACTS.get(name, TableFacts(name)),
        roles=ROLES,
        policies=policies,
        pseudonymise=tagged if pseudonyms else None,
    )
    lake = Lake(folder / "lake", {}, database, ledger, clock, access)
    if lake.latest_version("demographics") is None:
        lake.append("demographics", demographics().with_columns(_receipt_id=pl.lit("r1")), key="demographics")
        lake.append("lines", some_lines(), key="lines")
    return World(lake, access, Tokens(access, database, ledger, clock), database, ledger, clock)
