"""Groups and alerts with everything a person wants to know before deciding what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from steek.kernel.windows import Window
from steek.monitoring.alerting.groups import AlertGroup, counts_of, read_group, read_onsets
from steek.monitoring.alerting.silences import Silence, read_silences
from steek.monitoring.alerting.systems import Systems, system_of
from steek.monitoring.alerting.verdicts import AlertVerdict, read_verdicts, version_of
from steek.monitoring.alerts import Alert, read_alert, read_alerts
from steek.monitoring.attribution.movers import Mover, first_movers
from steek.monitoring.attribution.stored import Attributed, read_attributed
from steek.monitoring.tables import alerts, points

_MOST_SHOWN = 200
_MOST_MOVERS = 100
_HISTORY = 10
# As far back as something upstream counts as having moved before.
_UPSTREAM_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in the inbox.

    `alerts` counts all of it, `firing`, `acknowledged` and `resolved` by state, `silenced` those that are open and kept
    quiet. `verdicts` counts what people said. `version` is what a verdict on the group is compared with.
    """

    group: AlertGroup
    head: Alert
    alerts: int
    firing: int
    acknowledged: int
    resolved: int
    silenced: int
    monitors: tuple[str, ...]
    subjects: tuple[str, ...]
    verdicts: Mapping[str, int]
    version: int


@dataclass(frozen=True, slots=True)
class GroupStory:
    """A group with its alerts, the first 200 of them, the first mover's before the others."""

    line: GroupLine
    alerts: tuple[Alert, ...]
    verdicts: Mapping[str, AlertVerdict]
    movers: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class AlertStory:
    """An alert with its group, what people said of it, what explains it, who moved first, and what its rule did before.

    `attribution` is None where nothing adds up, or nobody asked yet; `history` are earlier alerts of the same rule
    and slice, latest first, then of the same rule.
    """

    alert: Alert
    line: GroupLine | None
    verdict: AlertVerdict | None
    silence: Silence | None
    attribution: Attributed | None
    movers: tuple[Mover, ...]
    history: tuple[Alert, ...]
    history_verdicts: Mapping[str, AlertVerdict]


def group_lines(connection: Connection, found: Sequence[AlertGroup]) -> list[GroupLine]:
    """Lines of groups, in their order."""
    ids = [group.id for group in found]
    counts = counts_of(connection, ids)
    heads = {alert.id: alert for alert in _alerts(connection, [group.head for group in found])}
    names = _names(connection, ids)
    verdicts = _verdicts(connection, ids)
    lines: list[GroupLine] = []
    for group in found:
        if group.head not in heads:
            continue
        state, said = counts[group.id], verdicts.get(group.id, [])
        monitors, subjects = names.get(group.id, ((), ()))
        lines.append(
            GroupLine(
                group=group,
                head=heads[group.head],
                alerts=sum(count for name, count in state.items() if name != "silenced"),
                firing=state.get("firing", 0),
                acknowledged=state.get("acknowledged", 0),
                resolved=state.get("resolved", 0),
                silenced=state.get("silenced", 0),
                monitors=monitors,
                subjects=subjects,
                verdicts={word: sum(one.verdict == word for one in said) for word in ("useful", "noise", "unsure")},
                version=version_of(said),
            )
        )
    return lines


def group_story(connection: Connection, group_id: str, systems: Systems) -> GroupStory:
    """One group. Raises NotFoundError when there is none of that id."""
    group = read_group(connection, group_id)
    (line,) = group_lines(connection, [group])
    found = read_alerts(connection, group=group.id)
    found.sort(
        key=lambda one: (one.subject != group.subject, one.state == "resolved", one.severity, one.onset.start_at)
    )
    shown = tuple(found[:_MOST_SHOWN])
    onsets = {one.subject: one.onset for one in reversed(read_onsets(connection, [group.id])[:_MOST_MOVERS])}
    movers = first_movers(systems.edges(), {system_of(name): onset for name, onset in onsets.items()})
    return GroupStory(line, shown, read_verdicts(connection, [one.id for one in shown]), movers)


