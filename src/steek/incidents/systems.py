"""Which systems an incident touches: names without versions, found through the lineage."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Database, Lineage
from steek.ledger.tables import lineage_edges
from steek.monitoring.alerting.systems import system_of

# A loop is about six edges long (receipt, dataset, derived dataset, features, trained model, deployment).
# Beyond ten only older versions of the same things come, so the walk stops there.
MAX_DISTANCE = 10
# Of the newest version nothing may have been made yet, so what was made from the ones before counts too.
_RECENT = 3

_MADE_KINDS = {"model": ("deployment", "trained"), "features": ("features",)}


def latest_versions(database: Database, system: str, *, until: datetime, count: int = 1) -> list[str]:
    """URNs of what `system` was at `until`, the `count` newest of each kind; [] when the lineage does not know it."""
    parsed = Urn.parse(system)
    found: list[str] = []
    with database.reading() as connection:
        for kind in _MADE_KINDS.get(parsed.kind, (parsed.kind,)):
            newest = (
                select(lineage_edges.c.downstream)
                .where(_versions_of(f"{kind}:{parsed.name}", connection.dialect.name))
                .where(lineage_edges.c.at <= until)
                .group_by(lineage_edges.c.downstream)
                .order_by(func.max(lineage_edges.c.event_sequence).desc())
                .limit(count)
            )
            found += connection.execute(newest).scalars()
    return found


def _versions_of(name: str, dialect: str) -> ColumnElement[bool]:
    column = lineage_edges.c.downstream
    if dialect == "sqlite":
        # Its index serves ranges of bytes, which A after @ ends, but no LIKE.
        return and_(column >= f"{name}@", column < f"{name}A")
    return column.startswith(f"{name}@", autoescape=True)


def affected(database: Database, lineage: Lineage, subject: str, *, until: datetime) -> tuple[str, ...]:
    """The subject's system first, then every dataset, feature view and model made from it, by distance and name."""
    system = system_of(subject)
    nearest: dict[str, int] = {}
    for urn in latest_versions(database, system, until=until, count=_RECENT):
        for downstream, distance in lineage.downstream(urn, max_distance=MAX_DISTANCE).distance.items():
            name = system_of(downstream)
            nearest[name] = min(distance, nearest.get(name, distance))
    nearest.pop(system, None)
    return (system, *sorted(nearest, key=lambda name: (nearest[name], name)))


def resolve_subject(database: Database, on: str) -> str:
    """The system that a person means by `on`: a URN, or the bare name of a model, dataset or feature view.

    A name that the lineage has never seen becomes `system:<name>`: nobody is refused an incident over a name.

    Raises:
        InputError: nothing that can be a name.
    """
    if ":" in on:
        return system_of(on)
    if not on.strip() or "@" in on:
        raise InputError(
            f"{on!r} names no system", next_step="Give a model, a dataset, or a name like dataset:products."
        )
    with database.reading() as connection:
        for kind in ("model", "dataset", "features"):
            patterns = [f"{made}:{on}@" for made in _MADE_KINDS.get(kind, (kind,))]
            ends = [lineage_edges.c.downstream, lineage_edges.c.upstream]
            known = or_(*(end.startswith(pattern, autoescape=True) for pattern in patterns for end in ends))
            if connection.execute(select(lineage_edges.c.downstream).where(known).limit(1)).first() is not None:
                return str(Urn(kind, on))
    return str(Urn("system", on))
