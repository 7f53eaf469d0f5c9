"""What each mitigation turned out to do, written down when the next windows of the indicators are in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, insert, select

from steek.incidents.acting import actions_of
from steek.incidents.control.effects import Effect, EffectVerdict, IndicatorEffect, IndicatorWindows, judge_effect
from steek.incidents.control.tables import mitigation_effects
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import Action, State, move_forward
from steek.incidents.mitigations import ActionTaken, Outcome
from steek.incidents.rows import change, find
from steek.incidents.tables import actions, incidents
from steek.incidents.types import AlertEvidence
from steek.ledger import Draft, Event
from steek.monitoring.tables import WHOLE, points

EFFECT_KINDS = ("alert.fired", "alert.resolved", "incident.acted", "incident.resolved", "night.finished")
_MOST_WINDOWS = 200


class MitigationEffects:
    """Verdicts on mitigations; each is written once, with `incident.mitigation_verified`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def list(self, incident: str) -> dict[str, Effect]:
        """Effects by the key of the action: what is written, and for the others how it looks now."""
        with self._desk.database.reading() as connection:
            done = [one for one in actions_of(connection, incident) if self._is_judged(one)]
            written = _written(connection, incident)
        alerts = self._desk.alerts_of(incident)
        return {one.key: written.get(one.key) or self._judge(one, alerts) for one in done}

    def on_event(self, event: Event) -> None:
        """Subscription to `EFFECT_KINDS`: whatever can be decided now is written; the end decides the rest."""
        if event.kind == "incident.resolved":
            self.verify(str(event.payload["incident"]), final=True)
            return
        self.verify_all()

    def verify_all(self) -> int:
        """Write what can be decided in all incidents that are worked on; how many verdicts were written."""
        states = [state.value for state in State if state.is_open]
        query = (
            select(incidents.c.id)
            .join(actions, actions.c.incident_id == incidents.c.id)
            .outerjoin(mitigation_effects, mitigation_effects.c.action_key == actions.c.key)
            .where(incidents.c.state.in_(states), mitigation_effects.c.action_key.is_(None))
        )
        with self._desk.database.reading() as connection:
            found = list(connection.execute(query.distinct()).scalars())
        return sum(self.verify(incident) for incident in found)

    def verify(self, incident: str, *, final: bool = False) -> int:
        """Write the verdicts that the windows allow; with `final` also that others stay undecided."""
        with self._desk.database.reading() as connection:
            written = _written(connection, incident)
            done = [one for one in actions_of(connection, incident) if self._is_judged(one)]
        open_ones = [one for one in done if one.key not in written]
        if not open_ones:
            return 0
        alerts, count = self._desk.alerts_of(incident), 0
        for action in open_ones:
            effect = self._judge(action, alerts)
            if final or effect.verdict is not EffectVerdict.UNDECIDED:
                count += self._write(action, effect)
        return count

    def _is_judged(self, action: ActionTaken) -> bool:
        known = self._desk.menu.mitigations.get(action.mitigation)
        return action.outcome is Outcome.DONE and (known is None or known.mends)

    def _judge(self, action: ActionTaken, alerts: tuple[AlertEvidence, ...]) -> Effect:
        ended_at = action.ended_at or action.started_at
        with self._desk.database.reading() as connection:
            earlier = [alert for alert in alerts if alert.opened_at <= action.started_at]
            return judge_effect([_windows(connection, alert, action, ended_at) for alert in earlier])

    def _write(self, action: ActionTaken, effect: Effect) -> bool:
        with self._desk.database.transaction() as connection:
            known = select(mitigation_effects.c.action_key).where(mitigation_effects.c.action_key == action.key)
            if connection.execute(known).first() is not None:
                return False
            incident = find(connection, action.incident_id)
            said = [
                {"name": one.name, "before": one.before, "after": one.after, "verdict": one.verdict.value}
                | {"sentence": one.sentence}
                for one in effect.indicators
            ]
            row: dict[str, Any] = {
                "action_key": action.key,
                "incident_id": action.incident_id,
                "mitigation": action.mitigation,
                "verdict": effect.verdict.value,
                "confidence": effect.confidence,
                "indicators": said,
                "verified_at": self._desk.clock.now(),
            }
            connection.execute(insert(mitigation_effects).values(row))
            # What was seen to help has stopped harm, whoever carried it out.
            helped = effect.verdict is EffectVerdict.HELPED
            state = move_forward(incident.state, Action.MITIGATE if helped else None)
            if state is not incident.state:
                change(connection, incident, actor="steek", state=state.value)
            payload: dict[str, object] = {
                "incident": action.incident_id,
                "action": action.key,
                "mitigation": action.mitigation,
                "done_at": action.ended_at,
                "verdict": effect.verdict,
                "confidence": effect.confidence,
                "indicators": said,
                "state_before": incident.state,
                "state": state,
            }
            draft = Draft("incident.mitigation_verified", incident.urn, "steek", payload)
            self._desk.ledger.append(connection, draft)
            return True


def _before(action: ActionTaken, alert: AlertEvidence) -> float | None:
    """What the indicator said when the mitigation began; a window that is measured again later no longer says it."""
    seen = cast("Sequence[Mapping[str, Any]]", action.before.get("indicators") or ())
    values = [one["value"] for one in seen if (one["monitor"], one["slice"]) == (alert.monitor, alert.slice)]
    return values[0] if values else None


def _windows(connection: Connection, alert: AlertEvidence, action: ActionTaken, ended_at: datetime) -> IndicatorWindows:
    query = (
        select(points.c.window_start_at, points.c.measured_at, points.c.value, points.c.lower, points.c.upper)
        .where(points.c.monitor == alert.monitor, points.c.slice == (alert.slice or WHOLE))
        .order_by(points.c.window_start_at.desc())
        .limit(_MOST_WINDOWS)
    )
    if alert.onset.earliest_at is not None:
        query = query.where(points.c.window_start_at >= alert.onset.earliest_at)
    rows = [row for row in reversed(connection.execute(query).all()) if row.value is not None]
    before = [row.value for row in rows if row.measured_at <= action.started_at]
    observed = _before(action, alert)
    later = [row for row in rows if row.measured_at > ended_at]
    # A window with too little history to have bounds is held to those that the alert broke.
    newest = next((row for row in reversed(later) if row.lower is not None or row.upper is not None), alert)
    return IndicatorWindows(
        name=alert.monitor + (f" [{alert.slice}]" if alert.slice is not None else ""),
        lower=newest.lower,
        upper=newest.upper,
        before=observed if observed is not None else before[-1] if before else alert.value,
        partial=tuple(row.value for row in later if row.window_start_at < ended_at),
        whole=tuple(row.value for row in later if row.window_start_at >= ended_at),
    )


def _written(connection: Connection, incident: str) -> dict[str, Effect]:
    query = select(mitigation_effects).where(mitigation_effects.c.incident_id == incident)
    return {row["action_key"]: _to_effect(row) for row in connection.execute(query).mappings()}


def _to_effect(row: RowMapping) -> Effect:
    indicators = tuple(
        IndicatorEffect(one["name"], one["before"], one["after"], EffectVerdict(one["verdict"]), one["sentence"])
        for one in row["indicators"]
    )
    return Effect(EffectVerdict(row["verdict"]), row["confidence"], indicators)
