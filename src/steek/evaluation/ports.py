"""The seam of metrics."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steek.measures import Queries, RightAnswers, places_of_right_answers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Rows of one distribution with the scores of one model, rows of one query together.

    Args:
        labels: [rows] what was right: 0 or 1 for a ranking, a number for a regression; finite.
        scores: [rows] what was predicted; NaN where there was no answer.
        queries: Which rows belong together; for a regression each row is a query of its own.
    """

    labels: Floats
    scores: Floats
    queries: Queries

    @cached_property
    def right(self) -> RightAnswers:
        return places_of_right_answers(self.scores, self.labels, self.queries)

    @cached_property
    def gives_probabilities(self) -> bool:
        """Whether all scores are in 0..1 and all labels are 0 or 1."""
        inside = bool(((self.scores >= 0) & (self.scores <= 1)).all())
        return inside and bool(np.isin(self.labels, (0.0, 1.0)).all())


@dataclass(frozen=True, slots=True)
class PerQuery:
    """A metric before it is added up: its value is sum of `numerators` over sum of `denominators`.

    Both are [queries]. `is_share` says that numerators and denominators are 0 or 1, so that Wilson's interval holds.
    """

    numerators: Floats
    denominators: Floats
    is_share: bool = False


class Metric(Protocol):
    """A figure that is a ratio of two sums over queries; stateless, safe to share between threads.

    `name` is what declarations call it. `direction` is 1 when higher is better, -1 when lower is, 0 when neither.
    `per_query` never alters its sample, gives arrays of [queries], and returns None when the metric means nothing for
    it (a log loss of scores that are no probabilities). A query that should not count has 0 in both arrays. Registered
    under entry points `steek.metric`.
    """

    @property
    def name(self) -> str: ...

    @property
    def direction(self) -> int: ...

    def per_query(self, sample: Sample) -> PerQuery | None: ...
