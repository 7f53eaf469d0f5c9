"""Which versions were in use when it began: the trained models that answered, and the data that were read."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.ledger.tables import lineage_edges
from steek.monitoring.alerting.systems import Systems, system_of
from steek.serving.tables import route_changes

_MOST = 20
_MOST_MODELS = 10
_DATA = ("dataset:", "features:", "labels:")


def versions_in_use(
    connection: Connection, subject: str, over: Window, *, systems: Systems, now: datetime
) -> tuple[str, ...]:
    """URNs with versions, the subject's own first, at most 20.

    Of a model: every version that its route named in the window, and the data and features that each was trained
    from. Of data: its newest version, and what the routes of the models made from it named. Empty when nothing is
    known of the subject.

    Args:
        connection: A reading connection, or that of the caller's transaction.
        subject: URN without a version.
        over: From the earliest moment it can have begun to the end of the window that showed it.
        systems: What is made from what.
        now: Processing time; nothing later counts.
    """
    system = system_of(subject)
    parsed = Urn.parse(system)
    if parsed.kind == "model":
        used = _routed(connection, [parsed.name], over)
        return tuple([*used, *_made_from(connection, used)][:_MOST])
    models = [Urn.parse(name).name for name in _models_below(system, systems)]
    return tuple([*_newest(connection, parsed, until=now), *_routed(connection, models, over)][:_MOST])


def _routed(connection: Connection, models: Iterable[str], over: Window) -> list[str]:
    """What routes named in a window: what held when it began, and every change in it."""
    c = route_changes.c
    found: list[str] = []
    for model in models:
        of_model = select(c.primary, c.candidate, c.at).where(c.model == model)
        held = connection.execute(of_model.where(c.at <= over.start_at).order_by(c.epoch.desc()).limit(1)).all()
        within = of_model.where(c.at > over.start_at, c.at < over.end_at).order_by(c.epoch)
        for row in [*held, *connection.execute(within)]:
            found += [f"trained:{model}@{version}" for version in (row.primary, row.candidate) if version is not None]
    return list(dict.fromkeys(found))


def _made_from(connection: Connection, trained: list[str]) -> list[str]:
    """Data and features that trained models were made from, up to two steps above them."""
    found: dict[str, None] = {}
    frontier = trained
    for _ in range(2):
        query = select(lineage_edges.c.upstream).where(lineage_edges.c.downstream.in_(frontier))
        frontier = sorted({urn for urn in connection.execute(query).scalars() if urn.startswith(_DATA) and "@" in urn})
        found |= dict.fromkeys(frontier)
    return list(found)


def _newest(connection: Connection, system: Urn, *, until: datetime) -> list[str]:
    query = (
        select(lineage_edges.c.downstream)
        .where(_versions_of(connection, f"{system.kind}:{system.name}@"), lineage_edges.c.at <= until)
        .group_by(lineage_edges.c.downstream)
        .order_by(func.max(lineage_edges.c.event_sequence).desc())
        .limit(1)
    )
    return list(connection.execute(query).scalars())


def _versions_of(connection: Connection, start: str) -> ColumnElement[bool]:
    column = lineage_edges.c.downstream
    if connection.dialect.name == "postgresql":
        return column.startswith(start, autoescape=True)
    # SQLite's LIKE knows no case and therefore no index; "A" is what comes after "@".
    return (column >= start) & (column < f"{start[:-1]}A")


def _models_below(system: str, systems: Systems) -> list[str]:
    """The nearest models made from a system, by steps and name."""
    seen, frontier = {system}, [system]
    found: list[str] = []
    while frontier and len(found) < _MOST_MODELS:
        reached = {name for at in frontier for name in systems.below.get(at, ()) if name not in seen}
        seen |= reached
        frontier = sorted(reached)
        found += [name for name in frontier if name.startswith("model:")]
    return found[:_MOST_MODELS]
