"""Groups of alerts with the same cause, as rows: one is open while anything in it is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from steek.kernel.errors import NotFoundError
from steek.kernel.state_machine import transition
from steek.kernel.windows import Window
from steek.monitoring.alerting.tables import group_onsets, groups
from steek.monitoring.monitor import Severity
from steek.monitoring.tables import alerts

GroupState = Literal["open", "resolved", "merged"]
GroupAction = Literal["resolve", "reopen", "merge"]

GROUP_TRANSITIONS: dict[tuple[GroupState, GroupAction], GroupState] = {
    ("open", "resolve"): "resolved",
    ("open", "merge"): "merged",
    ("resolved", "reopen"): "open",
    ("resolved", "merge"): "merged",
}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Alerts that may have the same cause.

    `head` is the alert on the system that moved first, `subject` that system, `onset` when it did. A group whose
    alerts turned out to belong to another one is merged into that (`merged_into`) and stays readable under its id.
    `is_told` once it was told as a group.
    """

    id: str
    state: GroupState
    head: str
    subject: str
    severity: Severity
    onset: Window
    is_told: bool
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class GroupOnset:
    """Alerts of a group on one subject that began together; `head` is the first of them."""

    group: str
    subject: str
    onset: Window
    head: str
    severity: Severity


def read_groups(
    connection: Connection, *, state: GroupState | None = None, ids: Collection[str] | None = None,
    since: datetime | None = None, limit: int | None = None,
) -> list[AlertGroup]:  # fmt: skip
    """Groups that fit all the given conditions and changed at `since` or later, latest first."""
    query = select(groups)
    if state is not None:
        query = query.where(groups.c.state == state)
    if ids is not None:
        query = query.where(groups.c.id.in_(ids))
    if since is not None:
        query = query.where(groups.c.changed_at >= since)
    ordered = query.order_by(groups.c.opened_at.desc(), groups.c.id).limit(limit)
    return [_group(row) for row in connection.execute(ordered)]


def read_group(connection: Connection, group_id: str) -> AlertGroup:
    """One group; of one that was merged, the group that it became part of. Raises NotFoundError for an unknown id."""
    found = read_groups(connection, ids=[group_id])
    if not found:
        known = connection.execute(select(groups.c.id).order_by(groups.c.opened_at.desc()).limit(20)).scalars()
        raise NotFoundError.among("group of alerts", group_id, known)
    into = found[0].merged_into
    return found[0] if into is None else read_group(connection, into)


def read_onsets(connection: Connection, ids: Collection[str]) -> list[GroupOnset]:
    """What began where in some groups, the earliest first."""
    found: list[GroupOnset] = []
    names = sorted(ids)
    for first in range(0, len(names), _AT_ONCE):
        query = select(group_onsets).where(group_onsets.c.group_id.in_(names[first : first + _AT_ONCE]))
        found += [_onset(row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.onset.start_at, one.onset.end_at, one.subject, one.head))


def recent_onsets(connection: Connection, *, since: datetime) -> list[GroupOnset]:
    """What began where in groups that are open, or were until `since`."""
    joined = group_onsets.join(groups, groups.c.id == group_onsets.c.group_id)
    recent = (groups.c.state == "open") | ((groups.c.state == "resolved") & (groups.c.changed_at >= since))
    query = select(group_onsets).select_from(joined).where(recent)
    order = (group_onsets.c.onset_start_at, group_onsets.c.subject, group_onsets.c.group_id)
    return [_onset(row) for row in connection.execute(query.order_by(*order))]


def write_group(connection: Connection, group: AlertGroup, *, is_new: bool) -> None:
    """Store a group as it is now."""
    values = {
        "id": group.id,
        "state": group.state,
        "head": group.head,
        "subject": group.subject,
        "severity": group.severity,
        "onset_start_at": group.onset.start_at,
        "onset_end_at": group.onset.end_at,
        "is_told": group.is_told,
        "merged_into": group.merged_into,
        "opened_at": group.opened_at,
        "changed_at": group.changed_at,
        "resolved_at": group.resolved_at,
    }
    if is_new:
        connection.execute(insert(groups).values(values))
    else:
        connection.execute(update(groups).where(groups.c.id == group.id).values(values))


