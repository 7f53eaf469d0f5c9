"""Numbers for versions that others call by name."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from steek.monitoring.watching.tables import watched_versions


def number_versions(connection: Connection, model: str, names: Iterable[str]) -> dict[str, int]:
    """The number of each name: itself where it is a whole number, else the next free one, kept for good."""
    query = select(watched_versions.c.name, watched_versions.c.number).where(watched_versions.c.model == model)
    numbers: dict[str, int] = {row.name: row.number for row in connection.execute(query)}
    for name in sorted(set(names) - numbers.keys(), key=lambda name: (not name.isdigit(), name)):
        taken = set(numbers.values())
        own = int(name) if name.isdecimal() and len(name) <= _MOST_DIGITS else None
        number = own if own is not None and own not in taken else max(taken, default=0) + 1
        numbers[name] = number
        connection.execute(insert(watched_versions).values(model=model, name=name, number=number))
    return numbers


_MOST_DIGITS = 9
