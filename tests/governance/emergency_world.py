"""Households behind the gate, with a way to open them in an emergency."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection
from tests.governance.access_world import FACTS, policy

from steek.data import Lake
from steek.governance import Access, Actor, Role, TableFacts
from steek.governance.emergency.break_glass import BreakGlass
from steek.governance.emergency.door import EmergencyDoor
from steek.governance.emergency.grants import EmergencyGrant, EmergencyLimits, Opening
from steek.governance.pseudonyms.keyed import keyed_pseudonyms
from steek.kernel import ReplayClock
from steek.kernel.errors import NotFoundError
from steek.ledger import Database, Ledger

ROLES = {
    "on-call": Role("on-call", members=("ana@grocer", "eli@grocer", "job:report")),
    "owner": Role("owner", members=("ben@grocer", "job:night")),
    "privacy": Role("privacy", members=("pia@grocer",)),
}
SUPPORT = policy("demographics", to=("on-call",), purposes=("support",), columns={"household_id": "pseudonym"})
INCOMES = {1: "secret-income-one", 2: "secret-income-two", 3: "secret-income-three"}
ROWS = pl.DataFrame(
    {
        "household_id": [1, 2, 3],
        "age": ["19-24", "35-44", "65+"],
        "income": list(INCOMES.values()),
        "home_ownership": ["Homeowner", "Renter", "Homeowner"],
        "household_size": [1, 2, 3],
    }
)
ONE = Opening("demographics", ("household_id", "income"), "household_size == 2")
WHY: dict[str, Any] = {"purpose": "orders of one household are wrong", "why_raw": "the till knows real numbers only"}


def hidden(values: pl.Series, scope: str, kind: str) -> pl.Series:
    """Keyed pseudonyms under a key that nobody keeps."""
    texts = [str(value) for value in values]
    return pl.Series(values.name, keyed_pseudonyms(texts, f"{scope}/{kind}".encode().ljust(32)[:32]))


def check_incident(_connection: Connection, incident: str) -> None:
    if incident != "2017-001":
        message = f"no incident {incident}"
        raise NotFoundError(message)


@dataclass
class Office:
    """A lake, its gate, and emergency access to it."""

    lake: Lake
    access: Access
    break_glass: BreakGlass
    database: Database
    ledger: Ledger
    clock: ReplayClock

    def actor(self, name: str, purpose: str = "", token: str | None = None) -> Actor:
        return self.access.actor(f"{name}@grocer", purpose, token=token)

    def ask(
        self, key: str = "k1", *, by: str = "ana", openings: Sequence[Opening] = (ONE,), **more: object
    ) -> EmergencyGrant:
        given = {**WHY, "why_not_first": "no pseudonym is on the receipt", **more}
        return self.break_glass.ask(self.actor(by), "2017-001", openings, key=key, **given)  # pyright: ignore[reportArgumentType]

    def granted(self, key: str = "k1", **more: object) -> EmergencyGrant:
        asked = self.ask(key, **more)  # pyright: ignore[reportArgumentType]
        return self.break_glass.grant(asked.id, self.actor("ben"), key=f"g {key}")

    def read(self, grant: EmergencyGrant, by: str = "ana", table: str = "demographics") -> pl.DataFrame:
        return self.lake.opened_by(self.actor(by, grant.reads_for)).scan(table).collect()


def office(folder: Path, database: Database, clock: ReplayClock) -> Office:
    """Three households whose incomes are secret."""
    ledger = Ledger(database, clock)

    def facts(name: str) -> TableFacts:
        return FACTS.get(name, TableFacts(name))

    door = EmergencyDoor(database, ledger, clock, facts, hidden)
    access = Access(
        database, ledger, clock, facts, roles=ROLES, policies=[SUPPORT], pseudonymise=hidden, emergency=door
    )
    lake = Lake(folder / "lake", {}, database, ledger, clock, access)
    if lake.latest_version("demographics") is None:
        lake.append("demographics", ROWS, key="demographics")
    limits = EmergencyLimits(60, 2, frozenset({"owner", "privacy"}))
    service = BreakGlass(
        database, ledger, clock, access, columns=lake.columns, check_incident=check_incident, limits=limits
    )
    return Office(lake, access, service, database, ledger, clock)
