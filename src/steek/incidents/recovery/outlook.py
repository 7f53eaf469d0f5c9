"""The service that says how sure the end of an incident is, and how long the way back will take."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from steek.incidents.desk import Desk
from steek.incidents.present import resolved_at
from steek.incidents.recovery.confidence import Confidence, Record, confidence_of_all
from steek.incidents.recovery.durations import mitigation_seconds, step_durations
from steek.incidents.recovery.estimates import STEPS, RecoveryEstimate, StepEstimate, estimate
from steek.incidents.rows import find, remember, request
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.incidents.types import AlertEvidence
from steek.kernel.errors import InputError
from steek.kernel.verdict import Verdict
from steek.ledger import Draft
from steek.monitoring.points import read_points

# What was usual a quarter of a year ago says little of now.
_BEFORE = timedelta(days=90)
_MOST_INDICATORS = 100


class Outlook:
    """Confidence and estimates from what is stored; only `record` writes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def confidence(self, incident: str) -> Confidence:
        """How sure it is that the incident is over, by the least sure of the indicators that showed it."""
        alerts = self._desk.alerts_of(incident)
        ended = resolved_at(self._desk.database, alerts)
        with self._desk.database.reading() as connection:
            records = [
                _record(connection, alert, is_back=alert.alert_id in ended) for alert in alerts[-_MOST_INDICATORS:]
            ]
        return confidence_of_all([one for one in records if one is not None])

    def estimates(
        self, incident: str, *, model: str | None = None, steps: Sequence[str] = STEPS
    ) -> tuple[RecoveryEstimate, ...]:
        """How long each model of the incident takes to be back, or one model; () when it touches none.

        Raises:
            InputError: a step that does not exist.
        """
        unknown = [step for step in steps if step not in STEPS]
        if unknown:
            raise InputError(f"no step named {', '.join(unknown)}; there are: {', '.join(STEPS)}")
        with self._desk.database.reading() as connection:
            systems = find(connection, incident).systems
        touched = [system.removeprefix("model:") for system in systems if system.startswith("model:")]
        return tuple(
            estimate(name, step_durations(self._desk.database, self._desk.ledger, name), needed=steps)
            for name in ([model] if model is not None else touched)
        )

    def record(
        self, incident: str, *, actor: str, key: str, model: str | None = None, steps: Sequence[str] = STEPS
    ) -> tuple[RecoveryEstimate, ...]:
        """As `estimates`, written into the timeline."""
        by, found = (
            checked(actor, what="actor", most=NAME_CHARACTERS),
            self.estimates(incident, model=model, steps=steps),
        )
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            if request(connection, key, "estimate", incident_id=incident) is None:
                said = [
                    {"model": one.model, "shortest_s": one.shortest_s, "likely_s": one.likely_s}
                    | {"longest_s": one.longest_s, "text": one.sentence}
                    for one in found
                ]
                payload: dict[str, object] = {"incident": incident, "estimates": said}
                event = self._desk.ledger.append(connection, Draft("incident.estimated", present.urn, by, payload))[0]
                remember(connection, key, "estimate", incident_id=incident, event_id=event.id)
        return found

    def usual_times(self) -> dict[str, StepEstimate]:
        """What each mitigation of the menu took when it was done before, by name; those never done are missing."""
        took = {name: mitigation_seconds(self._desk.database, name) for name in self._desk.menu.mitigations}
        return {name: estimate("", {name: all_s}, needed=[name]).steps[0] for name, all_s in took.items() if all_s}


def _record(connection: Connection, alert: AlertEvidence, *, is_back: bool) -> Record | None:
    """Windows of one indicator before the onset, while it was bad, and in a row since; None when never measured."""
    onset = alert.onset.earliest_at or alert.opened_at
    every = read_points(connection, alert.monitor, alert.slice, since=onset - _BEFORE, until=None)
    if not every:
        return None
    verdicts = [(point.window_start, point.verdict is Verdict.PASS) for point in every]
    before = [is_well for start, is_well in verdicts if start < onset]
    since = [is_well for start, is_well in verdicts if start >= onset]
    run = 0
    for is_well in reversed(since):
        if not is_well:
            break
        run += 1
    during = since[: len(since) - run]
    return Record(
        name=alert.monitor + (f" [{alert.slice}]" if alert.slice is not None else ""),
        well_within=sum(before),
        well_windows=len(before),
        bad_within=sum(during),
        bad_windows=len(during),
        in_a_row=run if is_back else 0,
    )
