"""The history of contracts: which one held when, and the event that says it changed."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from steek.data.contracts.contract import Contract, Field, contract_difference
from steek.data.contracts.volume import ExpectedVolume
from steek.data.tables import contract_versions
from steek.kernel.records import canonical_json
from steek.ledger import Draft


def note_contract(connection: Connection, contract: Contract, *, actor: str, at: datetime) -> list[Draft]:
    """Write down the contract if it is not the last one seen; the events that the caller must append with it.

    Must run inside `Database.transaction`. The first contract of a dataset is registered, a later one changed;
    going back to an older one is a change too.
    """
    query = select(contract_versions.c.hash, contract_versions.c.document)
    query = query.where(contract_versions.c.dataset == contract.dataset)
    last = connection.execute(query.order_by(contract_versions.c.sequence.desc()).limit(1)).first()
    if last is not None and last.hash == contract.hash:
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
    changed = facts | {"previous_hash": last.hash, **contract_difference(_from_document(last.document), contract)}
    return [Draft("contract.changed", subject, actor, changed, at=at)]


def _from_document(document: str) -> Contract:
    plain: dict[str, Any] = json.loads(document)
    # Fields of the record that an older document lacks take their defaults; those it has beyond them are left out.
    about: dict[str, Any] = {item.name: plain[item.name] for item in fields(Contract) if item.name in plain}
    known = {item.name for item in fields(Field)}
    listed = [{key: value for key, value in item.items() if key in known} for item in plain["fields"]]
    about["fields"] = tuple(_field(item) for item in listed)
    about["volumes"] = tuple(ExpectedVolume(**item) for item in plain.get("volumes", ()))
    return Contract(**about)


def _field(plain: dict[str, Any]) -> Field:
    values: dict[str, Any] = {**plain, "categories": tuple(plain.get("categories", ()))}
    return Field(**values)
