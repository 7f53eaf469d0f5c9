"""How well candidates are ordered, query by query. Source of the formulas: Järvelin and Kekäläinen 2002 for NDCG."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Queries:
    """Where each query's rows lie: query `i` holds rows `starts[i]` to `starts[i] + lengths[i] - 1`."""

    starts: Whole
    lengths: Whole

    @classmethod
    def of(cls, ids: NDArray[np.integer]) -> "Queries":
        """From one id per row, rows of one query standing together.

        >>> Queries.of(np.array([7, 7, 7, 9])).lengths.tolist()
        [3, 1]
        """
        if ids.size == 0:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        starts = np.concatenate(([0], np.flatnonzero(ids[1:] != ids[:-1]) + 1)).astype(np.int64)
        return cls(starts, np.diff(np.append(starts, ids.size)))

    @property
    def count(self) -> int:
        return self.starts.size

    def of_rows(self) -> Whole:
        """The query number of each row."""
        return np.repeat(np.arange(self.count), self.lengths)

    def sums(self, per_row: Floats) -> Floats:
        """Sum of a per-row array within each query; queries without rows do not exist."""
        return np.add.reduceat(per_row, self.starts) if self.count else np.empty(0)


@dataclass(frozen=True, slots=True)
class RightAnswers:
    """The right answers of all queries: the query each belongs to and the place (from 1) it was given."""

    query: Whole
    place: Whole


def places_of_right_answers(scores: Floats, labels: Floats, queries: Queries) -> RightAnswers:
    """Where the rows with a positive label stand when each query is ordered by falling score.

    Equal scores keep the order of the rows, as a stable sort in serving does. NaN stands last. Only the queries of
    right answers are looked at, each once per right answer, so no row is ever sorted.
    """
    comparable = np.where(np.isnan(scores), -np.inf, scores)
    right = np.flatnonzero(labels > 0)
    query = queries.of_rows()[right]
    lengths = queries.lengths[query]
    owner: Whole = np.repeat(np.arange(right.size), lengths)
    within: Whole = np.arange(owner.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    row = queries.starts[query][owner] + within
    own = comparable[right][owner]
    ahead = (comparable[row] > own) | ((comparable[row] == own) & (row < right[owner]))
    return RightAnswers(query, np.bincount(owner, weights=ahead, minlength=right.size).astype(np.int64) + 1)


def hits_at(right: RightAnswers, query_count: int, k: int) -> NDArray[np.bool_]:
    """Per query, whether any right answer stands among the first `k`; a query without right answers is a miss.

    >>> hits_at(RightAnswers(np.array([0, 0, 1]), np.array([9, 2, 6])), 3, k=5).tolist()
    [True, False, False]
    """
    hits = np.zeros(query_count, dtype=np.bool_)
    hits[right.query[right.place <= k]] = True
    return hits


def ndcg_at(right: RightAnswers, query_count: int, k: int) -> Floats:
    """Per query, discounted gain of the first `k` over the best possible; NaN for a query without right answers.

    >>> ndcg_at(RightAnswers(np.array([0]), np.array([1])), 2, k=10).tolist()
    [1.0, nan]
    """
    seen = right.place <= k
    gain = np.bincount(right.query[seen], weights=1 / np.log2(right.place[seen] + 1), minlength=query_count)
    answers = np.minimum(np.bincount(right.query, minlength=query_count), k)
    best = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(1, k + 1) + 1))))[answers]
    with np.errstate(invalid="ignore"):
        return gain / best


def first_rows(scores: Floats, queries: Queries, k: int) -> list[Whole]:
    """Row numbers of the first `k` of each query, best first; fewer where the query has fewer rows.

    >>> [rows.tolist() for rows in first_rows(np.array([1.0, 3.0, 2.0, 5.0]), Queries.of(np.array([0, 0, 0, 1])), 2)]
    [[1, 2], [3]]
    """
    comparable = np.where(np.isnan(scores), -np.inf, scores)
    order = np.lexsort((-comparable, queries.of_rows()))
    ends = queries.starts + np.minimum(queries.lengths, k)
    return [order[start:end] for start, end in zip(queries.starts, ends, strict=True)]


def overlap(first: Whole, second: Whole) -> float:
    """Share of answers that two lists have in common, of the longer; two empty lists agree fully.

    >>> overlap(np.array([1, 2, 3, 4]), np.array([4, 3, 9, 8]))
    0.5
    """
    longer = max(first.size, second.size)
    return 1.0 if longer == 0 else float(np.intersect1d(first, second).size / longer)
