"""Deliveries and targets as people read them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from steek.kernel.errors import NotFoundError
from steek.notify.notice import NoticePurpose, NoticeSeverity, NoticeState, Outcome
from steek.notify.states import DeliveryState
from steek.notify.tables import deliveries, notices, target_states
from steek.notify.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one target stands to one notice; `target` is None for a notice that nobody is told of.

    `wanted` is the state to be told, `told` the one told last; `attempts` are those for the state wanted.
    """

    notice: str
    title: str
    notice_state: NoticeState
    purpose: NoticePurpose
    severity: NoticeSeverity
    subject: str
    members: int
    opened_at: datetime
    came_back_at: datetime | None
    target: str | None = None
    state: DeliveryState | None = None
    wanted: NoticeState | None = None
    told: NoticeState | None = None
    reason: str | None = None
    attempts: int | None = None
    due_at: datetime | None = None
    last_at: datetime | None = None
    last_error: str | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """How a target stands: what it is told of, and what waits for it or was given up."""

    name: str
    kind: str
    purposes: tuple[str, ...]
    severities: tuple[str, ...]
    waiting: int
    dead: int
    waiting_since: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test: of telling that something is wrong, and that it is over again."""

    target: str
    outcome: Outcome
    detail: str
    took_ms: float


def read_deliveries(
    connection: Connection, *, state: str | None = None, notice: str | None = None, limit: int = 100
) -> list[Delivery]:
    """Deliveries, latest notice first; notices that go to nobody stand among them with no target."""
    both = notices.outerjoin(deliveries, deliveries.c.notice == notices.c.key)
    own = [deliveries.c[name] for name in _OF_DELIVERY]
    columns = [*(notices.c[name] for name in _OF_NOTICE), notices.c.state.label("notice_state"), *own]
    query = select(*columns).select_from(both).order_by(notices.c.changed_at.desc(), notices.c.key, deliveries.c.target)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if notice is not None:
        query = query.where(notices.c.key == notice)
    rows = connection.execute(query.limit(limit)).mappings()
    return [Delivery(**{"notice" if name == "key" else name: value for name, value in row.items()}) for row in rows]


_OF_NOTICE = ("key", "title", "purpose", "severity", "subject", "members", "opened_at", "came_back_at")
_OF_DELIVERY = (
    "target",
    "state",
    "wanted",
    "told",
    "reason",
    "attempts",
    "due_at",
    "last_at",
    "last_error",
    "delivered_at",
)


def read_deliveries_of(connection: Connection, notice: str) -> list[Delivery]:
    """Raises NotFoundError when there is no such notice."""
    found = read_deliveries(connection, notice=notice, limit=1000)
    if not found:
        latest = connection.execute(select(notices.c.key).order_by(notices.c.changed_at.desc()).limit(10)).scalars()
        raise NotFoundError.among("notice", notice, latest)
    return found


def read_targets(connection: Connection, targets: list[Target]) -> list[TargetState]:
    """Every declared target, and every other one that something still waits for: its table was taken out."""
    stored = {row["name"]: row for row in connection.execute(select(target_states)).mappings()}
    both = deliveries.join(notices, notices.c.key == deliveries.c.notice)
    grouped = select(deliveries.c.target, deliveries.c.state, func.count(), func.min(notices.c.changed_at))
    left = grouped.select_from(both).where(deliveries.c.state.in_(["waiting", "dead"]))
    counted = {
        (target, state): (number, since)
        for target, state, number, since in connection.execute(left.group_by(deliveries.c.target, deliveries.c.state))
    }
    declared = {target.name: target for target in targets}
    found: list[TargetState] = []
    for name in [*declared, *sorted({name for name, _ in counted} - set(declared))]:
        target, row = declared.get(name), stored.get(name)
        waiting, since = counted.get((name, "waiting"), (0, None))
        found.append(
            TargetState(
                name=name,
                kind="(no such target)" if target is None else target.kind,
                purposes=() if target is None else target.purposes,
                severities=() if target is None else target.severities,
                waiting=waiting,
                dead=counted.get((name, "dead"), (0, None))[0],
                waiting_since=since,
                delivered_at=None if row is None else row["delivered_at"],
                failed_at=None if row is None else row["failed_at"],
                last_error=None if row is None else row["last_error"],
            )
        )
    return found
