"""Proposals as rows of the database, written and read back."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.impact import Affected
from steek.data.contracts.proposal import Asking, Proposal
from steek.data.contracts.tables import contract_actions, contract_askings, contract_proposals
from steek.kernel.errors import ConflictError, NotFoundError
from steek.kernel.records import to_plain

_SAME = ("id", "key", "dataset", "state", "version", "hash", "previous_hash", "reason", "proposed_by", "proposed_at")
_LATER = ("overridden_by", "override_reason", "closed_at")


def add(connection: Connection, proposal: Proposal, *, document: str, event_id: str) -> None:
    """Write a new proposal and the owners it asks."""
    row = {name: getattr(proposal, name) for name in (*_SAME, *_LATER)}
    row |= {name: to_plain(getattr(proposal, name)) for name in ("compatibility", "changes", "impact")}
    connection.execute(insert(contract_proposals).values(**row, document=document, event_id=event_id))
    asked = [
        {name: getattr(asking, name) for name in Asking.__dataclass_fields__}
        | {"proposal_id": proposal.id, "urns": list(asking.urns)}
        for asking in proposal.askings
    ]
    if asked:
        connection.execute(insert(contract_askings), asked)


def change(connection: Connection, proposal_id: str, **values: object) -> None:
    """Set columns of a proposal."""
    connection.execute(update(contract_proposals).where(contract_proposals.c.id == proposal_id).values(**values))


def answer(connection: Connection, proposal_id: str, asking: Asking) -> None:
    """Write an owner's answer down."""
    where = (contract_askings.c.proposal_id == proposal_id) & (contract_askings.c.owner == asking.owner)
    values = {name: getattr(asking, name) for name in ("acknowledged_by", "acknowledged_at", "note")}
    connection.execute(update(contract_askings).where(where).values(**values))


def get(connection: Connection, proposal_id: str) -> Proposal:
    """One proposal. Raises NotFoundError."""
    found = listed(connection, select(contract_proposals).where(contract_proposals.c.id == proposal_id))
    if not found:
        message = f"no contract proposal {proposal_id!r}"
        raise NotFoundError(message, next_step="'steek contract waiting' and 'steek contract proposals' list them.")
    return found[0]


def by_key(connection: Connection, key: str) -> Proposal | None:
    """The proposal that was made with `key`, or None."""
    return next(iter(listed(connection, select(contract_proposals).where(contract_proposals.c.key == key))), None)


def stored(connection: Connection, proposal_id: str) -> RowMapping:
    """The document and the event of a proposal that exists."""
    query = select(contract_proposals.c.document, contract_proposals.c.event_id)
    return connection.execute(query.where(contract_proposals.c.id == proposal_id)).mappings().one()


def listed(connection: Connection, query: Select[Any]) -> list[Proposal]:
    """Proposals from a query over their table, in its order."""
    rows = connection.execute(query).mappings().all()
    askings = _askings(connection, [row["id"] for row in rows])
    return [_proposal(row, tuple(askings.get(row["id"], ()))) for row in rows]


def first_time(connection: Connection, action: dict[str, object]) -> bool:
    """Remember an action by its key; False when the same one was done before.

    Raises:
        ConflictError: the key was used for something else.
    """
    query = select(contract_actions).where(contract_actions.c.key == action["key"])
    known = connection.execute(query).mappings().first()
    if known is None:
        connection.execute(insert(contract_actions).values(**action))
        return True
    if (known["proposal_id"], known["action"]) != (action["proposal_id"], action["action"]):
        message = f"key {action['key']!r} was used to {known['action']} proposal {known['proposal_id']}"
        raise ConflictError(message, next_step="Give each action its own key; repeat a key only to repeat its action.")
    return False


def _askings(connection: Connection, ids: Iterable[str]) -> dict[str, list[Asking]]:
    found: dict[str, list[Asking]] = {}
    query = select(contract_askings).where(contract_askings.c.proposal_id.in_(list(ids)))
    for row in connection.execute(query.order_by(contract_askings.c.owner)).mappings():
        values: dict[str, Any] = {name: row[name] for name in Asking.__dataclass_fields__}
        values["urns"] = tuple(row["urns"])
        found.setdefault(row["proposal_id"], []).append(Asking(**values))
    return found


def _proposal(row: RowMapping, askings: tuple[Asking, ...]) -> Proposal:
    values: dict[str, Any] = {name: row[name] for name in (*_SAME, *_LATER)}
    changes = [
        ContractChange(**item | {"compatibility": Compatibility(item["compatibility"])}) for item in row["changes"]
    ]
    return Proposal(
        **values,
        compatibility=Compatibility(row["compatibility"]),
        changes=tuple(changes),
        impact=tuple(Affected.from_plain(item) for item in row["impact"]),
        askings=askings,
    )
