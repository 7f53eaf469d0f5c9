"""The quarantine of a dataset: rows that did not fit, by reason and one by one, and what was done with them."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.data import QuarantineDecision, QuarantinedRow, ReasonCount, Selection
from steek.kernel.records import canonical_json

_ROWS = 50


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row as it came, protected values masked."""

    row: QuarantinedRow
    text: str


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """What is in quarantine; `receipt` and `reason` are what the visitor asked for, "" for everything."""

    dataset: str
    open: int
    reasons: tuple[ReasonCount, ...]
    rows: tuple[RowLine, ...]
    decisions: tuple[QuarantineDecision, ...]
    receipt: str
    reason: str
    form_key: str


def quarantine_view(
    services: Services, dataset: str, *, receipt: str | None, reason: str | None, form_key: str
) -> QuarantineView:
    """Open rows by reason and the newest rows. Raises NotFoundError, InputError."""
    quarantine = services.quarantine
    selection = Selection(receipt, reason, discarded=True)
    rows = quarantine.rows(dataset, selection, limit=_ROWS)
    reasons = tuple(quarantine.reasons(dataset))
    return QuarantineView(
        dataset=dataset,
        open=quarantine.count_open(dataset, Selection(receipt, reason)),
        reasons=reasons,
        rows=tuple(RowLine(row, canonical_json(dict(row.row))) for row in rows),
        decisions=tuple(reversed(quarantine.decisions(dataset))),
        receipt=receipt or "",
        reason=reason or "",
        form_key=form_key,
    )
