"""The page of one receipt: what came, what became of it, what was made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from steek.console.feed_parts import Remark, remarks_of
from steek.console.lineage_page import Side, downstream_side
from steek.console.services import Services
from steek.console.words import count, size
from steek.data import Receipt
from steek.kernel.errors import NotFoundError

_DEPTH = 12
_STATES: Mapping[str, tuple[str, str]] = {
    "spooled": ("watch", "Durable, and waits for the next commit of its dataset."),
    "committed": ("well", "Its rows are in the table."),
    "held": ("watch", "A check of the feed asks a person to look before it goes on."),
    "rejected": ("broken", "A person kept it out of the table."),
    "damaged": ("broken", "The disk lost it before its commit; send the same payload under the same key."),
}


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step that the rows went through, and what it told as name and value."""

    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One receipt; `remarks` are what checks of the feed warn of, `forward` what was made of its rows so far."""

    receipt: Receipt
    health: str
    said: str
    size: str
    steps: tuple[StepLine, ...]
    remarks: tuple[Remark, ...]
    forward: Side


def receipt_view(services: Services, id: str) -> ReceiptView:
    """One receipt. Raises NotFoundError."""
    receipt = services.ingestion.receipt(id)
    health, said = _STATES.get(receipt.state, ("undecided", ""))
    return ReceiptView(
        receipt=receipt,
        health=health,
        said=said,
        size=size(receipt.size_bytes),
        steps=tuple(StepLine(name, _facts(told)) for name, told in receipt.steps.items()),
        remarks=_remarks(services, id),
        forward=downstream_side(services.lineage, receipt.urn, max_distance=_DEPTH),
    )


def _remarks(services: Services, id: str) -> tuple[Remark, ...]:
    try:
        return tuple(remarks_of(services.feed.verdicts(id)))
    except NotFoundError:
        # Batches from before there were checks, and small records, have no verdicts.
        return ()


def _facts(told: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(told, Mapping):
        return (("", str(told)),)
    pairs = cast("Mapping[str, object]", told).items()
    return tuple((name.replace("_", " "), _plain(value)) for name, value in pairs)


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    return count(value) if isinstance(value, int | float) else str(value)
