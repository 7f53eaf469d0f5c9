"""Summaries add up: what parts say together is what the whole says."""

from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.kernel.verdict import Verdict
from steek.measures.sketching import (
    Moments,
    cell_counts,
    cell_indices,
    distinct_count,
    distinct_of_numbers,
    distinct_of_texts,
    judge_shift,
    learn_edges,
    merge_distinct,
    merge_hitters,
    merge_moments,
    merge_quantiles,
    moments_of,
    most_frequent,
    quantile_sketch,
    rank_error,
    sketch_quantiles,
    stability_index,
)

pytestmark = pytest.mark.covers("O2")
# The library tells no types.
SKETCHES: Any = import_module("datasketches")
NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=60)
TEXTS = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 50), max_size=10)


def stacked(*parts: Moments) -> Moments:
    return Moments(*(np.concatenate([getattr(one, name) for one in parts]) for name in Moments.__slots__))


@settings(max_examples=60)
@given(NUMBERS, NUMBERS, st.sampled_from([0.0, 1e9]))
def test_moments_of_parts_are_those_of_the_whole(a: list[float], b: list[float], far: float) -> None:
    one, other = np.array(a) + far, np.array(b) + far
    merged = merge_moments(stacked(moments_of(one), moments_of(other)), np.zeros(2, np.int64), 1)
    values = [Fraction(value) for value in np.concatenate([one, other]).tolist()]
    mean = sum(values) / len(values)
    m2 = float(sum((value - mean) ** 2 for value in values))
    assert merged.count[0] == len(values)
    assert merged.mean[0] == pytest.approx(float(mean), rel=1e-12, abs=1e-9)
    # Far from zero the digits of the numbers themselves are few: an error of one part in 10**16 of each.
    assert merged.m2[0] == pytest.approx(m2, rel=1e-9, abs=1e-6 * (1 + far * 1e-3))


def test_a_sum_of_squares_would_lose_what_moments_keep() -> None:
    values = np.random.default_rng(1).normal(1e9, 1, 10_000)
    halves = merge_moments(stacked(moments_of(values[:100]), moments_of(values[100:])), np.zeros(2, np.int64), 1)
    assert halves.variance()[0] == pytest.approx(values.var(ddof=1), rel=1e-9)
    assert halves.skewness()[0] == pytest.approx(((values - values.mean()) ** 3).mean() / values.std() ** 3, rel=1e-6)
    assert halves.kurtosis()[0] == pytest.approx(
        ((values - values.mean()) ** 4).mean() / values.std() ** 4 - 3, rel=1e-6
    )


@settings(max_examples=60)
@given(NUMBERS, NUMBERS)
def test_cells_of_parts_add_up_and_outsiders_are_told_apart(a: list[float], b: list[float]) -> None:
    edges = learn_edges(np.array(a), 16)
    assert list(edges) == sorted(set(edges))
    assert len(edges) <= 15
    own, both = cell_counts(np.array(a), edges), cell_counts(np.array(a + b), edges)
    assert (own[0], own[-1]) == (0, 0)
    assert (own + cell_counts(np.array(b), edges)).tolist() == both.tolist()
    assert np.bincount(cell_indices(np.array(a + b), edges), minlength=len(edges) + 1).tolist() == both.tolist()


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(1, 4))
def test_frequent_values_are_within_their_error(parts: list[dict[str, int]], keep: int) -> None:
    merged = merge_hitters([most_frequent(part, keep) for part in parts], keep)
    for value in "abcdefghij":
        true = sum(part.get(value, 0) for part in parts)
        counted = merged.counts.get(value, 0)
        assert counted <= true <= counted + merged.error
    assert len(merged.counts) <= keep


@pytest.mark.parametrize("count", [0, 5, 700, 4000, 30_000])
@pytest.mark.parametrize("whole", [True, False])
def test_distinct_sketches_are_those_of_the_library(count: int, whole: bool) -> None:
    numbers: Any = (
        np.random.default_rng(count).integers(0, 10**9, count) if whole else np.random.default_rng(7).random(count)
    )
    theirs = SKETCHES.hll_sketch(12, SKETCHES.tgt_hll_type.HLL_8)
    for value in numbers.tolist():
        theirs.update(value)
    written = bytes(theirs.serialize_compact())
    ours = distinct_of_numbers(np.concatenate([numbers, numbers]))
    # After a union neither knows the order in which values came: the one brings nothing that the other has not.
    told = [distinct_count(merge_distinct(pair)) for pair in ([ours, ours], [written, ours], [written, written])]
    assert told[0] == told[1] == told[2]
    found = distinct_count(ours)
    assert found.lower <= len(set(numbers.tolist())) * 1.02
    assert found.upper >= len(set(numbers.tolist())) * 0.98


def test_sketches_of_parts_are_within_their_error_of_the_whole() -> None:
    chance = np.random.default_rng(3)
    values = chance.lognormal(0, 1, 40_000)
    parts = np.array_split(values, 13)
    merged = merge_quantiles([quantile_sketch(part) for part in parts])
    fractions = (0.01, 0.25, 0.5, 0.9, 0.99)
    found = sketch_quantiles(merged, fractions)
    assert found is not None
    ranks = np.searchsorted(np.sort(values), found) / len(values)
    assert np.abs(ranks - fractions).max() <= rank_error(merged) < 0.02
    assert sketch_quantiles(merge_quantiles([]), fractions) is None
    distinct = distinct_count(merge_distinct([distinct_of_numbers(part) for part in parts]))
    assert distinct.lower <= 40_000 <= distinct.upper
    texts = merge_distinct([distinct_of_texts(f"{one}" for one in range(at, at + 50)) for at in (0, 25)])
    assert distinct_count(texts).value == pytest.approx(75, abs=1)


def test_a_verdict_does_not_depend_on_how_many_rows_there_are() -> None:
    chance = np.random.default_rng(5)

    def verdicts(rows: int, shares: list[float]) -> set[Verdict]:
        found: set[Verdict] = set()
        for _ in range(40):
            counts = np.array([chance.multinomial(rows, [0.1] * 10), chance.multinomial(rows, shares)], dtype=float)
            raw = float(stability_index(counts[:1], counts[1:])[0])
            found.add(judge_shift(raw, before=rows, after=rows, groups=10).verdict)
        return found

    same, other = [0.1] * 10, [0.01] * 5 + [0.19] * 5
    assert verdicts(30, same) <= {Verdict.UNDECIDED}
    assert [verdicts(rows, same) for rows in (2000, 1_000_000)] == [{Verdict.PASS}] * 2
    assert [verdicts(rows, other) for rows in (500, 1_000_000)] == [{Verdict.FAIL}] * 2
    assert judge_shift(0.0, before=0, after=9, groups=10).verdict is Verdict.UNDECIDED
