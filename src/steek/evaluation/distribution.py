"""Measuring one distribution: figures of the model, of its rivals on the same rows, slices and calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.evaluation.figures import (
    LEAST_SLICE_ROWS,
    Figure,
    measure,
    metric_names,
    per_query,
    per_slice,
    slice_metric_names,
)
from steek.evaluation.metrics import AREAS
from steek.evaluation.ports import Floats, Sample
from steek.evaluation.store import Results
from steek.evaluation.types import CalibrationRow, Comparison, Evaluation
from steek.kernel.errors import DeclarationError, describe_unknown
from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.measures import Bootstrap, Estimate, Queries, calibration_table, wilson


@dataclass(frozen=True)
class Distribution:
    """Labelled rows to measure on.

    Args:
        name: What it is called in evaluations.
        window: Event time of its rows.
        task: "ranking" or "regression".
        frame: Rows with `_query` and `_label`, the rows of one query together.
        asked: Metrics that the gate needs besides the usual ones.
        slice_columns: Columns to slice by; each holds one value per query.
        unanswerable: Queries that have no row because there were no candidates for them.
    """

    name: str
    window: Window
    task: str
    frame: pl.DataFrame
    asked: Sequence[str] = ()
    slice_columns: Sequence[str] = ()
    unanswerable: int = 0


def measure_distribution(
    distribution: Distribution, trained: str, scores: Floats, others: Mapping[str, Floats]
) -> Results:
    """Measure a model and its rivals; nothing where there are no rows.

    Args:
        distribution: Where.
        trained: URN of the model.
        scores: [rows] its scores; NaN where it has no answer.
        others: What it is compared with ("baseline:…" or a URN): [rows] scores each.

    Raises:
        DeclarationError: a column to slice by does not exist.
    """
    results = Results()
    if distribution.frame.is_empty():
        return results
    answered = ~np.isnan(scores)
    whole = _Part(distribution, trained, np.ones(scores.size, np.bool_) if distribution.task == "ranking" else answered)
    if not answered.all():
        rate = wilson(int(answered.size - answered.sum()), answered.size)
        results.evaluations.append(whole.evaluation("unanswered", rate))
    if distribution.unanswerable:
        asked = whole.queries().count + distribution.unanswerable
        results.evaluations.append(whole.evaluation("without_candidates", wilson(distribution.unanswerable, asked)))
    if not whole.rows.any():
        return results
    sample = whole.sample(scores)
    bootstrap = whole.bootstrap()
    figures = measure(sample, metric_names(distribution.task, sample, distribution.asked), bootstrap)
    results.evaluations.extend(whole.evaluation(figure.metric, figure.estimate()) for figure in figures)
    results.evaluations.extend(_sliced(whole, sample))
    for other, other_scores in others.items():
        part = whole.answered_by(other_scores)
        if part is whole:
            results.comparisons.extend(_compared(part, figures, bootstrap, other, other_scores))
        elif part.rows.any():
            own = measure(part.sample(scores), [figure.metric for figure in figures], part.bootstrap())
            results.comparisons.extend(_compared(part, own, part.bootstrap(), other, other_scores))
    if distribution.task == "regression" or sample.gives_probabilities:
        results.calibration.extend(_calibration(whole, sample))
    return results


@dataclass(frozen=True)
class _Part:
    """The rows of a distribution that count: all of a ranking, the answered ones of a regression."""

    distribution: Distribution
    trained: str
    rows: NDArray[np.bool_]

    def sample(self, scores: Floats) -> Sample:
        labels = self.distribution.frame["_label"].cast(pl.Float64).to_numpy()
        return Sample(labels[self.rows], scores[self.rows], self.queries())

    def answered_by(self, other_scores: Floats) -> "_Part":
        """The part on which another can be compared: itself, or for a regression the rows that both answered."""
        missing = self.rows & np.isnan(other_scores)
        if self.distribution.task == "ranking" or not missing.any():
            return self
        return replace(self, rows=self.rows & ~missing)

    def queries(self) -> Queries:
        if self.distribution.task == "ranking":
            return Queries.of(self.distribution.frame["_query"].to_numpy())
        count = int(self.rows.sum())
        return Queries(np.arange(count), np.ones(count, dtype=np.int64))

    def bootstrap(self) -> Bootstrap:
        return Bootstrap(self.queries().count, self.generator())

    def generator(self) -> np.random.Generator:
        """The same for every model on the same distribution, so that intervals differ by the model alone."""
        identity = content_hash([self.distribution.name, self.distribution.window])
        return np.random.default_rng(int(identity[:16], 16))

    def evaluation(self, metric: str, estimate: Estimate, slice: str | None = None) -> Evaluation:
        return Evaluation(
            trained=self.trained,
            distribution=self.distribution.name,
            window=self.distribution.window,
            slice=slice,
            metric=metric,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            rows=estimate.rows,
        )


def _compared(
    part: _Part, own: Sequence[Figure], bootstrap: Bootstrap, other: str, other_scores: Floats
) -> list[Comparison]:
    """Own figures beside those of another on the same rows and resamples."""
    mine_by_metric = {figure.metric: figure.resampled for figure in own}
    # An area costs a sort of all rows, so of others it is measured only where the gate asks for it.
    names = [name for name in mine_by_metric if name not in AREAS or name in part.distribution.asked]
    found: list[Comparison] = []
    for figure in measure(part.sample(other_scores), names, bootstrap):
        mine = mine_by_metric[figure.metric]
        difference = mine.minus(figure.resampled).estimate()
        found.append(
            Comparison(
                trained=part.trained,
                distribution=part.distribution.name,
                metric=figure.metric,
                other=other,
                value=mine.value,
                other_value=figure.resampled.value,
                difference=difference.value,
                low=difference.low,
                high=difference.high,
                rows=bootstrap.units,
            )
        )
    return found


def _sliced(whole: _Part, sample: Sample) -> list[Evaluation]:
    found: list[Evaluation] = []
    names = slice_metric_names(whole.distribution.task, whole.distribution.asked)
    parts = {name: per_query(sample, name) for name in names}
    for column in whole.distribution.slice_columns:
        labels, codes = _slices(whole, column, sample.queries)
        for name, part in parts.items():
            if part is None:
                continue
            estimates = per_slice(part, codes, len(labels), generator=whole.generator())
            found += [
                whole.evaluation(name, estimate, label)
                for label, estimate in zip(labels, estimates, strict=True)
                if estimate.rows
            ]
    return found


def _slices(whole: _Part, column: str, queries: Queries) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the slices and the slice of each query; slices that are too fine are put together, and say so."""
    frame = whole.distribution.frame
    if column not in frame.columns:
        message, hint = describe_unknown("column of the examples", column, frame.columns)
        raise DeclarationError(f"cannot slice by {column!r}: {message}", next_step=hint)
    values = frame[column].filter(pl.Series(whole.rows)).gather(queries.starts).cast(pl.String).fill_null("(none)")
    names, codes, counts = np.unique(values.to_numpy().astype(str), return_inverse=True, return_counts=True)
    fine = counts < LEAST_SLICE_ROWS
    number = np.where(fine, int((~fine).sum()), np.cumsum(~fine) - 1)
    labels = [f"{column}={name}" for name in names[~fine].tolist()]
    labels.append(f"{column}: {int(fine.sum())} values with fewer than {LEAST_SLICE_ROWS} rows")
    return labels, number[codes].astype(np.int64)


def _calibration(whole: _Part, sample: Sample) -> list[CalibrationRow]:
    return [
        CalibrationRow(
            trained=whole.trained,
            distribution=whole.distribution.name,
            bin=number,
            score_low=row.score_low,
            score_high=row.score_high,
            predicted=row.predicted,
            observed=row.observed.value,
            low=row.observed.low,
            high=row.observed.high,
            rows=row.observed.rows,
        )
        for number, row in enumerate(calibration_table(sample.labels, sample.scores))
    ]
