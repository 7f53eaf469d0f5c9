"""New alerts find their groups: they join one, make several into one, or begin their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.ledger import Draft
from steek.monitoring.alerting.causes import Anomaly, first_on, same_cause
from steek.monitoring.alerting.groups import (
    GROUP_TRANSITIONS,
    AlertGroup,
    GroupOnset,
    merge_group,
    move_alerts_to,
    read_groups,
    recent_onsets,
    replace_onsets,
    write_group,
)
from steek.monitoring.alerting.systems import Systems, read_systems, system_of
from steek.monitoring.alerts import Alert
from steek.monitoring.tables import alerts as alerts_table

# Labels come late: what is measured this long after a group was over, but began with it, still belongs to it.
_REMEMBERED = timedelta(days=14)
_ACTOR = "steek"


@dataclass(frozen=True, slots=True)
class Placed:
    """Alerts with their groups, and the events that tell of groups that became known or were merged."""

    alerts: tuple[Alert, ...]
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What belongs together: everything that began where, the groups known of before, the new alerts by index."""

    onsets: tuple[GroupOnset, ...]
    known: frozenset[str]
    new: tuple[int, ...]


def place(connection: Connection, new: Sequence[Alert], *, now: datetime, systems: Systems | None = None) -> Placed:
    """Give each new alert its group, in the transaction that will write them.

    The id of a group never changes: of several that turn out to be one, the oldest stays and the others point to it.
    """
    if not new:
        return Placed((), ())
    lineage = read_systems(connection, now=now) if systems is None else systems
    before = recent_onsets(connection, since=now - _REMEMBERED)
    stored = {group.id: group for group in read_groups(connection, ids={one.group for one in before})} if before else {}
    placed = list(new)
    drafts: list[Draft] = []
    for part in _parts(before, new, lineage):
        group, told = _write(connection, part, stored, new, now, lineage)
        drafts += told
        for index in part.new:
            placed[index] = replace(new[index], group=group)
    return Placed(tuple(placed), tuple(drafts))


def _parts(before: Sequence[GroupOnset], new: Sequence[Alert], systems: Systems) -> list[_Part]:
    """The sets that the new alerts are in."""
    fresh: dict[tuple[str, datetime, datetime], list[int]] = {}
    for index, alert in enumerate(new):
        key = (alert.subject, alert.onset.start_at, alert.onset.end_at)
        fresh.setdefault(key, []).append(index)
    heads = [min((new[at] for at in members), key=lambda one: (one.severity, one.id)) for members in fresh.values()]
    onsets = [*before, *(GroupOnset("", one.subject, one.onset, one.id, one.severity) for one in heads)]
    anomalies = [Anomaly(system_of(one.subject), one.onset) for one in onsets]
    union = same_cause(anomalies, len(before), systems)
    # What was in one group stays in one group, whatever the lineage has become since.
    first: dict[str, int] = {}
    for index, one in enumerate(before):
        union.join(first.setdefault(one.group, index), index)
    members: dict[int, list[int]] = {}
    for index in range(len(onsets)):
        members.setdefault(union.find(index), []).append(index)
    alerts_of = list(fresh.values())
    parts: list[_Part] = []
    for found in members.values():
        indices = [at for index in found if index >= len(before) for at in alerts_of[index - len(before)]]
        if indices:
            known = frozenset(onsets[index].group for index in found if index < len(before))
            parts.append(_Part(tuple(onsets[index] for index in found), known, tuple(indices)))
    return parts


def _write(
    connection: Connection, part: _Part, stored: Mapping[str, AlertGroup], new: Sequence[Alert], now: datetime,
    systems: Systems,
) -> tuple[str, list[Draft]]:  # fmt: skip
    olds = sorted((stored[name] for name in part.known), key=lambda group: (group.opened_at, group.id))
    head = _head(part.onsets, systems)
    severity = min(part.onsets, key=lambda onset: onset.severity).severity
    drafts: list[Draft] = []
    if olds:
        survivor, others = olds[0], olds[1:]
        state = survivor.state if survivor.state == "open" else transition(
            GROUP_TRANSITIONS, survivor.state, "reopen", what=f"group {survivor.id}"
        )  # fmt: skip
        group = replace(survivor, state=state, resolved_at=None, changed_at=now)
        group = replace(group, is_told=any(old.is_told for old in olds))
    else:
        others = []
        first = min((new[index] for index in part.new), key=lambda alert: alert.id)
        # Told apart from ids of alerts at a glance, and for both in one place.
        group_id = f"g{content_hash(['group', first.id])[:11]}"
        group = AlertGroup(group_id, "open", head.head, head.subject, severity, head.onset, False, now, now)
    group = replace(group, head=head.head, subject=head.subject, severity=severity, onset=head.onset)
    for other in others:
        merge_group(connection, other, group.id, at=now)
        move_alerts_to(connection, group.id, of=[other.id])
        payload: dict[str, object] = {"group": other.id, "into": group.id}
        drafts.append(Draft("alerts.merged", group.subject, _ACTOR, payload))
    replace_onsets(connection, group.id, of=part.known, now=_distinct(part.onsets))
    count = len(part.new) + _count(connection, group.id)
    if count > 1 and not group.is_told:
        group = replace(group, is_told=True)
        drafts.append(_grouped(group, part, new, count))
    write_group(connection, group, is_new=not olds)
    return group.id, drafts


def _head(onsets: Sequence[GroupOnset], systems: Systems) -> GroupOnset:
    """The worst of the first on the system that moved first."""
    earliest: dict[str, GroupOnset] = {}
    for one in onsets:
        system = system_of(one.subject)
        known = earliest.get(system)
        if known is None or _order(one) < _order(known):
            earliest[system] = one
    movers = first_on(systems, {system: one.onset for system, one in earliest.items()})
    return min((earliest[system] for system in movers), key=_order)


def _order(one: GroupOnset) -> tuple[datetime, datetime, str, str]:
    return one.onset.start_at, one.onset.end_at, one.severity, one.head


def _distinct(onsets: Sequence[GroupOnset]) -> list[GroupOnset]:
    """One for each subject and onset, with the head that was there first and the worst severity."""
    found: dict[tuple[str, tuple[datetime, datetime]], GroupOnset] = {}
    for one in onsets:
        key = (one.subject, (one.onset.start_at, one.onset.end_at))
        known = found.get(key)
        found[key] = one if known is None else replace(known, severity=min(known.severity, one.severity))
    return list(found.values())


def _count(connection: Connection, group_id: str) -> int:
    query = select(func.count()).select_from(alerts_table).where(alerts_table.c.group_id == group_id)
    return connection.execute(query).scalar_one()


def _grouped(group: AlertGroup, part: _Part, new: Sequence[Alert], count: int) -> Draft:
    monitors = sorted({new[index].monitor for index in part.new})
    subjects = sorted({one.subject for one in part.onsets})
    payload: dict[str, object] = {
        "group": group.id,
        "head": group.head,
        "alerts": count,
        "monitors": monitors[:20],
        "subjects": subjects[:20],
        "subject_count": len(subjects),
        "severity": group.severity,
        "onset": {"earliest_at": group.onset.start_at, "latest_at": group.onset.end_at},
        "text": f"{count:,} alerts with one cause, first on {group.subject}",
    }
    return Draft("alerts.grouped", group.subject, _ACTOR, payload)
