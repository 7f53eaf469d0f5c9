"""From scores to answers, and whether the scores can be believed."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from steek.serving.queries import Query
from steek.serving.types import RouteName

# With fewer candidates equal scores are common and harmless: nothing is known of any of them.
_MIN_FOR_VARIANCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one query was answered with; see `PredictionRecord` for the fields of the same name.

    `asked_version` and `asked_route` are those the split chose, also when a fallback answered in the end.
    """

    query: Query
    asked_version: int | None
    asked_route: RouteName
    version: int | None
    route: RouteName
    fallback: str | None = None
    fallback_reason: str | None = None
    candidates: int = 0
    answers: list[int | str]
    scores: list[float]
    features: list[float | None]
    feature_as_of: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether the asked version could not answer; a query without candidates is nobody's failure."""
        return failed(self.fallback, self.fallback_reason)


NO_CANDIDATES = "no_candidates"


def failed(fallback: str | None, reason: str | None) -> bool:
    """Whether an answer with this fallback, for this reason, is a failure of the version that was asked.

    >>> failed("previous_version@16", "deadline: no answer within 50 ms"), failed("empty", "no_candidates: ")
    (True, False)
    """
    return fallback is not None and not (reason or "").startswith(NO_CANDIDATES)


def implausible(scores: NDArray[np.float64]) -> str | None:
    """Why scores of one answer cannot be believed; None when they can.

    Not finite, or no variance over at least five candidates.

    >>> implausible(np.zeros(8))
    'all 8 scores are 0'
    """
    if not np.isfinite(scores).all():
        return f"{int((~np.isfinite(scores)).sum())} of {len(scores)} scores are not finite"
    if len(scores) >= _MIN_FOR_VARIANCE and scores.max() == scores.min():
        return f"all {len(scores)} scores are {scores[0]:g}"
    return None


def best(scores: NDArray[np.float64], top: int) -> NDArray[np.intp]:
    """Positions of the `top` highest scores, best first; equal scores keep the candidates' order.

    >>> best(np.array([0.1, 0.9, 0.9]), 2).tolist()
    [1, 2]
    """
    return np.argsort(-scores, kind="stable")[:top]