def replace_onsets(connection: Connection, group_id: str, *, of: Collection[str], now: Iterable[GroupOnset]) -> None:
    """Store what began where in a group, in place of what is stored of it and of those that it took in."""
    names = sorted({*of, group_id})
    connection.execute(delete(group_onsets).where(group_onsets.c.group_id.in_(names)))
    rows = [
        {
            "group_id": group_id,
            "subject": one.subject,
            "onset_start_at": one.onset.start_at,
            "onset_end_at": one.onset.end_at,
            "head": one.head,
            "severity": one.severity,
        }
        for one in now
    ]
    connection.execute(insert(group_onsets), rows)


def move_alerts_to(connection: Connection, group_id: str, *, of: Collection[str]) -> None:
    """Let the alerts of other groups belong to this one."""
    connection.execute(update(alerts).where(alerts.c.group_id.in_(sorted(of))).values(group_id=group_id))


def merge_group(connection: Connection, group: AlertGroup, into: str, *, at: datetime) -> None:
    """A group becomes part of another. Raises IllegalTransitionError when it already is."""
    state = transition(GROUP_TRANSITIONS, group.state, "merge", what=f"group {group.id}")
    values = {"state": state, "merged_into": into, "changed_at": at}
    connection.execute(update(groups).where(groups.c.id == group.id).values(values))


def resolve_groups(connection: Connection, ids: Collection[str | None], *, at: datetime) -> list[AlertGroup]:
    """Resolve those of the groups in which nothing is open any more; returns them as they were."""
    names = sorted({name for name in ids if name is not None})
    if not names:
        return []
    open_in = select(alerts.c.group_id).where(alerts.c.group_id.in_(names), alerts.c.state != "resolved").distinct()
    still = set(connection.execute(open_in).scalars())
    over = [group for group in read_groups(connection, ids=names, state="open") if group.id not in still]
    for group in over:
        state = transition(GROUP_TRANSITIONS, group.state, "resolve", what=f"group {group.id}")
        values = {"state": state, "resolved_at": at, "changed_at": at}
        connection.execute(update(groups).where(groups.c.id == group.id).values(values))
    return over


def counts_of(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Alerts of each group by state, with "silenced" for those that a silence keeps quiet and are open."""
    found: dict[str, dict[str, int]] = {name: {} for name in ids}
    for first in range(0, len(ids), _AT_ONCE):
        chosen = alerts.c.group_id.in_(ids[first : first + _AT_ONCE])
        query = select(alerts.c.group_id, alerts.c.state, func.count()).where(chosen)
        for group, state, count in connection.execute(query.group_by(alerts.c.group_id, alerts.c.state)):
            found[group][state] = count
        quiet = select(alerts.c.group_id, func.count()).where(
            chosen, alerts.c.silence_id.is_not(None), alerts.c.state != "resolved"
        )
        for group, count in connection.execute(quiet.group_by(alerts.c.group_id)):
            found[group]["silenced"] = count
    return found


def count_waiting(connection: Connection) -> int:
    """Groups in which something fires that nobody has seen and no silence covers."""
    fires = (alerts.c.state == "firing", alerts.c.silence_id.is_(None))
    return connection.execute(select(func.count(alerts.c.group_id.distinct())).where(*fires)).scalar_one()


def _group(row: Row[tuple[object, ...]]) -> AlertGroup:
    return AlertGroup(
        id=row.id,
        state=row.state,
        head=row.head,
        subject=row.subject,
        severity=row.severity,
        onset=Window(row.onset_start_at, row.onset_end_at),
        is_told=row.is_told,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        resolved_at=row.resolved_at,
        merged_into=row.merged_into,
    )


def _onset(row: Row[tuple[object, ...]]) -> GroupOnset:
    onset = Window(row.onset_start_at, row.onset_end_at)
    return GroupOnset(row.group_id, row.subject, onset, row.head, row.severity)