def alert_story(connection: Connection, alert_id: str, systems: Systems, charts: Mapping[str, str]) -> AlertStory:
    """One alert. Raises NotFoundError when there is none of that id.

    Args:
        connection: For reading.
        alert_id: Which.
        systems: What is made from what.
        charts: Subject of each monitor that is for charts only: they never alert, but may have moved first.
    """
    alert = read_alert(connection, alert_id)
    line = None
    if alert.group is not None:
        line = next(iter(group_lines(connection, [read_group(connection, alert.group)])), None)
    earlier = [one for one in read_alerts(connection, monitor=alert.monitor, limit=500) if one.id != alert.id]
    earlier.sort(key=lambda one: one.slice != alert.slice)
    history = tuple(earlier[:_HISTORY])
    verdicts = read_verdicts(connection, [alert.id, *(one.id for one in history)])
    made = read_attributed(connection, alert=alert.id, limit=1)
    silences = [] if alert.silence is None else read_silences(connection, ids=[alert.silence])
    return AlertStory(
        alert=alert,
        line=line,
        verdict=verdicts.get(alert.id),
        silence=silences[0] if silences else None,
        attribution=made[0] if made else None,
        movers=upstream_movers(connection, alert, systems, charts),
        history=history,
        history_verdicts={name: one for name, one in verdicts.items() if name != alert.id},
    )


def upstream_movers(
    connection: Connection, alert: Alert, systems: Systems, charts: Mapping[str, str]
) -> tuple[Mover, ...]:
    """Everything upstream of an alert that left its bounds about then or in the week before, who moved first before."""
    own = system_of(alert.subject)
    above = _above(own, systems)
    since, until = alert.onset.start_at - _UPSTREAM_SPAN, alert.window.end_at
    began = select(alerts.c.subject, alerts.c.onset_start_at, alerts.c.onset_end_at)
    near = began.where(alerts.c.onset_end_at > since, alerts.c.onset_start_at < until).distinct()
    anomalies: dict[str, Window] = {}
    for subject, start_at, end_at in connection.execute(near):
        _keep(anomalies, system_of(subject), Window(start_at, end_at), above)
    c = points.c
    if charts:
        failed = select(c.monitor, c.window_start_at, c.window_end_at).where(
            c.monitor.in_(sorted(charts)), c.verdict == "fail", c.window_end_at > since, c.window_start_at < until
        )
        for monitor, start_at, end_at in connection.execute(failed.distinct()):
            _keep(anomalies, system_of(charts[monitor]), Window(start_at, end_at), above)
    anomalies[own] = alert.onset
    earliest = sorted(anomalies.items(), key=lambda one: (one[1].start_at, one[0]))[:_MOST_MOVERS]
    return first_movers(systems.edges(), {**dict(earliest), own: alert.onset}, subject=own)


def _above(system: str, systems: Systems) -> set[str]:
    seen, frontier = {system}, [system]
    while frontier:
        frontier = list({name for at in frontier for name in systems.above.get(at, ()) if name not in seen})
        seen.update(frontier)
    return seen - {system}


def _keep(anomalies: dict[str, Window], system: str, onset: Window, above: set[str]) -> None:
    """The earliest onset of each thing upstream."""
    known = anomalies.get(system)
    if system in above and (known is None or (onset.start_at, onset.end_at) < (known.start_at, known.end_at)):
        anomalies[system] = onset


def _alerts(connection: Connection, ids: Sequence[str]) -> list[Alert]:
    return [one for first in range(0, len(ids), 500) for one in read_alerts(connection, ids=ids[first : first + 500])]


def _names(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Monitors and subjects of groups, sorted."""
    query = select(alerts.c.group_id, alerts.c.monitor, alerts.c.subject).where(alerts.c.group_id.in_(ids)).distinct()
    found: dict[str, tuple[set[str], set[str]]] = {}
    for group, monitor, subject in connection.execute(query):
        monitors, subjects = found.setdefault(group, (set(), set()))
        monitors.add(monitor)
        subjects.add(subject)
    return {name: (tuple(sorted(one)), tuple(sorted(other))) for name, (one, other) in found.items()}


def _verdicts(connection: Connection, ids: Sequence[str]) -> dict[str, list[AlertVerdict]]:
    query = select(alerts.c.id, alerts.c.group_id).where(alerts.c.group_id.in_(ids))
    groups = {row[0]: row[1] for row in connection.execute(query)}
    found: dict[str, list[AlertVerdict]] = {}
    for name, verdict in read_verdicts(connection, groups).items():
        found.setdefault(groups[name], []).append(verdict)
    return found


def waiting(lines: Sequence[GroupLine]) -> list[GroupLine]:
    """Lines in the order in which people should look: open before over, worst first, newest first."""
    by_time = sorted(lines, key=lambda line: line.group.opened_at, reverse=True)
    return sorted(by_time, key=lambda line: (line.group.state != "open", _is_quiet(line), line.group.severity))


def _is_quiet(line: GroupLine) -> bool:
    return line.silenced == line.firing + line.acknowledged
