"""What happens to every chunk of a batch between parsing and the spool, and who has a word before it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import polars as pl
from sqlalchemy import Connection

from steek.data.contracts.contract import Contract
from steek.data.datasets import Dataset
from steek.ledger import Draft


class Step(Protocol):
    """One thing that happens to every chunk; pure but for what it was built with.

    A batch is handed over in chunks, in order. One step object serves one batch. Columns that a step adds begin with
    an underscore. Steps before validation keep the number and the order of rows; steps after it may drop rows.
    A step that reports (rows or bytes before and after, a rate) has a method `reports() -> dict[str, object]`, asked
    after the last chunk; what it gives is kept in the receipt and must be JSON without personal values.
    """

    name: str

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame: ...


HoldBack = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Protects rows on their way into quarantine: columns row, reason, position; and the rows as they were judged."""


@dataclass(frozen=True, slots=True)
class IntakeSteps:
    """The steps of one batch of one dataset, in order; `hold_back` None keeps rows in quarantine as they came."""

    before_validation: tuple[Step, ...] = ()
    after_validation: tuple[Step, ...] = ()
    hold_back: HoldBack | None = None

    def reports(self) -> dict[str, object]:
        """What the steps tell of the whole batch, by name of the step; steps that do not report are left out."""
        told = (
            (step.name, getattr(step, "reports", None)) for step in (*self.before_validation, *self.after_validation)
        )
        return {name: report() for name, report in told if report is not None}


StepsFor = Callable[[Dataset, Contract], IntakeSteps]
"""Builds the steps of one batch; called once for each batch."""


def no_steps(dataset: Dataset, contract: Contract) -> IntakeSteps:  # noqa: ARG001 - the form of StepsFor
    """Rows are taken as they are."""
    return IntakeSteps()


@dataclass(frozen=True, slots=True)
class FeedJudgement:
    """What the checks of a feed say of one batch.

    Args:
        state: "held" keeps the batch in the spool until a person decides; "spooled" lets it pass.
        record: Writes profile and verdicts, called inside the transaction that writes the receipt; the events that
            the caller must append.
        told: Facts for the receipt, JSON.
    """

    state: Literal["spooled", "held"]
    record: Callable[[Connection], list[Draft]]
    told: dict[str, object]


class FeedFold(Protocol):
    """The profile of one batch in the making."""

    def add(self, accepted: pl.DataFrame) -> None:
        """Fold in one chunk of accepted rows, after all steps."""
        ...

    def judge(self, receipt_id: str, content_hash: str) -> FeedJudgement:
        """Compare the whole batch with the feeds before it."""
        ...


FeedWatch = Callable[[Dataset, Contract, datetime], FeedFold]
"""Begins the profile of a batch of a dataset that arrived at an instant."""
