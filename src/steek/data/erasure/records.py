"""Erasures as they are kept: who is never told in the clear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, insert, select, update

from steek.data.erasure.states import TRANSITIONS, Action, State
from steek.data.erasure.tables import erased_subjects, erasures
from steek.kernel.state_machine import transition


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request to erase a person.

    Args:
        id: 32 hexadecimal digits, the same for every try with the same key.
        key: The caller's name for the request.
        kind: Kind of person.
        digest: Keyed hash of the value that names them.
        reason: Why, as the requester said it.
        actor: Who asked for it.
        state: As `states.TRANSITIONS` has it.
        requested_at: Processing time.
        due_at: Until then it can be cancelled and nothing is touched.
        changed_at: When it came into its state.
        places: Where rows lay when the keys were shredded: `where`, `count`, `unit`.
        models: Trained models that had rows of the person before them: `model`, `certainty`, `reason`.
        findings: What the last search found after rewriting, as `places`; a certificate needs none.
        certificate: What was done and searched; None before it is certified.
    """

    id: str
    key: str
    kind: str
    digest: str
    reason: str
    actor: str
    state: State
    requested_at: datetime
    due_at: datetime
    changed_at: datetime
    places: tuple[dict[str, Any], ...] = ()
    models: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    certificate: dict[str, Any] | None = None

    @property
    def urn(self) -> str:
        """Its name in the ledger."""
        return f"erasure:{self.id}"


def insert_erasure(connection: Connection, erasure: Erasure, sealed: str) -> None:
    """Store a new request; its key must be new."""
    row: dict[str, Any] = {name: getattr(erasure, name) for name in Erasure.__dataclass_fields__}
    lists = {name: list(row[name]) for name in ("places", "models", "findings")}
    connection.execute(insert(erasures).values(row | lists | {"sealed": sealed}))


def find_by(connection: Connection, **values: str) -> Erasure | None:
    """The one erasure with these values, or None."""
    query: Select[Any] = select(erasures).filter_by(**values)
    row = connection.execute(query).mappings().first()
    return None if row is None else to_erasure(row)


def list_in(connection: Connection, states: Sequence[State], *, due_until_at: datetime | None = None) -> list[Erasure]:
    """Erasures in these states, by due date; with `due_until_at` only those due then."""
    query = select(erasures).where(erasures.c.state.in_(states)).order_by(erasures.c.due_at, erasures.c.id)
    if due_until_at is not None:
        query = query.where(erasures.c.due_at <= due_until_at)
    return [to_erasure(row) for row in connection.execute(query).mappings()]


def sealed_values(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Request to its sealed value; those that are not kept any more are left out."""
    query = select(erasures.c.id, erasures.c.sealed).where(erasures.c.id.in_(ids), erasures.c.sealed.is_not(None))
    return {row.id: row.sealed for row in connection.execute(query)}


def move(connection: Connection, erasure: Erasure, action: Action, at: datetime, **values: object) -> Erasure:
    """Take an action inside the caller's transaction.

    Raises:
        IllegalTransitionError: the state as stored does not allow it.
    """
    stored = find_by(connection, id=erasure.id)
    assert stored is not None
    state = transition(TRANSITIONS, stored.state, action, what=f"erasure {erasure.id}")
    changed: dict[str, object] = {"state": state, "changed_at": at, **values}
    connection.execute(update(erasures).where(erasures.c.id == erasure.id).values(changed))
    moved = find_by(connection, id=erasure.id)
    assert moved is not None
    return moved


def find_all(connection: Connection, ids: Sequence[str]) -> list[Erasure]:
    """Erasures with these ids, in the order of the ids."""
    query = select(erasures).where(erasures.c.id.in_(ids))
    found = {row["id"]: to_erasure(row) for row in connection.execute(query).mappings()}
    return [found[id] for id in ids if id in found]


def move_all(
    connection: Connection,
    ready: Sequence[Erasure],
    actions: Mapping[str, Action],
    at: datetime,
    told: Mapping[str, Mapping[str, object]],
) -> dict[str, State]:
    """Take an action on each inside the caller's transaction; the new state of those that were moved.

    One that another process moved in the meantime is left alone: it did the same step, with the same result.

    Args:
        connection: Of the transaction.
        ready: Erasures as they were read.
        actions: Id to its action.
        at: Processing time.
        told: Id to further columns; the same columns for all.
    """
    stored = {each.id: each.state for each in find_all(connection, [erasure.id for erasure in ready])}
    still = [erasure for erasure in ready if stored.get(erasure.id) == erasure.state]
    states: dict[str, State] = {}
    rows: list[dict[str, object]] = []
    for erasure in still:
        what = f"erasure {erasure.id}"
        states[erasure.id] = transition(TRANSITIONS, erasure.state, actions[erasure.id], what=what)
        rows.append({"_id": erasure.id, "state": states[erasure.id], "changed_at": at, **told.get(erasure.id, {})})
    if rows:
        columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "_id"}
        connection.execute(update(erasures).where(erasures.c.id == bindparam("_id")).values(columns), rows)
    return states


def refuse_from_now(connection: Connection, ready: Sequence[Erasure], at: datetime) -> None:
    """Put persons on the list of those whose rows are not taken in; each once."""
    known = {(row.kind, row.digest) for row in connection.execute(select(erased_subjects))}
    new = {(erasure.kind, erasure.digest): erasure.id for erasure in ready}
    rows = [
        {"kind": kind, "digest": digest, "erasure": id, "at": at}
        for (kind, digest), id in new.items()
        if (kind, digest) not in known
    ]
    if rows:
        connection.execute(insert(erased_subjects), rows)


def to_erasure(row: RowMapping) -> Erasure:
    """An erasure from a row of its table."""
    values: dict[str, Any] = {name: row[name] for name in Erasure.__dataclass_fields__}
    values.update({name: tuple(values[name]) for name in ("places", "models", "findings")})
    return Erasure(**values)
