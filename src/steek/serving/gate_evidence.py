"""Proof, from the ledger, that a gate let a trained model through."""

from steek.kernel.errors import GateRefusedError
from steek.kernel.verdict import Verdict
from steek.ledger import Event, Ledger
from steek.models import TrainedModel

_GATE_KINDS = ("gate.decided", "gate.overridden")


def require_passed_gate(ledger: Ledger, trained: TrainedModel, gate_decision_id: str) -> Event:
    """The event by which `trained` passed its gate.

    The latest word of the gate on this trained model counts, and it must be the decision that was named: a pass,
    or an override, which has an approver and a reason.

    Args:
        ledger: Where the gate wrote its decisions.
        trained: The model about to be deployed.
        gate_decision_id: Id of the gate's event.

    Raises:
        GateRefusedError: no decision on this model, another one than named, fail, or undecided.
    """
    spoken = ledger.events(kinds=_GATE_KINDS, subject=trained.urn, newest_first=True, limit=1)
    if not spoken:
        message = f"no gate has decided on {trained.urn}"
        raise GateRefusedError(message, next_step="Evaluate it and let its gate decide first.")
    latest = spoken[0]
    if latest.id != gate_decision_id:
        message = f"gate decision {gate_decision_id!r} is not the latest on {trained.urn}, which is {latest.id!r}"
        raise GateRefusedError(message, next_step="Deploy with the latest decision, if it passed.")
    verdict = latest.payload.get("verdict")
    if latest.kind == "gate.decided" and verdict != Verdict.PASS:
        message = f"the gate's verdict on {trained.urn} is {verdict}; only a pass or an override is deployed"
        raise GateRefusedError(
            message,
            next_step="Read the decision's reasons; a named approver can override it.",
            details={"gate_decision_id": latest.id, "verdict": str(verdict)},
        )
    return latest
