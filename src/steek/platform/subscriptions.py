"""What must travel down the house travels as an event; this table says which event goes to whom."""

from collections.abc import Container, Mapping, Sequence

from steek.data import LabelUses
from steek.incidents import Incidents
from steek.incidents.declaring_by_rule import ALERT_KINDS, OBJECTIVE_KINDS
from steek.incidents.systems import can_be_held
from steek.kernel.urn import Urn
from steek.ledger import Event
from steek.ledger.subscriptions import Handler
from steek.models import Freezes, Registry
from steek.models.freeze import actions_on
from steek.monitoring import EXPECTED_KINDS, INCIDENT_KINDS, Monitoring
from steek.platform.noticing import NOTICED_KINDS, Noticing

Subscription = tuple[Sequence[str], Handler]


def subscriptions(
    incidents: Incidents,
    monitoring: Monitoring,
    freezes: Freezes,
    learned: Handler,
    explain: Handler,
    noticing: Noticing,
) -> Mapping[str, Subscription]:
    """Subscriber to the kinds of events it gets and what it does with them; each may get an event twice."""
    return {
        "incidents": ((*ALERT_KINDS, *OBJECTIVE_KINDS), incidents.consider_alert),
        "thresholds": (INCIDENT_KINDS, monitoring.on_incident),
        "expected changes": (EXPECTED_KINDS, monitoring.thresholds.on_change),
        "freezes": (("freeze.requested", "freeze.release_requested"), lambda event: _freeze(freezes, event)),
        "freezes again": (("incident.advanced",), lambda event: _freeze_again(incidents, freezes, event)),
        "labels": (("model.trained",), learned),
        "explanations": (("alert.fired",), explain),
        "notices": (NOTICED_KINDS, noticing.on_event),
    }


def note_labels(uses: LabelUses, registry: Registry, declared: Container[str], event: Event) -> None:
    """Write down which versions of labels a model learned from, so that a later correction finds it."""
    trained = Urn.parse(event.subject)
    if trained.version is None:
        return
    for urn in map(Urn.parse, registry.get(trained.name, int(trained.version)).inputs):
        if urn.kind == "labels" and urn.name in declared and urn.version is not None:
            uses.note(urn.name, int(urn.version), event.subject, key=f"{event.id}:{urn.name}", actor=event.actor)


def _freeze_again(incidents: Incidents, freezes: Freezes, event: Event) -> None:
    """An incident that is reopened holds again what it held from its declaration on."""
    if event.payload.get("action") != "reopen":
        return
    incident = incidents.get(str(event.payload["incident"]))
    if incident.frozen and incident.state.is_open:
        for system in filter(can_be_held, incident.systems):
            key, why = f"{event.id}:{system}", f"incident {incident.id} is open again"
            freezes.hold(system, actions_on(system), why, incident.urn, actor=event.actor, key=key)


def _freeze(freezes: Freezes, event: Event) -> None:
    incident = f"incident:{event.payload['incident']}"
    if event.kind == "freeze.release_requested":
        # Of a system that is not affected after all, only what is held there is let go.
        system = event.payload.get("system")
        freezes.release(incident, actor=event.actor, subject=system if isinstance(system, str) else None)
        return
    subjects = event.payload["subjects"]
    assert isinstance(subjects, list)
    for subject in filter(can_be_held, map(str, subjects)):  # pyright: ignore[reportUnknownArgumentType]
        freezes.hold(
            subject,
            actions_on(subject),
            str(event.payload["reason"]),
            incident,
            actor=event.actor,
            key=f"{event.id}:{subject}",
        )
