"""Filters and the sample of a dataset as steps of ingestion, after validation."""

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.datasets import Dataset
from steek.data.ingest.steps import Step
from steek.data.sampling.filtering import Filter
from steek.data.sampling.sampling import Sampling, draw
from steek.data.sampling.spread import DrawSpread
from steek.data.volumes import WEIGHT_COLUMN
from steek.kernel.errors import ContractViolationError, user_code
from steek.kernel.records import content_hash
from steek.measures import Volume, unexpected, unexpected_draw

RATE = "_sampling_rate"
WEIGHT = WEIGHT_COLUMN


def sampling_steps(dataset: Dataset, contract: Contract) -> tuple[Step, ...]:  # noqa: ARG001 - the form of its siblings
    """Steps after validation, for one batch: filters first, then the sample; none where none are declared."""
    filters: tuple[Step, ...] = (Filtering(dataset.name, tuple(dataset.filters)),) if dataset.filters else ()
    return filters if dataset.sampling is None else (*filters, Drawing(dataset.sampling, dataset.event_time))


class Filtering:
    """Leaves out the rows that the dataset's filters name. It keeps count, so it serves one batch only."""

    name = "filters"

    def __init__(self, dataset: str, filters: tuple[Filter, ...]) -> None:
        self._dataset = dataset
        self._filters = filters
        self._rows = [(0, 0) for _ in filters]

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that no filter leaves out. Raises UserCodeError when a filter does."""
        for at, each in enumerate(self._filters):
            before = rows.height
            with user_code(f"filter {each.name!r} of {self._dataset}"):
                rows = rows.filter(~each.leaves_out(rows).fill_null(value=False))
            self._rows[at] = self._rows[at][0] + before, self._rows[at][1] + rows.height
        return rows

    def reports(self) -> dict[str, object]:
        """Rows before and after each filter.

        Raises:
            ContractViolationError: a filter left out more rows than it implies, and refuses such a batch.
        """
        told: list[dict[str, object]] = []
        surprises: list[str] = []
        for each, (before, after) in zip(self._filters, self._rows, strict=True):
            surprise = unexpected(each.implied, Volume(before), Volume(after))
            if surprise is not None:
                surprises.append(f"{each.name}: {surprise}")
                if each.implied.refuse:
                    message = f"filter {each.name!r} of {self._dataset!r} did not do what it implies: {surprise}"
                    raise ContractViolationError(message, next_step="Look at the batch, or mend the filter.")
            told.append({"name": each.name, "version": each.hash, "rows_before": before, "rows_after": after})
        version = content_hash([each.hash for each in self._filters])[:16]
        return {"version": version, "filters": told, "unexpected": surprises}


class Drawing:
    """Draws the sample and writes rate and weight beside every row. It keeps count, so it serves one batch only.

    Rows that carry a rate already were drawn before and pass: a sample is not sampled again.
    """

    name = "sampling"

    def __init__(self, sampling: Sampling, event_time: str | None) -> None:
        self._sampling = sampling
        self._event_time = event_time
        self._spread = DrawSpread()
        self._rows_before = 0
        self._rows_after = 0
        self._passed_rows = 0

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of the sample in their order, with `_sampling_rate` and `_sampling_weight`, one over the rate."""
        if RATE in rows.columns:
            self._passed_rows += rows.height
            return rows
        drawn = draw(self._sampling, rows, self._event_time)
        self._spread.add(drawn)
        sample = rows.with_columns(pl.Series(RATE, drawn.rates)).filter(drawn.chosen)
        self._rows_before += rows.height
        self._rows_after += sample.height
        return sample.with_columns((1 / pl.col(RATE)).alias(WEIGHT))

    def reports(self) -> dict[str, object]:
        """Rows before and after, what the rates imply, and the difference in words where there is one."""
        expected, variance = self._spread.expected_rows, self._spread.variance
        surprise = unexpected_draw(expected, variance, self._rows_after)
        before = self._rows_before
        return {
            "version": self._sampling.version,
            "rows_before": before,
            "rows_after": self._rows_after,
            "passed_rows": self._passed_rows,
            "expected_fraction": expected / before if before else None,
            "fraction": self._rows_after / before if before else None,
            "expected_rows": round(expected, 3),
            "standard_deviation_rows": round(variance**0.5, 3),
            "unexpected": [] if surprise is None else [surprise],
        }
