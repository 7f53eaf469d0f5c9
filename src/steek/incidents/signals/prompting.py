"""What open signals ask for: an open incident takes them in, or a declaration is prompted."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from steek.incidents.desk import Desk
from steek.incidents.rows import open_on
from steek.incidents.signals.gathering import Gathering, Noticed, gather
from steek.incidents.signals.joining import join
from steek.incidents.signals.signal_rows import prompt_of, read_signals
from steek.incidents.signals.tables import prompts
from steek.incidents.signals.types import PromptState, Signal, SignalState
from steek.incidents.systems import affected
from steek.incidents.tables import alerts as attached
from steek.ledger import Draft
from steek.monitoring.alerting.systems import system_of
from steek.monitoring.tables import alerts

_MOST_SIGNALS = 500
_MOST_MONITORS = 200


def consider(desk: Desk, *, within: timedelta) -> None:
    """Look at the open signals of the last `within`; it may run any time and twice at once."""
    now = desk.clock.now()
    with desk.database.reading() as connection:
        waiting = read_signals(connection, state=SignalState.OPEN, since=now - within, limit=_MOST_SIGNALS)
    if not waiting:
        return
    waiting = _join_open(desk, waiting)
    if not waiting:
        return
    with desk.database.reading() as connection:
        firing = _firing(connection, since=now - within)
    noticed = [*(_of_signal(one) for one in waiting), *firing]
    systems = dict.fromkeys(one.system for one in noticed)
    related = {system: frozenset(affected(desk.database, desk.lineage, system, until=now)) for system in systems}
    for gathering in gather(noticed, related=related, within=within):
        _prompt(desk, gathering, now)


def _join_open(desk: Desk, waiting: Iterable[Signal]) -> list[Signal]:
    """Signals that are left when open incidents have taken in those on their systems."""
    left: list[Signal] = []
    for signal in waiting:
        with desk.database.reading() as connection:
            incident = open_on(connection, signal.system)
        if incident is None:
            left.append(signal)
            continue
        with desk.database.transaction() as connection:
            join(desk, connection, incident, read_signals(connection, ids=[signal.id]), actor="steek")
            declare_prompts_of(connection, signal.id, incident.id)
    return left


def declare_prompts_of(connection: Connection, signal_id: str, incident_id: str) -> None:
    """A prompt all of whose signals have found an incident asks for none any more."""
    is_open = prompts.c.state == PromptState.OPEN.value
    for row in connection.execute(select(prompts.c.id, prompts.c.signals).where(is_open)):
        if signal_id not in row.signals:
            continue
        states = {one.state for one in read_signals(connection, ids=row.signals)}
        if SignalState.OPEN not in states:
            decided = {"state": PromptState.DECLARED.value, "incident_id": incident_id, "decided_by": "steek"}
            connection.execute(update(prompts).where(prompts.c.id == row.id).values(decided))


def _of_signal(signal: Signal) -> Noticed:
    return Noticed(signal.id, signal.system, signal.source, signal.filed_at, signal.kind)


def _firing(connection: Connection, *, since: datetime) -> list[Noticed]:
    """Open alerts of no incident, one for each monitor and subject: a storm of slices is one source."""
    mine = select(attached.c.alert_id)
    query = (
        select(func.min(alerts.c.id), alerts.c.monitor, alerts.c.subject, func.min(alerts.c.opened_at))
        .where(alerts.c.state != "resolved", alerts.c.opened_at >= since, alerts.c.silence_id.is_(None))
        .where(alerts.c.id.not_in(mine))
        .group_by(alerts.c.monitor, alerts.c.subject)
        .order_by(alerts.c.monitor, alerts.c.subject)
        .limit(_MOST_MONITORS)
    )
    return [
        Noticed(str(row[0]), system_of(row[2]), f"monitor {row[1]}", row[3], None) for row in connection.execute(query)
    ]


def _prompt(desk: Desk, gathering: Gathering, now: datetime) -> None:
    with desk.database.transaction() as connection:
        states = {one.state for one in read_signals(connection, ids=gathering.signals)}
        if states != {SignalState.OPEN}:
            return  # somebody decided meanwhile; what is left is looked at the next time
        known = prompt_of(connection, gathering)
        values: dict[str, object] = {
            "system": gathering.system,
            "signals": list(gathering.signals),
            "alerts": list(gathering.alerts),
            "sentence": gathering.sentence,
        }
        if known is None:
            prompt_id = f"p-{gathering.signals[0]}"
            opened = {"id": prompt_id, "state": PromptState.OPEN.value, "prompted_at": now}
            connection.execute(insert(prompts).values({**values, **opened}))
        elif set(known.signals) >= set(gathering.signals) and len(known.alerts) >= len(gathering.alerts):
            return
        else:
            prompt_id = known.id
            connection.execute(update(prompts).where(prompts.c.id == prompt_id).values(values))
        payload: dict[str, object] = {"prompt": prompt_id, **values}
        desk.ledger.append(connection, Draft("signal.prompted", gathering.system, "steek", payload))
