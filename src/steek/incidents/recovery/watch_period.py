"""The watch after a resolution: what comes back reopens the incident, and what else fires there asks people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.declaring import attach_alert
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import Action, State, move
from steek.incidents.open_alerts import evidence_of
from steek.incidents.recovery.tables import watches
from steek.incidents.rows import attached, change, find, incident_of, remember, request
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.state_machine import transition
from steek.kernel.units import format_duration
from steek.ledger import Draft, Event
from steek.monitoring.alerting.systems import system_of
from steek.monitoring.alerts import Alert, read_alert

WATCH_KINDS = ("incident.resolved", "incident.advanced", "alert.fired")
_LONGEST = timedelta(days=365)


class WatchState(StrEnum):
    """`KEPT`: nothing came back in its time."""

    WATCHING = "watching"
    KEPT = "kept"
    RELAPSED = "relapsed"
    STOPPED = "stopped"


class WatchAction(StrEnum):
    """What ends a watch."""

    END = "end"
    RELAPSE = "relapse"
    STOP = "stop"


TRANSITIONS: Mapping[tuple[WatchState, WatchAction], WatchState] = {
    (WatchState.WATCHING, WatchAction.END): WatchState.KEPT,
    (WatchState.WATCHING, WatchAction.RELAPSE): WatchState.RELAPSED,
    (WatchState.WATCHING, WatchAction.STOP): WatchState.STOPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One watch of one resolution; `reason` says why it ended, None while it lasts."""

    id: str
    incident_id: str
    state: WatchState
    started_at: datetime
    until_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


