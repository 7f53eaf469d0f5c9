"""Executing a mitigation from an incident: written down before, done, and written down after, whatever came of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from steek.incidents.control.agreements import require_agreements
from steek.incidents.desk import Desk
from steek.incidents.ethics.refusals import check_not_refused
from steek.incidents.impact.impact_rows import read_impacts
from steek.incidents.lifecycle import State, move_forward
from steek.incidents.mitigations import (
    ActionTaken,
    Mitigation,
    MitigationCall,
    Outcome,
    checked_arguments,
    result_json,
)
from steek.incidents.present import readings
from steek.incidents.rows import change, family, find, find_seen
from steek.incidents.systems import feeding
from steek.incidents.tables import actions
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError, SteekError, user_code
from steek.kernel.processes import is_gone, this_process
from steek.kernel.urn import Urn
from steek.ledger import Draft

# A process on another host cannot be looked at; by judgement, it is believed gone after this.
_SILENT = timedelta(minutes=15)


def act(
    desk: Desk,
    incident_id: str,
    mitigation: Mitigation,
    arguments: Mapping[str, object],
    *,
    actor: str,
    key: str,
    expected_version: int | None,
) -> ActionTaken:
    """Do it once per key; a failure is a result, not an exception, because it belongs into the record."""
    given = checked_arguments(mitigation, arguments)
    started = _found(desk, incident_id, mitigation, key)
    if started is None:
        before = _observed(desk, incident_id, mitigation, given)
        started = _start(desk, incident_id, mitigation, given, before, actor=actor, key=key, seen=expected_version)
    elif is_interrupted(started, desk.clock.now()):
        started = _claim(desk, started, mitigation, by=actor)
    return started if started.outcome is not Outcome.STARTED else _carry_out(desk, started, mitigation)


def take_up(desk: Desk, started: ActionTaken, mitigation: Mitigation, *, by: str) -> ActionTaken:
    """Carry on, with its own key, what a process left when it died; an action that has ended is returned as it is.

    Raises:
        ConflictError: a process still carries it on.
    """
    now = desk.clock.now()
    if started.outcome is Outcome.STARTED and not is_interrupted(started, now):
        message = f"{started.mitigation} still runs, in {started.process}, since {started.started_at:%H:%M} UTC"
        raise ConflictError(message, next_step="Wait for it; of a host that is gone it is taken up after 15 minutes.")
    claimed = _claim(desk, started, mitigation, by=by)
    if claimed.outcome is not Outcome.STARTED or claimed.process != this_process():
        return claimed  # another was faster
    return _carry_out(desk, claimed, mitigation)


def is_interrupted(action: ActionTaken, now: datetime) -> bool:
    """Whether nobody carries a started action on: its process is gone, or on another host and silent for a while."""
    if action.outcome is not Outcome.STARTED:
        return False
    gone = True if action.process is None else is_gone(action.process)
    return now - action.started_at > _SILENT if gone is None else gone


def _carry_out(desk: Desk, started: ActionTaken, mitigation: Mitigation) -> ActionTaken:
    ended = False
    try:
        call = MitigationCall(started.incident_id, started.arguments, started.actor, started.key)
        result, error = _run(mitigation, call)
        after = _observed(desk, started.incident_id, mitigation, started.arguments)
        taken = _end(desk, started, mitigation, result=result, error=error, after=after)
        ended = True
        return taken
    finally:
        if not ended:
            # A process that lives on without finishing it says so, as far as it still can.
            with suppress(SteekError, SQLAlchemyError), desk.database.transaction() as connection:
                _hold(connection, started, None)


def _claim(desk: Desk, started: ActionTaken, mitigation: Mitigation, *, by: str) -> ActionTaken:
    """Take a started action over from the process that left it; as it is when another was faster."""
    with desk.database.transaction() as connection:
        present = _by_key(connection, started.incident_id, mitigation, started.key)
        assert present is not None, "an action is never removed"
        if present.outcome is not Outcome.STARTED or present.process != started.process:
            return present
        _hold(connection, present, this_process())
        payload: dict[str, object] = {
            "incident": present.incident_id,
            "action": present.key,
            "mitigation": present.mitigation,
            "number": present.number,
            "was": present.process,
        }
        draft = Draft("incident.action_taken_up", find(connection, present.incident_id).urn, by, payload)
        desk.ledger.append(connection, draft)
        return replace(present, process=this_process())


def _hold(connection: Connection, action: ActionTaken, process: str | None) -> None:
    one = (actions.c.key == action.key) & (actions.c.outcome == Outcome.STARTED.value)
    connection.execute(update(actions).where(one).values(process=process))


def actions_of(connection: Connection, incident_id: str) -> tuple[ActionTaken, ...]:
    """Actions of an incident and of its duplicates, in the order in which they were started."""
    mine = actions.c.incident_id.in_(family(connection, incident_id))
    query = select(actions).where(mine).order_by(actions.c.started_at, actions.c.number)
    return tuple(_to_action(dict(row)) for row in connection.execute(query).mappings())


def _found(desk: Desk, incident_id: str, mitigation: Mitigation, key: str) -> ActionTaken | None:
    with desk.database.reading() as connection:
        return _by_key(connection, incident_id, mitigation, key)


def _by_key(connection: Connection, incident_id: str, mitigation: Mitigation, key: str) -> ActionTaken | None:
    row = connection.execute(select(actions).where(actions.c.key == key)).mappings().first()
    if row is None:
        return None
    if (row["incident_id"], row["mitigation"]) != (incident_id, mitigation.name):
        message = f"key {key!r} was already used for {row['mitigation']} in incident {row['incident_id']}"
        raise ConflictError(message, next_step="Take a new key for a new action.")
    return _to_action(dict(row))


def _start(
    desk: Desk,
    incident_id: str,
    mitigation: Mitigation,
    given: Mapping[str, object],
    before: Mapping[str, object],
    *,
    actor: str,
    key: str,
    seen: int | None,
) -> ActionTaken:
    with desk.database.transaction() as connection:
        known = _by_key(connection, incident_id, mitigation, key)
        if known is not None:
            return known
        incident = find_seen(connection, incident_id, seen=seen)
        if incident.state is State.CLOSED:
            message = f"incident {incident.id} is closed; {mitigation.name} was not done"
            raise ConflictError(message, next_step="Declare a new incident and act from there.")
        check_not_refused(connection, incident_id, mitigation.name, actor=actor)
        asked = mitigation.needs(given, read_impacts(connection, incident_id))
        require_agreements(connection, incident, mitigation.name, given, of=asked, now=desk.clock.now())
        outside = _outside(desk, incident, given)
        change(connection, incident, actor=actor)
        highest = select(func.max(actions.c.number)).where(actions.c.incident_id == incident_id)
        row: dict[str, Any] = {
            "key": key,
            "incident_id": incident_id,
            "number": (connection.execute(highest).scalar_one() or 0) + 1,
            "mitigation": mitigation.name,
            "arguments": dict(given),
            "actor": actor,
            "outcome": Outcome.STARTED.value,
            "before": dict(before),
            "after": {},
            "result": {},
            "started_at": desk.clock.now(),
            "process": this_process(),
        }
        connection.execute(insert(actions).values(row))
        payload = _began(mitigation, given) | {"incident": incident_id, "action": key, "outside": list(outside)}
        desk.ledger.append(connection, Draft("incident.action_started", incident.urn, actor, payload))
        return _to_action({"error": None, "error_code": None, "ended_at": None, **row})


def _began(mitigation: Mitigation, given: Mapping[str, object]) -> dict[str, object]:
    """What the event says of what was begun."""
    return {
        "mitigation": mitigation.name,
        "arguments": dict(given),
        "risk": mitigation.risk,
        "effect": mitigation.effect,
        "undo": mitigation.undo,
    }


def _outside(desk: Desk, incident: Incident, given: Mapping[str, object]) -> tuple[str, ...]:
    """Systems that a call would change and that the incident neither touches nor is fed by.

    Raises:
        ConflictError: there are some, and the call says no reason.
    """
    named = {Urn(kind, str(given[kind])) for kind in ("model", "dataset") if given.get(kind)}
    touched = {Urn.parse(system) for system in (incident.subject, *incident.systems)}
    # A name that the lineage does not know is of no kind.
    unknown = {urn.name for urn in touched if urn.kind == "system"}
    left = {str(urn) for urn in named - touched if urn.name not in unknown}
    left -= feeding(desk.database, desk.lineage, incident.systems, until=desk.clock.now()) if left else set()
    if left and not str(given.get("reason") or "").strip():
        names = ", ".join(sorted(left))
        message = f"{names} is no system of incident {incident.id} ({', '.join(incident.systems[:5])}), nor feeds one"
        step = "Say why it is done from here with reason=, or add the system to the incident first."
        raise ConflictError(message, next_step=step, details={"outside": sorted(left)})
    return tuple(sorted(left))


def _run(mitigation: Mitigation, call: MitigationCall) -> tuple[dict[str, object], SteekError | None]:
    try:
        with user_code(f"mitigation {mitigation.name}"):
            return result_json(mitigation.run(call), what=f"result of {mitigation.name}"), None
    except SteekError as error:
        return {}, error


def _observed(
    desk: Desk, incident_id: str, mitigation: Mitigation, arguments: Mapping[str, object]
) -> dict[str, object]:
    """What the mitigation reads and what the indicators say; a reading that fails is written down as such."""
    seen: dict[str, object] = {}
    if mitigation.observe is not None:
        try:
            with user_code(f"observing {mitigation.name}"):
                seen = result_json(mitigation.observe(arguments), what=f"observation of {mitigation.name}")
        except SteekError as error:
            seen = {"not observed": error.message}
    alerts = desk.alerts_of(incident_id)
    now = readings(desk.database, alerts)
    shown = [
        {"monitor": alert.monitor, "slice": alert.slice, "value": now[alert.alert_id].value}
        for alert in alerts
        if alert.alert_id in now
    ]
    return seen | {"indicators": shown}


def _end(
    desk: Desk,
    started: ActionTaken,
    mitigation: Mitigation,
    *,
    result: Mapping[str, object],
    error: SteekError | None,
    after: Mapping[str, object],
) -> ActionTaken:
    with desk.database.transaction() as connection:
        known = _by_key(connection, started.incident_id, mitigation, started.key)
        if known is not None and known.outcome is not Outcome.STARTED:
            return known  # another process took the same key up and was faster
        incident = find(connection, started.incident_id)
        state = incident.state if error is not None else move_forward(incident.state, mitigation.advances)
        change(connection, incident, actor=started.actor, state=state.value)
        outcome = Outcome.DONE if error is None else Outcome.FAILED
        ended: dict[str, Any] = {
            "outcome": outcome.value,
            "after": dict(after),
            "result": dict(result),
            "error": None if error is None else str(error),
            "error_code": None if error is None else error.code,
            "ended_at": desk.clock.now(),
            "process": None,
        }
        connection.execute(update(actions).where(actions.c.key == started.key).values(ended))
        payload: dict[str, object] = {
            "incident": incident.id,
            "action": started.key,
            "mitigation": mitigation.name,
            "arguments": dict(started.arguments),
            "outcome": outcome,
            "result": dict(result),
            "error": None if error is None else error.message,
            "error_code": ended["error_code"],
            "before": dict(started.before),
            "after": dict(after),
            "advances": mitigation.advances,
            "state_before": incident.state,
            "state": state,
        }
        desk.ledger.append(connection, Draft("incident.acted", incident.urn, started.actor, payload))
        row = connection.execute(select(actions).where(actions.c.key == started.key)).mappings().one()
        return _to_action(dict(row))


def _to_action(row: Mapping[str, Any]) -> ActionTaken:
    values: dict[str, Any] = {name: row[name] for name in ActionTaken.__dataclass_fields__}
    values["outcome"] = Outcome(row["outcome"])
    return ActionTaken(**values)
