"""Who moved first: of everything that was wrong at the time, what went wrong before the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from steek.incidents.types import AlertEvidence
from steek.incidents.upstream import Upstream
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.ledger import Database
from steek.monitoring.alerting.systems import system_of
from steek.monitoring.attribution.movers import first_movers
from steek.monitoring.tables import alerts

_MOST_ANOMALIES = 50


@dataclass(frozen=True, slots=True)
class FirstWrong:
    """The systems that went wrong first (several in a tie), with what lies above and below each."""

    systems: tuple[str, ...]
    above: Mapping[str, frozenset[str]]
    below: Mapping[str, frozenset[str]]

    def towards(self, system: str) -> tuple[str | None, str | None, str | None]:
        """What went wrong first and is made from `system` or is it; feeds it; lies beside it. At most one is given."""
        made = next((one for one in self.systems if one == system or system in self.above[one]), None)
        if made is not None or not self.systems:
            return made, None, None
        feeds = next((one for one in self.systems if system in self.below[one]), None)
        return (None, feeds, None) if feeds is not None else (None, None, self.systems[0])


def first_wrong(
    database: Database, upstream: Upstream, evidence: Sequence[AlertEvidence], *, since: datetime, until: datetime
) -> FirstWrong:
    """From the alerts on what is broken and on what lies upstream of it, with onsets in [since, until]."""
    onsets = _onsets(database, since=since, until=until)
    for alert in evidence:
        start, end = alert.onset.earliest_at or alert.onset.latest_at, alert.onset.latest_at
        if start is not None and end is not None:
            _earlier(onsets, system_of(alert.subject), start, end)
    near = {system: onset for system, onset in onsets.items() if system in upstream.distance}
    earliest = sorted(near, key=lambda system: (near[system].start_at, system))[:_MOST_ANOMALIES]
    movers = first_movers(upstream.feeding.edges(), {system: near[system] for system in earliest})
    first = tuple(mover.urn for mover in movers if mover.rank == 1)
    feeding = upstream.feeding
    above = {system: _reached(system, feeding.above) for system in first}
    return FirstWrong(first, above, {system: _reached(system, feeding.below) for system in first})


def _onsets(database: Database, *, since: datetime, until: datetime) -> dict[str, Window]:
    """Onset of the first alert on each system."""
    query = select(alerts.c.subject, func.min(alerts.c.onset_start_at), func.min(alerts.c.onset_end_at))
    query = query.where(alerts.c.opened_at >= since, alerts.c.opened_at <= until, alerts.c.onset_start_at >= since)
    found: dict[str, Window] = {}
    with database.reading() as connection:
        for subject, start, end in connection.execute(query.group_by(alerts.c.subject)):
            try:
                _earlier(found, system_of(subject), start, end)
            except InputError:
                continue
    return found


def _earlier(onsets: dict[str, Window], system: str, start_at: datetime, end_at: datetime) -> None:
    window = Window(start_at, max(end_at, start_at))
    before = onsets.get(system)
    if before is None or (window.end_at, window.start_at) < (before.end_at, before.start_at):
        onsets[system] = window


def _reached(system: str, steps: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [system]
    while waiting:
        for name in steps.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
