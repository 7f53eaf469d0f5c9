"""Places, hits and gains against a slow and obvious version."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.measures import Queries, first_rows, hits_at, ndcg_at, overlap, places_of_right_answers


@st.composite
def searches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=6))
    rows = sum(lengths)
    # Few distinct values make ties, NaN included.
    scores = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, math.nan]), min_size=rows, max_size=rows))
    labels = draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=rows, max_size=rows))
    return np.repeat(np.arange(len(lengths)), lengths), np.array(scores), np.array(labels)


def slow_places(ids: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for query in range(int(ids.max()) + 1):
        rows = [int(row) for row in np.flatnonzero(ids == query)]
        ordered = sorted(rows, key=lambda row: -math.inf if math.isnan(scores[row]) else scores[row], reverse=True)
        found += [(query, ordered.index(row) + 1) for row in rows if labels[row] > 0]
    return found


@pytest.mark.covers("Q2")
@given(searches())
def test_places_equal_those_of_a_stable_sort(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    ids, scores, labels = data
    right = places_of_right_answers(scores, labels, Queries.of(ids))
    assert list(zip(right.query.tolist(), right.place.tolist(), strict=True)) == slow_places(ids, scores, labels)


@given(searches())
def test_first_rows_are_the_rows_with_the_first_places(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    ids, scores, labels = data
    queries = Queries.of(ids)
    right = places_of_right_answers(scores, labels, queries)
    by_sort = [bool((labels[rows] > 0).any()) for rows in first_rows(scores, queries, 3)]
    assert hits_at(right, queries.count, k=3).tolist() == by_sort


@pytest.mark.covers("Q2")
def test_ndcg_agrees_with_a_hand_calculation() -> None:
    # Two right answers at places 1 and 3 of four: (1 + 1/2) / (1 + 1/log2(3)).
    right = places_of_right_answers(
        np.array([4.0, 3.0, 2.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0]), Queries.of(np.zeros(4, dtype=np.int64))
    )
    assert ndcg_at(right, 1, k=10)[0] == pytest.approx(1.5 / (1 + 1 / math.log2(3)))


def test_overlap_of_answers_of_different_length_counts_the_longer() -> None:
    assert overlap(np.array([1, 2]), np.array([1, 2, 3, 4])) == 0.5
    assert overlap(np.array([], dtype=np.int64), np.array([], dtype=np.int64)) == 1.0


def test_no_rows_are_no_queries() -> None:
    queries = Queries.of(np.empty(0, dtype=np.int64))
    right = places_of_right_answers(np.empty(0), np.empty(0), queries)
    assert (queries.count, right.place.size) == (0, 0)
