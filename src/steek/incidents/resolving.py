"""Ending an outage: by the evidence of the indicators that showed it, or by a person's word with a reason."""

from steek.incidents.control.effect_log import MitigationEffects
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import Action, State, move
from steek.incidents.recovery.confidence import Confidence
from steek.incidents.recovery.outlook import Outlook
from steek.incidents.rows import change, find, find_seen, remember, request
from steek.incidents.types import Incident
from steek.incidents.verification import Verification
from steek.kernel.errors import ConflictError
from steek.kernel.verdict import Verdict
from steek.ledger import Draft

_NAMED = 5  # indicators named in a message; the page lists them all


def resolve(
    desk: Desk,
    incident_id: str,
    verification: Verification | None,
    *,
    actor: str,
    key: str,
    reason: str,
    expected_version: int | None,
) -> Incident:
    """Write the resolution and ask for the freeze to end.

    Args:
        desk: What is at hand.
        incident_id: Which.
        verification: What the indicators say; None when the person decides against or without them.
        actor: Who resolves.
        key: Idempotency key.
        reason: Why; may be empty when verified.
        expected_version: Version the actor looked at, or None.

    Raises:
        ConflictError: an indicator is not back, or none ever showed it.
        IllegalTransitionError: the incident is not open.
    """
    sure = None if verification is None else Outlook(desk).confidence(incident_id)
    with desk.database.transaction() as connection:
        if request(connection, key, "resolve", incident_id=incident_id) is not None:
            return find(connection, incident_id)
        present = find_seen(connection, incident_id, seen=expected_version)
        state = move(present.state, Action.RESOLVE, incident=incident_id)
        if verification is not None:
            _require_back(incident_id, verification)
        now = desk.clock.now()
        after = change(connection, present, actor=actor, state=state.value, resolved_at=now)
        event = desk.ledger.append(connection, _resolved(present, verification, sure, actor, reason))[0]
        remember(connection, key, "resolve", incident_id=incident_id, event_id=event.id)
        if present.frozen:
            release: dict[str, object] = {"incident": incident_id, "subjects": present.systems}
            draft = Draft("freeze.release_requested", present.subject, actor, release, causes=(event.id,))
            desk.ledger.append(connection, draft)
    # The postmortem says of each mitigation what it did; what the windows do not show by now stays undecided.
    MitigationEffects(desk).verify(incident_id, final=True)
    return after


def _resolved(
    before: Incident, verification: Verification | None, sure: Confidence | None, actor: str, reason: str
) -> Draft:
    payload: dict[str, object] = {
        "incident": before.id,
        "subject": before.subject,
        "systems": before.systems,
        "verified": verification is not None,
        "confidence": None if verification is None else verification.confidence,
        "probability": None if sure is None else sure.probability,
        "sure_because": None if sure is None else sure.sentence,
        "indicators": [] if verification is None else [one.sentence for one in verification.indicators],
        "reason": reason,
        "state_before": before.state,
        "state": State.FOLLOW_UP,
    }
    return Draft("incident.resolved", before.urn, actor, payload)


def _require_back(incident_id: str, verification: Verification) -> None:
    if verification.verdict is Verdict.PASS:
        return
    if verification.verdict is Verdict.UNDECIDED:
        message = f"no indicator showed incident {incident_id}, so none can verify that it is over"
        raise ConflictError(message, next_step="Resolve without verification and give the reason.")
    missing = verification.not_back()
    named = "; ".join(indicator.sentence for indicator in missing[:_NAMED])
    more = f"; and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    message = f"incident {incident_id} is not over: {named}{more}"
    details: dict[str, object] = {"not_back": [indicator.alert.alert_id for indicator in missing]}
    next_step = "Wait for the next window, mitigate further, or resolve without verification and give the reason."
    raise ConflictError(message, next_step=next_step, details=details)
