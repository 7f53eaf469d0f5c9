"""Rows of rotations, people and exceptions as records, and keys that were used before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from steek.incidents.oncall.contacts import Contact, read_contacts
from steek.incidents.oncall.rotation import Rotation, document_of, read_rotation
from steek.incidents.oncall.tables import exceptions, people, requests, rotations
from steek.incidents.oncall.watches import Absence, Calendar, Override
from steek.kernel.errors import NotFoundError, StaleWriteError


def read_rotations(connection: Connection) -> dict[str, Rotation]:
    """All that are there, by name."""
    query = select(rotations).where(rotations.c.removed.is_(False)).order_by(rotations.c.name)
    rows = connection.execute(query).mappings()
    return {row["name"]: read_rotation(row["document"], version=row["version"]) for row in rows}


def find_rotation(connection: Connection, name: str) -> Rotation:
    """Raises NotFoundError when there is none of that name."""
    known = read_rotations(connection)
    if name not in known:
        next_step = "'steek oncall rotation show' lists them; add one with 'steek oncall rotation add'."
        raise NotFoundError.among("rotation", name, known, next_step=next_step)
    return known[name]


def write_rotation(
    connection: Connection, rotation: Rotation, *, actor: str, at: datetime, seen: int | None, removed: bool = False
) -> Rotation:
    """Write it, in the caller's write transaction, as the next version.

    Raises:
        StaleWriteError: somebody changed it after the actor looked at version `seen`.
    """
    one = rotations.c.name == rotation.name
    row = connection.execute(select(rotations).where(one)).mappings().first()
    version = 0 if row is None else int(row["version"])
    if seen is not None and seen != version:
        by = "nobody" if row is None else row["changed_by"]
        message = f"rotation {rotation.name} was changed by {by}: you saw version {seen}, it is at {version}"
        raise StaleWriteError(message, next_step="Look at it again and decide anew; nothing was written.")
    values: dict[str, Any] = {
        "document": document_of(rotation),
        "version": version + 1,
        "removed": removed,
        "changed_by": actor,
        "changed_at": at,
    }
    if row is None:
        connection.execute(insert(rotations).values(name=rotation.name, **values))
    else:
        connection.execute(update(rotations).where(one).values(values))
    return read_rotation(values["document"], version=version + 1)


def read_calendar(connection: Connection, *, since: datetime | None = None) -> Calendar:
    """What differs from the turns, in the order in which it was said; `since` leaves out what had ended before."""
    query = select(exceptions).where(exceptions.c.withdrawn.is_(False))
    if since is not None:
        query = query.where(exceptions.c.end_at > since)
    rows = connection.execute(query.order_by(exceptions.c.made_at, exceptions.c.id)).mappings().all()
    return Calendar(
        absences=tuple(
            Absence(id=row["id"], person=row["person"], start_at=row["start_at"], end_at=row["end_at"])
            for row in rows
            if row["kind"] == "absence"
        ),
        overrides=tuple(
            Override(
                id=row["id"],
                rotation=row["rotation"],
                person=row["person"],
                start_at=row["start_at"],
                end_at=row["end_at"],
            )
            for row in rows
            if row["kind"] == "override"
        ),
    )


def read_people(connection: Connection) -> dict[str, tuple[Contact, ...]]:
    """Contacts of everybody who has any, by name."""
    rows = connection.execute(select(people).order_by(people.c.name)).mappings()
    return {row["name"]: read_contacts(row["contacts"]) for row in rows}


def write_person(connection: Connection, name: str, contacts: tuple[Contact, ...], *, at: datetime) -> None:
    """Write how a person is reached, instead of what was known before."""
    values: Mapping[str, Any] = {
        "contacts": [{"kind": contact.kind, "value": contact.value} for contact in contacts],
        "changed_at": at,
    }
    changed = connection.execute(update(people).where(people.c.name == name).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(people).values(name=name, **values))


def known_result(connection: Connection, operation: str, key: str) -> str | None:
    """What `key` did with this operation before; None when it is new."""
    query = select(requests.c.result).where(requests.c.operation == operation, requests.c.key == key)
    return connection.execute(query).scalar_one_or_none()


def remember_result(connection: Connection, operation: str, key: str, result: str) -> None:
    """Bind `key` to what it did; stands or falls with the surrounding transaction."""
    connection.execute(insert(requests).values(operation=operation, key=key, result=result))
