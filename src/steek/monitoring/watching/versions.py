"""Numbers for versions that others call by name."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from steek.kernel.records import content_hash
from steek.monitoring.watching.tables import watched_versions


def number_versions(connection: Connection, model: str, names: Iterable[str]) -> dict[str, int]:
    """The number of each name: itself where it is a whole number, else the next free one, kept for good."""
    query = select(watched_versions.c.name, watched_versions.c.number).where(watched_versions.c.model == model)
    numbers: dict[str, int] = {row.name: row.number for row in connection.execute(query)}
    kept = {name: _stored(name) for name in names}
    for name in sorted(set(kept.values()) - numbers.keys(), key=lambda name: (not name.isdigit(), name)):
        taken = set(numbers.values())
        own = int(name) if name.isdecimal() and len(name) <= _MOST_DIGITS else None
        number = own if own is not None and own not in taken else max(taken, default=0) + 1
        numbers[name] = number
        connection.execute(insert(watched_versions).values(model=model, name=name, number=number))
    return {name: numbers[stored] for name, stored in kept.items()}


def _stored(name: str) -> str:
    """The name, where a database can keep it."""
    return name if len(name) <= _MOST_CHARACTERS and "\x00" not in name else content_hash([name])


_MOST_CHARACTERS = 200
_MOST_DIGITS = 9
