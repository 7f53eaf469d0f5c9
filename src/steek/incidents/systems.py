"""Which systems an incident touches: names without versions, found through the lineage."""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Database, Lineage
from steek.ledger.tables import lineage_edges
from steek.monitoring.alerting.systems import read_systems, system_of
from steek.monitoring.tables import alerts

# A loop is about six edges long (receipt, dataset, derived dataset, features, trained model, deployment).
# Beyond ten only older versions of the same things come, so the walk stops there.
MAX_DISTANCE = 10
# Of the newest version nothing may have been made yet, so what was made from the ones before counts too.
_RECENT = 3
_WALKED = 20  # systems of an incident whose sources are looked up; the nearest come first
_ALIKE = 0.8  # of difflib's ratio; a slip of the keyboard, not another word

# What the lineage is made of; of these, models and datasets change by themselves and can be held still.
_SYSTEM_KINDS = ("model", "dataset", "features")
_HELD_KINDS = ("model", "dataset")

_MADE_KINDS = {"model": ("deployment", "trained"), "features": ("features",)}


def without_system() -> InputError:
    """What a declaration is told that says nothing of what is wrong."""
    message = "it names neither a system nor an alert"
    return InputError(message, next_step="Name a model or a dataset (on), or the alert that shows it (alert).")


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


def feeding(database: Database, lineage: Lineage, systems: Sequence[str], *, until: datetime) -> set[str]:
    """Systems that any of these is made from, as far as the lineage knows."""
    found: set[str] = set()
    for system in systems[:_WALKED]:
        for urn in latest_versions(database, system, until=until):
            found |= {system_of(above) for above in lineage.upstream(urn, max_distance=MAX_DISTANCE).distance}
    return found


def resolve_subject(database: Database, on: str) -> str:
    """The system that a person means by `on`: a URN, or the bare name of a model, dataset or feature view.

    A name that the lineage has never seen becomes `system:<name>`: nobody is refused an incident over a name.

    Raises:
        InputError: nothing that can be a name.
    """
    check_name(on)
    if ":" in on:
        return system_of(on)
    with database.reading() as connection:
        for kind in _SYSTEM_KINDS:
            if _is_drawn(connection, kind, on):
                return str(Urn(kind, on))
    return str(Urn("system", on))


def check_name(on: str) -> None:
    """Raises InputError for what can be no name of a system, whatever the lineage knows."""
    if ":" in on:
        Urn.parse(on)
    elif not on.strip() or "@" in on:
        raise InputError(
            f"{on!r} names no system", next_step="Give a model, a dataset, or a name like dataset:products."
        )


def _is_drawn(connection: Connection, kind: str, name: str) -> bool:
    patterns = [f"{made}:{name}@" for made in _MADE_KINDS.get(kind, (kind,))]
    ends = [lineage_edges.c.downstream, lineage_edges.c.upstream]
    known = or_(*(end.startswith(pattern, autoescape=True) for pattern in patterns for end in ends))
    return connection.execute(select(lineage_edges.c.downstream).where(known).limit(1)).first() is not None


def can_be_held(system: str) -> bool:
    """Whether anything of such a thing can be held still: training, deployment, contracts.

    >>> can_be_held("model:demand"), can_be_held("incident:2017-001")
    (True, False)
    """
    return Urn.parse(system).kind in _HELD_KINDS


def doubt_about(database: Database, system: str, *, now: datetime) -> str | None:
    """What to tell whoever names a system that nothing is recorded about, and what they may mean; None if it is known.

    It is declared on all the same: nobody is refused an incident over a name.
    """
    urn = Urn.parse(system)
    if urn.kind not in (*_SYSTEM_KINDS, "system"):
        return f"{system} is no model, dataset or feature view; nothing of it is held still"
    with database.reading() as connection:
        if _is_drawn(connection, urn.kind, urn.name) or _is_watched(connection, system):
            return None
        drawn = read_systems(connection, now=now)
    known = {
        Urn.parse(each).name: each for each in sorted({*drawn.above, *drawn.below}) if each.startswith(_SYSTEM_KINDS)
    }
    meant = [known[name] for name in get_close_matches(urn.name, known, n=3, cutoff=_ALIKE)]
    return f"nothing is recorded about {system}" + (f"; did you mean {' or '.join(meant)}?" if meant else "")


def _is_watched(connection: Connection, system: str) -> bool:
    query = select(alerts.c.id).where(alerts.c.subject.startswith(system, autoescape=True)).limit(1)
    return connection.execute(query).first() is not None