class WatchPeriods:
    """Watches resolved incidents; safe to share between threads and processes.

    Args:
        desk: What is at hand.
        length: How long, from the resolution; zero watches nothing.
    """

    name = "watches of incidents"

    def __init__(self, desk: Desk, length: timedelta) -> None:
        self._desk = desk
        self._length = length

    def of(self, incident: str) -> tuple[Watch, ...]:
        """Watches of an incident, one for each resolution, oldest first."""
        query = select(watches).where(watches.c.incident_id == incident).order_by(watches.c.started_at)
        with self._desk.database.reading() as connection:
            return tuple(_to_watch(row) for row in connection.execute(query).mappings())

    def watching(self) -> tuple[Watch, ...]:
        """All watches that last, the first to end first."""
        with self._desk.database.reading() as connection:
            return tuple(_lasting(connection))

    def extend(self, incident: str, length: timedelta, *, actor: str, key: str) -> Watch:
        """Watch a resolved incident so long from now on, more or less than the setting says.

        Raises:
            ConflictError: it is not resolved, or is closed.
            InputError: no time, or more than a year.
        """
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        if not timedelta() < length <= _LONGEST:
            raise InputError(
                f"cannot watch for {format_duration(length)}", next_step="More than nothing, at most 365d."
            )
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            if request(connection, key, "watch", incident_id=incident) is not None:
                return _latest(connection, incident)
            if present.state is not State.FOLLOW_UP:
                message = f"incident {incident} is in {present.state}; only a resolved one is watched"
                raise ConflictError(message, next_step="Resolve it first, or reopen it when it is closed.")
            lasting = [one for one in _lasting(connection) if one.incident_id == incident]
            event = self._begin(connection, present, length, by=by, watch=lasting[0] if lasting else None)
            remember(connection, key, "watch", incident_id=incident, event_id=event.id)
            return _latest(connection, incident)

    def on_event(self, event: Event) -> None:
        """Subscription to `WATCH_KINDS`; each event may come twice."""
        if event.kind == "alert.fired":
            self._on_alert(event)
        elif event.kind == "incident.resolved":
            self._on_resolved(event)
        elif event.payload.get("action") in {Action.REOPEN, Action.CLOSE}:
            self._stop(
                str(event.payload["incident"]), because=f"the incident was {_DONE[str(event.payload['action'])]}"
            )

    def due(self) -> list[str]:
        """Watches whose time is over, in words; for housekeeping."""
        now = self._desk.clock.now()
        return [f"end the watch of incident {one.incident_id}" for one in self.watching() if one.until_at <= now]

    def run(self, *, actor: str) -> dict[str, Any]:
        """End the watches whose time is over; {} when none is."""
        now, ended = self._desk.clock.now(), 0
        for one in self.watching():
            if one.until_at <= now:
                with self._desk.database.transaction() as connection:
                    lasted = format_duration(one.until_at - one.started_at)
                    why = f"nothing came back in {lasted}"
                    ended += self._end(connection, one, WatchAction.END, why=why, actor=actor) is not None
        return {"ended": ended} if ended else {}

    def _on_resolved(self, event: Event) -> None:
        if self._length <= timedelta():
            return
        incident_id = str(event.payload["incident"])
        with self._desk.database.transaction() as connection:
            if connection.execute(select(watches.c.id).where(watches.c.id == event.id)).first() is not None:
                return
            incident = find(connection, incident_id)
            if incident.state is State.FOLLOW_UP and incident.resolved_at is not None:
                self._begin(connection, incident, self._length, by="steek", resolved=event)

    def _on_alert(self, event: Event) -> None:
        with self._desk.database.reading() as connection:
            if not any(one.started_at < event.recorded_at <= one.until_at for one in _lasting(connection)):
                return
            alert = read_alert(connection, str(event.payload["alert"]))
        with self._desk.database.transaction() as connection:
            for watch in _lasting(connection):
                if watch.started_at < event.recorded_at <= watch.until_at:
                    self._consider(connection, watch, alert, event)

    def _consider(self, connection: Connection, watch: Watch, alert: Alert, event: Event) -> None:
        incident = find(connection, watch.incident_id)
        same = {(one.monitor, one.slice) for one in attached(connection, incident.id)}
        if (alert.monitor, alert.slice) in same:
            self._reopen(connection, watch, incident, alert, event)
        elif system_of(alert.subject) in incident.systems:
            key = f"{watch.id}:{alert.id}"
            if request(connection, key, "prompt", incident_id=incident.id) is None:
                text = f"{alert.monitor} fired while this incident is watched: reopen it if it is the same"
                payload: dict[str, object] = {"incident": incident.id, "alert": alert.id, "text": text}
                draft = Draft("incident.relapse_suspected", incident.urn, "steek", payload, causes=(event.id,))
                written = self._desk.ledger.append(connection, draft)[0]
                remember(connection, key, "prompt", incident_id=incident.id, event_id=written.id)

    def _reopen(self, connection: Connection, watch: Watch, incident: Incident, alert: Alert, event: Event) -> None:
        why = f"{alert.monitor}{f' [{alert.slice}]' if alert.slice else ''} fired again"
        if self._end(connection, watch, WatchAction.RELAPSE, why=why, actor="steek") is None:
            return
        state = move(incident.state, Action.REOPEN, incident=incident.id)
        after = change(connection, incident, actor="steek", state=state.value, resolved_at=None)
        payload: dict[str, object] = {
            "incident": incident.id,
            "action": Action.REOPEN,
            "state_before": incident.state,
            "state": state,
            "reason": f"relapse while it was watched: {why}",
        }
        draft = Draft("incident.advanced", incident.urn, "steek", payload, causes=(event.id,))
        self._desk.ledger.append(connection, draft)
        if incident_of(connection, alert.id) is None:
            evidence = evidence_of(alert, event.id, attached_at=self._desk.clock.now())
            attach_alert(self._desk, connection, after, evidence)

    def _begin(
        self,
        connection: Connection,
        incident: Incident,
        length: timedelta,
        *,
        by: str,
        watch: Watch | None = None,
        resolved: Event | None = None,
    ) -> Event:
        now = self._desk.clock.now()
        until = (now if resolved is None or incident.resolved_at is None else incident.resolved_at) + length
        indicators = sorted({one.monitor for one in attached(connection, incident.id)})
        payload: dict[str, object] = {"incident": incident.id, "until": until, "indicators": indicators}
        event = self._desk.ledger.append(connection, Draft("incident.watching", incident.urn, by, payload))[0]
        if watch is not None:
            connection.execute(update(watches).where(watches.c.id == watch.id).values(until_at=until))
            return event
        row = {"id": event.id if resolved is None else resolved.id, "incident_id": incident.id}
        values = row | {
            "state": WatchState.WATCHING.value,
            "started_at": incident.resolved_at or now,
            "until_at": until,
        }
        connection.execute(insert(watches).values(values))
        return event

    def _stop(self, incident: str, *, because: str) -> None:
        with self._desk.database.transaction() as connection:
            for watch in _lasting(connection):
                if watch.incident_id == incident:
                    self._end(connection, watch, WatchAction.STOP, why=because, actor="steek")

    def _end(self, connection: Connection, watch: Watch, action: WatchAction, *, why: str, actor: str) -> Event | None:
        """Write the end, inside the caller's transaction; None when somebody ended it before."""
        state = transition(TRANSITIONS, watch.state, action, what=f"watch of incident {watch.incident_id}")
        lasting = (watches.c.id == watch.id) & (watches.c.state == WatchState.WATCHING.value)
        values = {"state": state.value, "ended_at": self._desk.clock.now(), "reason": why}
        if connection.execute(update(watches).where(lasting).values(values)).rowcount != 1:
            return None
        incident = find(connection, watch.incident_id)
        payload: dict[str, object] = {"incident": incident.id, "outcome": state, "reason": why}
        return self._desk.ledger.append(connection, Draft("incident.watch_ended", incident.urn, actor, payload))[0]


_DONE = {Action.REOPEN.value: "reopened", Action.CLOSE.value: "closed"}


def _lasting(connection: Connection) -> list[Watch]:
    query = select(watches).where(watches.c.state == WatchState.WATCHING.value).order_by(watches.c.until_at)
    return [_to_watch(row) for row in connection.execute(query).mappings()]


def _latest(connection: Connection, incident: str) -> Watch:
    query = select(watches).where(watches.c.incident_id == incident).order_by(watches.c.started_at.desc()).limit(1)
    return _to_watch(connection.execute(query).mappings().one())


def _to_watch(row: RowMapping) -> Watch:
    values: dict[str, Any] = dict(row)
    values["state"] = WatchState(row["state"])
    return Watch(**values)
