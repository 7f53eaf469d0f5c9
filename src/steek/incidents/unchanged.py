"""What did not change before an incident, where that is known; and where nothing is known, that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from steek.incidents.upstream import Upstream, look_upstream
from steek.ledger import Database, Lineage
from steek.ledger.tables import events

# What is told of more models than these helps nobody.
_MOST_MODELS = 10
_CHUNK = 50
# So many changes of other fields are looked through for one of the learner.
_MOST_CHANGES = 200

# Part to the events that begin its record and those that change it.
_WATCHED_BY: Mapping[str, tuple[tuple[str, ...], str]] = {
    "definition": (("definition.registered",), "definition.changed"),
    "features": (("features.materialised",), "feature.changed"),
    "learner": (("definition.registered",), "definition.changed"),
    "binary": (("binary.recorded",), "binary.changed"),
    "settings": (("settings.recorded",), "settings.changed"),
}
# These hold for everything that runs here; without a record of settings there is nothing to say about them.
_OF_ALL = frozenset({"binary", "settings"})
_SAID_WHEN_KNOWN = frozenset({"settings"})


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Parts of a system that did not change since `since_at`; None when nothing is recorded about them."""

    system: str
    parts: tuple[str, ...]
    since_at: datetime | None
    sentence: str


def what_stayed(
    database: Database,
    lineage: Lineage,
    systems: Sequence[str],
    *,
    since: datetime,
    until: datetime,
    known: Upstream | None = None,
) -> tuple[Unchanged, ...]:
    """Statements about the first ten models among `systems`: what did not change in [since, until].

    `known` is what was found upstream of something already; it is not looked for again.
    """
    statements: list[Unchanged] = []
    models = [system for system in systems if system.startswith("model:")][:_MOST_MODELS]
    for system in models:
        if known is not None and known.broken == (system,):
            upstream = known
        else:
            upstream = look_upstream(database, lineage, [system], until=until)
        views = sorted(name for name in upstream.distance if name.startswith("features:"))
        stayed: dict[datetime, list[str]] = {}
        unknown: list[str] = []
        with database.reading() as connection:
            for part in _WATCHED_BY:
                last = _last_change(connection, part, views if part == "features" else [system], until=until)
                if last is None and part not in _SAID_WHEN_KNOWN:
                    unknown.append(part)
                elif last is not None and last < since:
                    stayed.setdefault(last, []).append(part)
        statements += [_stayed(system, parts, at) for at, parts in sorted(stayed.items())]
        if unknown:
            statements.append(_not_known(system, unknown))
    return tuple(statements)


def without_suspects(unchanged: Sequence[Unchanged], *, since: datetime, until: datetime, has_lineage: bool) -> str:
    """The first thing to say where no change is recorded: that is no sign that nothing changed.

    Args:
        unchanged: What is known to have stayed, and what nobody records.
        since: Begin of what was searched.
        until: Its end.
        has_lineage: Whether anything is recorded about what the broken systems are made from.
    """
    searched = f"no change was recorded upstream or outside between {since:%d %b %H:%M} and {until:%d %b %H:%M} UTC"
    known = any(statement.since_at is not None for statement in unchanged)
    if not known and (unchanged or not has_lineage):
        return f"Nobody records what changes here; look outside too. That {searched} says nothing about what happened."
    missing = any(statement.since_at is None for statement in unchanged)
    so = "Not everything here is recorded" if missing else "What is recorded here did not change"
    return f"{searched[0].upper()}{searched[1:]}. {so}: look outside too."


def _last_change(connection: Connection, part: str, of: Sequence[str], *, until: datetime) -> datetime | None:
    """When the part last changed, or else when the record of it begins; None without any record."""
    if not of:
        return None
    begins, changed = _WATCHED_BY[part]
    columns = (events.c.at, events.c.subject, events.c.payload)
    late = select(*columns).where(events.c.kind == changed, events.c.at < until).order_by(events.c.sequence.desc())
    if part in _OF_ALL:
        last = connection.execute(late.limit(1)).first()
        return last.at if last is not None else _first(connection, begins, until, None)
    chunks = [or_(*(_names(name) for name in of[start : start + _CHUNK])) for start in range(0, len(of), _CHUNK)]
    changes = [row for named in chunks for row in connection.execute(late.where(named).limit(_MOST_CHANGES))]
    meant = [row.at for row in sorted(changes, key=lambda row: row.at) if _is_change(row.payload, part)]
    if meant:
        return meant[-1]
    if len(changes) >= _MOST_CHANGES:
        # Further back nobody looked.
        return min(row.at for row in changes)
    begun = [at for named in chunks if (at := _first(connection, begins, until, named)) is not None]
    return min(begun, default=None)


def _first(
    connection: Connection, kinds: Iterable[str], until: datetime, named: ColumnElement[bool] | None
) -> datetime | None:
    # In the order of the index of kinds: the first that fits ends the search.
    found: list[datetime] = []
    for kind in kinds:
        query = select(events.c.at).where(events.c.kind == kind, events.c.at < until)
        query = query if named is None else query.where(named)
        first = connection.execute(query.order_by(events.c.sequence).limit(1)).first()
        found += [] if first is None else [first.at]
    return min(found, default=None)


def _names(system: str) -> ColumnElement[bool]:
    kind, _, name = system.partition(":")
    plain = f"{'definition' if kind == 'model' else kind}:{name}"
    return or_(events.c.subject == plain, events.c.subject.startswith(f"{plain}@", autoescape=True))


def _is_change(payload: Mapping[str, Any], part: str) -> bool:
    fields = payload.get("changed")
    return part != "learner" or not isinstance(fields, list | dict) or "learner" in fields


def _stayed(system: str, parts: list[str], at: datetime) -> Unchanged:
    name = system.partition(":")[2]
    sentence = f"Nothing changed in {', '.join(parts)} of {name} since {at:%Y-%m-%d %H:%M} UTC."
    return Unchanged(system, tuple(parts), at, sentence)


def _not_known(system: str, parts: list[str]) -> Unchanged:
    listed, name = ", ".join(parts), system.partition(":")[2]
    sentence = f"Nothing is recorded about {listed} of {name}, so it is not known whether anything changed there."
    return Unchanged(system, tuple(parts), None, sentence)
