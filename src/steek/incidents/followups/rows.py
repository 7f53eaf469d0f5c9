"""Rows of follow-ups as records, and the compare-and-set that every change goes through."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from steek.incidents.followups.checks import read_check, write_check
from steek.incidents.followups.follow_up import (
    Aim,
    Ending,
    FollowUp,
    LeaderReview,
    NewFollowUp,
    Priority,
    Tracked,
)
from steek.incidents.followups.lifecycle import FollowUpState
from steek.incidents.followups.tables import follow_ups, requests
from steek.kernel.errors import ConflictError, NotFoundError, StaleWriteError
from steek.kernel.records import to_plain


def to_follow_up(row: RowMapping) -> FollowUp:
    """A follow-up from a row of its table."""
    values: dict[str, Any] = {name: row[name] for name in FollowUp.__dataclass_fields__ if name in row}
    values["kind"], values["priority"] = Aim(row["kind"]), Priority(row["priority"])
    values["state"] = FollowUpState(row["state"])
    values["check"] = read_check(row["done_check"])
    ending, review, tracker = row["ending"], row["review"], row["tracker"]
    if ending:
        evidence = tuple(ending["evidence"])
        values["ending"] = Ending(ending["how"], ending["actor"], _at(ending), ending["reason"], evidence)
    else:
        values["ending"] = None
    values["review"] = LeaderReview(_at(review), review["actor"], review["note"]) if review else None
    values["tracked"] = (
        Tracked(tracker["tracker"], tracker["outside_id"], tracker["url"], tracker["state"], _at(tracker))
        if tracker
        else None
    )
    return FollowUp(**values)


def _at(plain: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(plain["at"])


def add(connection: Connection, new: NewFollowUp, *, actor: str, now: datetime) -> FollowUp:
    """Write a new one, with the next number."""
    number = (connection.execute(select(func.max(follow_ups.c.number))).scalar_one() or 0) + 1
    values = {
        "id": f"F-{number}",
        "number": number,
        "text": new.text,
        "kind": new.kind.value,
        "priority": new.priority.value,
        "value": new.value,
        "cost": new.cost,
        "owner": new.owner,
        "due_at": new.due_at,
        "done_means": new.done_means,
        "done_check": write_check(new.check),
        "postmortem": new.postmortem,
        "category": new.category,
        "for_leaders": False,
        "state": FollowUpState.OPEN.value,
        "version": 1,
        "created_at": now,
        "created_by": actor,
        "changed_at": now,
        "changed_by": actor,
        "ending": {},
        "review": {},
        "tracker": {},
        "escalation_step": 0,
    }
    connection.execute(insert(follow_ups).values(values))
    return find(connection, f"F-{number}")


def find(connection: Connection, follow_up: str) -> FollowUp:
    """One by its id.

    Raises:
        NotFoundError: there is none; the message lists the latest.
    """
    row = connection.execute(select(follow_ups).where(follow_ups.c.id == follow_up)).mappings().first()
    if row is None:
        latest = select(follow_ups.c.id).order_by(follow_ups.c.number.desc()).limit(20)
        raise NotFoundError.among("follow-up", follow_up, connection.execute(latest).scalars())
    return to_follow_up(row)


def find_seen(connection: Connection, follow_up: str, *, seen: int | None) -> FollowUp:
    """One by its id, read inside a write transaction for a decision on it; `seen` is the version the actor looked at.

    Raises:
        NotFoundError: there is none.
        StaleWriteError: somebody decided after the actor looked.
    """
    found = find(connection, follow_up)
    if seen is not None and seen != found.version:
        message = (
            f"follow-up {found.id} was changed by {found.changed_by} while you were looking: "
            f"you saw version {seen}, it is at {found.version} ({found.state.value})"
        )
        details: dict[str, object] = {"seen": seen, "version": found.version, "changed_by": found.changed_by}
        next_step = "Look at it again and decide anew; nothing was written."
        raise StaleWriteError(message, next_step=next_step, details=details)
    return found


def write(connection: Connection, before: FollowUp, *, actor: str, now: datetime, **values: object) -> FollowUp:
    """Write a change of one that was read in the same write transaction, and count its version up."""
    plain = {
        name: to_plain(value) if name in {"ending", "review", "tracker"} else value for name, value in values.items()
    }
    written = plain | {"version": before.version + 1, "changed_by": actor, "changed_at": now}
    connection.execute(update(follow_ups).where(follow_ups.c.id == before.id).values(written))
    return find(connection, before.id)


def listed(connection: Connection) -> list[FollowUp]:
    """All of them, the most urgent first: by priority, then what is worth most for its cost, then the oldest."""
    ratio = follow_ups.c.cost - follow_ups.c.value
    query = select(follow_ups).order_by(follow_ups.c.priority, ratio, follow_ups.c.number)
    return [to_follow_up(row) for row in connection.execute(query).mappings()]


def known(connection: Connection, key: str, operation: str, *, follow_up: str | None = None) -> str | None:
    """The follow-up that `key` wrote with this operation before ("" for none in particular), or None when it is new.

    Raises:
        ConflictError: the key did the same to another one.
    """
    query = select(requests).where(requests.c.key == key, requests.c.operation == operation)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    if follow_up is not None and row["follow_up"] != follow_up:
        message = f"key {key!r} was already used to {operation} {row['follow_up']}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return row["follow_up"] or ""


def remember(connection: Connection, key: str, operation: str, follow_up: str | None, *, at: datetime) -> None:
    """Bind `key` to what it wrote; stands or falls with the surrounding transaction."""
    connection.execute(insert(requests).values(key=key, operation=operation, follow_up=follow_up, at=at))
