"""What open signals ask for: an open incident takes them in, or a declaration is prompted."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, literal, select, update

from steek.incidents.desk import Desk
from steek.incidents.rows import open_on
from steek.incidents.signals.gathering import Gathering, Noticed, gather
from steek.incidents.signals.joining import join
from steek.incidents.signals.signal_rows import prompt_of, read_signals
from steek.incidents.signals.tables import prompts
from steek.incidents.signals.types import PromptState, Signal, SignalState
from steek.incidents.tables import alerts as attached
from steek.ledger import Draft, Event
from steek.monitoring.alerting.systems import Systems, read_systems, system_of
from steek.monitoring.tables import alerts

_MOST_SIGNALS = 500
_MOST_MONITORS = 200
_MOST_SYSTEMS = 100
_LOOK_BACK = timedelta(days=30)  # somebody who says it was longer ago is heard, but no alert is sought for it


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
    said = [_of_signal(one) for one in waiting]
    since = max(min(one.at for one in said) - within, now - _LOOK_BACK)
    with desk.database.reading() as connection:
        noticed = [*said, *_firing(connection, since=since)]
        systems = read_systems(connection, now=now)
    chosen = list(dict.fromkeys(one.system for one in noticed))[:_MOST_SYSTEMS]
    related = {system: _made_from(system, systems) for system in chosen}
    for gathering in gather([one for one in noticed if one.system in related], related=related, within=within):
        _prompt(desk, gathering, now)


def is_news(connection: Connection, event: Event) -> bool:
    """Whether an event may bring signals together: one more slice of what fires already is no further source."""
    if event.kind != "alert.fired":
        return True
    mine = select(attached.c.alert_id)
    alert = str(event.payload.get("alert"))
    opened_at = select(alerts.c.opened_at).where(alerts.c.id == alert).scalar_subquery()
    fires = (
        select(alerts.c.id)
        .where(alerts.c.monitor == str(event.payload.get("monitor")), alerts.c.subject == event.subject)
        .where(alerts.c.state != "resolved", alerts.c.silence_id.is_(None), alerts.c.id.not_in(mine))
        .where(alerts.c.id != alert, alerts.c.opened_at < opened_at)
    )
    return connection.execute(fires.limit(1)).first() is None


def _made_from(system: str, systems: Systems) -> frozenset[str]:
    found, waiting = {system}, [system]
    while waiting:
        below = [each for each in systems.below.get(waiting.pop(), ()) if each not in found]
        found.update(below)
        waiting += below
    return frozenset(found)


def _join_open(desk: Desk, waiting: Sequence[Signal]) -> list[Signal]:
    """Signals that are left when open incidents have taken in those on their systems."""
    left: list[Signal] = []
    with desk.database.reading() as connection:
        owners = {system: open_on(connection, system) for system in {signal.system for signal in waiting}}
    for signal in waiting:
        incident = owners[signal.system]
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
    """At the time that the person says, which nobody can say to be later than the filing."""
    at = signal.filed_at if signal.said_at is None else min(signal.said_at, signal.filed_at)
    return Noticed(signal.id, signal.system, signal.source, at, signal.kind)


def _firing(connection: Connection, *, since: datetime) -> list[Noticed]:
    """Alerts of no incident that fire, or fired since, one for each monitor and subject: a storm is one source."""
    named = (func.min(alerts.c.id), alerts.c.monitor, alerts.c.subject, func.min(alerts.c.opened_at))
    mine = select(attached.c.alert_id)
    free = [alerts.c.silence_id.is_(None), alerts.c.id.not_in(mine)]
    by = (alerts.c.monitor, alerts.c.subject)
    fires = select(*named, literal(None)).where(alerts.c.state != "resolved", *free).group_by(*by).order_by(*by)
    over = (
        select(*named, func.max(alerts.c.resolved_at))
        .where(alerts.c.state == "resolved", alerts.c.resolved_at >= since, *free)
        .group_by(*by, alerts.c.opened_at)  # what fired together is one; the next time it fires is another
        .order_by(alerts.c.opened_at.desc(), *by)
    )
    return [
        Noticed(str(row[0]), system_of(row[2]), f"monitor {row[1]}", row[3], None, row[4])
        for query in (fires, over)
        for row in connection.execute(query.limit(_MOST_MONITORS))
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
