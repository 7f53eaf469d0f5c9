"""The way of one batch from its payload to finished files in the spool."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.datasets import Dataset
from steek.data.ingest.batches import Attempt
from steek.data.ingest.spool import Spool, spool_errors
from steek.data.ingest.spool_files import SpoolFile, StreamWriter
from steek.data.ingest.steps import FeedFold, FeedJudgement, IntakeSteps
from steek.data.lake.types import storable
from steek.data.validation.rows import Validator
from steek.kernel.errors import ContractViolationError

EMPTY_QUARANTINE = pl.DataFrame(
    schema={
        "row": pl.String,
        "reason": pl.String,
        "receipt_id": pl.String,
        "position": pl.Int64,
        "received_at": pl.Datetime("us", "UTC"),
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch whose rows lie in the spool, not yet acknowledged."""

    attempt: Attempt
    dataset: Dataset
    contract: Contract
    rows: SpoolFile
    quarantine: SpoolFile | None
    reasons: dict[str, int]
    missing_columns: tuple[str, ...]
    steps: dict[str, object]
    feed: FeedJudgement | None

    @property
    def files(self) -> tuple[SpoolFile, ...]:
        return (self.rows,) if self.quarantine is None else (self.rows, self.quarantine)


@dataclass(slots=True)
class Intake:
    """Takes the chunks of one batch, one after the other; leaves nothing behind when it raises.

    Args:
        spool: Where the rows go.
        attempt: The batch.
        dataset: Its declaration.
        contract: What its rows must obey.
        steps: What happens to its rows, built for this batch.
        feed: Gets the accepted rows, if given.
        check_types: Refuses rows that the table of the dataset could not hold.
        textual: As for `Validator`.
        reasons: How many rows each reason hit, filled while chunks are taken.
        quarantined: Positions of the rows held back, filled where `keep_positions` asks for it.
    """

    spool: Spool
    attempt: Attempt
    dataset: Dataset
    contract: Contract
    steps: IntakeSteps
    feed: FeedFold | None
    check_types: Callable[[str, pl.Schema], None]
    textual: bool
    reasons: dict[str, int] = field(default_factory=dict[str, int])
    quarantined: list[int] = field(default_factory=list[int])
    keep_positions: bool = False
    _validator: Validator | None = None
    _rows: StreamWriter | None = None
    _quarantine: StreamWriter | None = None
    _schema: pl.Schema | None = None
    _seen_rows: int = 0
    _finished: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            for writer in (self._rows, self._quarantine):
                if writer is not None:
                    writer.discard()

    def add(self, raw: pl.DataFrame) -> None:
        """Take the next chunk.

        Raises:
            ContractViolationError: the batch as a whole does not fit.
            InputError: its columns have types that the table does not.
            StorageFullError: the disk is full.
        """
        # What is written may be much larger than what came.
        self.spool.check_room(0)
        rows = raw
        for step in self.steps.before_validation:
            rows = step.apply(rows)
        own = [name for name in rows.columns if name.startswith("_")] if self.steps.before_validation else []
        given = rows.drop(own) if own else rows
        if self._validator is None:
            self._validator = Validator(self.contract, given.schema, textual=self.textual)
        validated = self._validator.validate(given, came=None if rows is raw else raw)
        accepted = validated.accepted
        if own:
            accepted = accepted.hstack(_those_accepted(rows.select(own), validated.quarantined, self._seen_rows))
        held = validated.quarantined
        if self.steps.hold_back is not None and held.height:
            held = self.steps.hold_back(held, given[held["position"] - self._seen_rows])
        self._seen_rows += raw.height
        for step in self.steps.after_validation:
            accepted = step.apply(accepted)
        if self.keep_positions:
            self.quarantined += validated.quarantined["position"].to_list()
        for reason, count in validated.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count
        with spool_errors():
            self._write(accepted)
            self._hold_back(held)
        if self.feed is not None:
            self.feed.add(accepted)

    def finish(self) -> Taken:
        """End the files and make them durable."""
        assert self._rows is not None
        assert self._validator is not None
        reports = self.steps.reports()
        judgement = None
        if self.feed is not None:
            judgement = self.feed.judge(self.attempt.receipt_id, self.attempt.payload.content_hash)
            if judgement.told:
                reports["feed"] = judgement.told
        with spool_errors():
            written = self._rows.finish()
            held_back = None if self._quarantine is None else self._quarantine.finish()
            self.spool.make_durable(self.dataset.name)
        self._finished = True
        # Most frequent first, as people look for causes.
        reasons = dict(sorted(self.reasons.items(), key=lambda item: -item[1]))
        return Taken(
            attempt=self.attempt,
            dataset=self.dataset,
            contract=self.contract,
            rows=written,
            quarantine=held_back,
            reasons=reasons,
            missing_columns=self._validator.missing_columns,
            steps=reports,
            feed=judgement,
        )

    def _write(self, accepted: pl.DataFrame) -> None:
        stored = storable(accepted)
        if self._rows is None:
            self.check_types(self.dataset.name, stored.schema)
            self._schema = stored.schema
            self._rows = self.spool.writer(self.dataset.name, self.attempt.receipt_id)
        if stored.schema != self._schema:
            stored = self._alike(stored)
        self._rows.write(stored)

    def _alike(self, chunk: pl.DataFrame) -> pl.DataFrame:
        assert self._schema is not None
        if set(chunk.columns) != set(self._schema) or any(
            chunk.schema[name] != self._schema[name] for name in chunk.columns
        ):
            differing = sorted(set(chunk.schema.items()) ^ set(self._schema.items()), key=str)
            message = f"the chunks of one batch differ in {', '.join(name for name, _ in differing)}"
            raise ContractViolationError(
                message, next_step="Each step must give every chunk the same columns and types."
            )
        return chunk.select(list(self._schema))

    def _hold_back(self, bad: pl.DataFrame) -> None:
        if bad.is_empty():
            return
        if self._quarantine is None:
            self._quarantine = self.spool.writer(self.dataset.name, self.attempt.receipt_id)
        told = bad.with_columns(
            pl.lit(self.attempt.receipt_id).alias("receipt_id"),
            pl.lit(self.attempt.received_at, dtype=pl.Datetime("us", "UTC")).alias("received_at"),
        )
        self._quarantine.write(told.select(EMPTY_QUARANTINE.columns))


def _those_accepted(own: pl.DataFrame, quarantined: pl.DataFrame, first: int) -> pl.DataFrame:
    if quarantined.is_empty():
        return own
    bad = pl.Series(quarantined["position"] - first)
    keep = pl.repeat(value=True, n=own.height, dtype=pl.Boolean, eager=True).scatter(bad, [False] * len(bad))
    return own.filter(keep)
