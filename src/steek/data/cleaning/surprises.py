"""Events of what is done to batches on their way in: another list than before, volumes that were not implied."""

from typing import Any, cast

from sqlalchemy import Connection

from steek.data.ingest.receipts import Receipt, find_latest
from steek.ledger import Draft

UNEXPECTED = "transformation.unexpected"
CHANGED = "preparation.changed"
_VERSIONED = ("cleaning", "filters", "sampling")
_COUNTS = ("version", "rows_before", "rows_after", "bytes_before", "bytes_after", "expected_fraction")


def unexpected_events(receipt: Receipt) -> list[Draft]:
    """One `transformation.unexpected` per step of a batch whose report says so: the batch was taken all the same."""
    drafts: list[Draft] = []
    for step, report in receipt.steps.items():
        told = _facts(report)
        if not told.get("unexpected"):
            continue
        facts: dict[str, object] = {
            "transformation": step,
            "receipt": receipt.id,
            "unexpected": told["unexpected"],
            **{name: told[name] for name in _COUNTS if name in told},
        }
        drafts.append(Draft(UNEXPECTED, f"dataset:{receipt.dataset}", receipt.actor, facts, at=receipt.received_at))
    return drafts


def changed_events(connection: Connection, receipt: Receipt) -> list[Draft]:
    """One `preparation.changed` per step whose version is not the one of the last committed batch.

    Nothing for the first batch of a dataset, and nothing for a batch to which nothing was done.
    """
    now = {step: _facts(receipt.steps[step]).get("version") for step in _VERSIONED if step in receipt.steps}
    before = find_latest(connection, receipt.dataset) if now else None
    if before is None:
        return []
    drafts: list[Draft] = []
    for step, version in now.items():
        earlier = _facts(before.steps.get(step)).get("version")
        if earlier != version:
            facts: dict[str, object] = {"step": step, "before": earlier, "after": version, "receipt": receipt.id}
            drafts.append(Draft(CHANGED, f"dataset:{receipt.dataset}", receipt.actor, facts, at=receipt.received_at))
    return drafts


def _facts(report: object) -> dict[str, Any]:
    return cast("dict[str, Any]", report) if isinstance(report, dict) else {}
