"""The history of contracts: which one held when, and the event that says it changed."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from steek.data.contracts.changes import ContractDiff
from steek.data.contracts.compatibility import compare
from steek.data.contracts.contract import Contract, Field, contract_difference
from steek.data.contracts.volume import ExpectedVolume
from steek.data.tables import contract_versions
from steek.kernel.errors import NotFoundError
from steek.kernel.records import canonical_json
from steek.ledger import Database, Draft

_LEAST_HASH = 6
# Asked for every batch: a statement that is kept is not put together and compiled again.
_NEWEST = (
    select(contract_versions.c.hash, contract_versions.c.document)
    .where(contract_versions.c.dataset == bindparam("dataset"))
    .order_by(contract_versions.c.sequence.desc())
    .limit(1)
)
_NEWEST_HASH = _NEWEST.with_only_columns(contract_versions.c.hash)


@dataclass(frozen=True, slots=True)
class HeldContract:
    """A contract that held from processing time `at` on. `number` counts from 1 within the dataset."""

    number: int
    at: datetime
    hash: str
    contract: Contract


class ContractLog:
    """Questions to the history of contracts; safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def datasets(self) -> list[str]:
        """Names of datasets whose contract was ever noted, sorted."""
        query = select(contract_versions.c.dataset).distinct().order_by(contract_versions.c.dataset)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def history(self, dataset: str) -> list[HeldContract]:
        """Every contract that held, oldest first; one that came back is there twice. Empty without any."""
        query = select(contract_versions.c.hash, contract_versions.c.document, contract_versions.c.at)
        query = query.where(contract_versions.c.dataset == dataset).order_by(contract_versions.c.sequence)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [HeldContract(at, row.at, row.hash, contract_from(row.document)) for at, row in enumerate(rows, start=1)]

    def latest(self, dataset: str) -> Contract | None:
        """The contract that holds, None before the first batch or the first applied proposal."""
        with self._database.reading() as connection:
            return latest_contract(connection, dataset)

    def find(self, dataset: str, version: str | None = None) -> HeldContract:
        """The contract that holds, or the one with the author's `version`, a number, or the start of a hash.

        A version that its author gave to several contracts is taken for a number first.

        Raises:
            NotFoundError: no contract was noted yet, or none is called so.
        """
        known = self.history(dataset)
        if not known:
            raise NotFoundError.among("dataset with a contract that holds", dataset, self.datasets())
        if version is None:
            return known[-1]
        found = _called(known, version)
        if found is not None:
            return found
        versions = [f"{held.number} ({held.contract.version})" for held in known]
        message = f"no version {version!r} of the contract of {dataset!r}; there are: {', '.join(versions)}"
        raise NotFoundError(message, next_step=f"'steek contract history {dataset}' lists them.")

    def diff(self, dataset: str, before: str, after: str | None = None) -> ContractDiff:
        """What changed from one version that held to another, by default the one that holds now."""
        return compare(self.find(dataset, before).contract, self.find(dataset, after).contract)


def note_contract(connection: Connection, contract: Contract, *, actor: str, at: datetime) -> list[Draft]:
    """Write down the contract if it is not the last one seen; the events that the caller must append with it.

    Must run inside `Database.transaction`. The first contract of a dataset is registered, a later one changed;
    going back to an older one is a change too. Whether a change may happen without being proposed is decided before,
    by `refuse_unproposed`.
    """
    last = _last(connection, contract.dataset)
    # An older steek hashed fewer facts, so the same promise can have another hash: the promises are compared.
    if last is not None and (last.hash == contract.hash or contract_from(last.document) == contract):
        return []
    row = {
        "dataset": contract.dataset,
        "hash": contract.hash,
        "version": contract.version,
        "document": canonical_json(contract),
        "at": at,
    }
    connection.execute(insert(contract_versions).values(row))
    facts: dict[str, object] = {"version": contract.version, "hash": contract.hash, "owner": contract.owner}
    subject = f"dataset:{contract.dataset}"
    if last is None:
        registered = facts | {"fields": contract.names}
        return [Draft("contract.registered", subject, actor, registered, at=at)]
    before = contract_from(last.document)
    compatibility = compare(before, contract).compatibility
    changed = facts | {"previous_hash": last.hash, "compatibility": compatibility}
    return [Draft("contract.changed", subject, actor, changed | contract_difference(before, contract), at=at)]


def latest_contract(connection: Connection, dataset: str) -> Contract | None:
    """The contract that holds, None without any."""
    last = _last(connection, dataset)
    return None if last is None else contract_from(last.document)


def latest_hash(connection: Connection, dataset: str) -> str | None:
    """Hash of the contract that holds, None without any; one short query, for every batch."""
    return connection.execute(_NEWEST_HASH, {"dataset": dataset}).scalar()


def contract_from(document: str) -> Contract:
    """The contract in a stored document."""
    plain: dict[str, Any] = json.loads(document)
    # Fields of the record that an older document lacks take their defaults; those it has beyond them are left out.
    about: dict[str, Any] = {item.name: plain[item.name] for item in fields(Contract) if item.name in plain}
    known = {item.name for item in fields(Field)}
    listed = [{key: value for key, value in item.items() if key in known} for item in plain["fields"]]
    about["fields"] = tuple(_field(item) for item in listed)
    about["volumes"] = tuple(ExpectedVolume(**item) for item in plain.get("volumes", ()))
    return Contract(**about)


def _called(known: list[HeldContract], version: str) -> HeldContract | None:
    by_author = [held for held in known if held.contract.version == version]
    by_number = [held for held in known if str(held.number) == version]
    by_hash = [held for held in known if len(version) >= _LEAST_HASH and held.hash.startswith(version)]
    ordered = [*by_author, *by_hash] if len(by_author) == 1 else [*by_number, *reversed(by_author), *reversed(by_hash)]
    return ordered[0] if ordered else None


def _last(connection: Connection, dataset: str) -> Row[Any, Any] | None:
    return connection.execute(_NEWEST, {"dataset": dataset}).first()


def _field(plain: dict[str, Any]) -> Field:
    values: dict[str, Any] = {**plain, "categories": tuple(plain.get("categories", ()))}
    return Field(**values)
