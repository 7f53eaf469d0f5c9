"""The event that tells of a transformation that did not do to its volumes what it implies."""

from typing import Any, cast

from steek.data.ingest.receipts import Receipt
from steek.ledger import Draft

UNEXPECTED = "transformation.unexpected"
_COUNTS = ("version", "rows_before", "rows_after", "bytes_before", "bytes_after", "expected_fraction")


def unexpected_events(receipt: Receipt) -> list[Draft]:
    """One `transformation.unexpected` per step of a batch whose report says so: the batch was taken all the same."""
    drafts: list[Draft] = []
    for step, report in receipt.steps.items():
        told = cast("dict[str, Any]", report) if isinstance(report, dict) else {}
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
