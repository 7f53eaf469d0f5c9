"""Which anomalies have one cause: the linear walk against the plain definition of every pair."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.monitoring.conftest import FIRST

from steek.kernel import Window
from steek.monitoring.alerting.causes import TRAVEL, Anomaly, first_on, same_cause
from steek.monitoring.alerting.systems import Systems

HOUR = timedelta(hours=1)
NAMES = [f"dataset:d{number}" for number in range(7)]


def hours(start: int, end: int) -> Window:
    return Window(FIRST + start * HOUR, FIRST + end * HOUR)


def below(systems: Systems, name: str) -> set[str]:
    found: set[str] = set()
    frontier = [name]
    while frontier:
        frontier = [low for at in frontier for low in systems.below.get(at, ()) if low not in found]
        found.update(frontier)
    return found


def related(one: Anomaly, other: Anomaly, systems: Systems) -> bool:
    """The definition, in the words of the docstring."""
    overlap = one.onset.start_at < other.onset.end_at and other.onset.start_at < one.onset.end_at
    if one.system == other.system:
        return overlap
    beside = set(systems.above.get(one.system, ())) & set(systems.above.get(other.system, ()))
    if overlap and beside:
        return True
    for upper, lower in ((one, other), (other, one)):
        in_time = lower.onset.start_at < upper.onset.end_at + TRAVEL and upper.onset.start_at < lower.onset.end_at
        if in_time and lower.system in below(systems, upper.system):
            return True
    return False


def by_pairs(anomalies: Sequence[Anomaly], systems: Systems) -> set[frozenset[int]]:
    sets = {index: {index} for index in range(len(anomalies))}
    for one, other in combinations(range(len(anomalies)), 2):
        if related(anomalies[one], anomalies[other], systems) and sets[one] is not sets[other]:
            sets[one] |= sets[other]
            for index in sets[other]:
                sets[index] = sets[one]
    return {frozenset(members) for members in sets.values()}


def found_sets(anomalies: Sequence[Anomaly], known: int, systems: Systems) -> set[frozenset[int]]:
    union = same_cause(anomalies, known, systems)
    sets: dict[int, set[int]] = {}
    for index in range(len(anomalies)):
        sets.setdefault(union.find(index), set()).add(index)
    return {frozenset(members) for members in sets.values()}


# Downwards only: on a circle, what is upstream of itself is told apart in no other way.
EDGES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda edge: edge[0] < edge[1]), max_size=10
).map(lambda edges: Systems.of([(NAMES[one], NAMES[other]) for one, other in edges]))
ANOMALIES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 60), st.integers(1, 30)).map(
        lambda drawn: Anomaly(drawn[0], hours(drawn[1], drawn[1] + drawn[2]))
    ),
    max_size=8,
)


@pytest.mark.covers("O8", "O9")
@given(ANOMALIES, EDGES)
def test_the_walk_finds_what_every_pair_says(anomalies: list[Anomaly], systems: Systems) -> None:
    assert found_sets(anomalies, 0, systems) == by_pairs(anomalies, systems)


@given(ANOMALIES, EDGES, st.integers(0, 8))
def test_one_by_one_comes_to_the_same_as_all_at_once(anomalies: list[Anomaly], systems: Systems, known: int) -> None:
    known = min(known, len(anomalies))
    before = {index: members for members in found_sets(anomalies[:known], 0, systems) for index in members}
    after = found_sets(anomalies, known, systems)
    joined = {index: shared for shared in map(set, after) for index in shared}
    for index, members in before.items():
        for other in members:
            if joined[index] is not joined[other]:
                joined[index] |= joined[other]
                for one in joined[other]:
                    joined[one] = joined[index]
    assert {frozenset(members) for members in joined.values()} == by_pairs(anomalies, systems)


def test_what_is_downstream_a_day_later_still_has_the_cause_and_what_is_upstream_then_has_not() -> None:
    systems = Systems.of([("dataset:d0@1", "trained:rank@3")])
    lines, model = Anomaly("dataset:d0", hours(0, 24)), Anomaly("model:rank", hours(24, 48))
    assert len(found_sets([lines, model], 0, systems)) == 1
    late = Anomaly("dataset:d0", hours(48, 72))
    assert len(found_sets([model, late], 0, systems)) == 2
    assert len(found_sets([lines, late], 0, systems)) == 2


@pytest.mark.covers("O9")
def test_the_first_mover_is_the_earliest_and_among_those_that_may_be_the_one_upstream() -> None:
    systems = Systems.of([("dataset:a", "dataset:b"), ("dataset:b", "model:m"), ("dataset:c", "model:m")])
    assert first_on(systems, {"model:m": hours(0, 5), "dataset:b": hours(4, 6), "dataset:c": hours(5, 6)}) == (
        "dataset:b",
    )
    assert first_on(systems, {"dataset:b": hours(0, 5), "dataset:c": hours(1, 6)}) == ("dataset:b", "dataset:c")
    assert first_on(systems, {"dataset:a": hours(9, 10), "model:m": hours(0, 1)}) == ("model:m",)


@pytest.mark.covers("O8", "N3")
def test_ten_thousand_anomalies_on_ten_thousand_systems_cost_one_walk() -> None:
    random = np.random.default_rng(7)
    names = [f"dataset:n{number}" for number in range(10_000)]
    edges = [(names[int(random.integers(max(0, at - 50), at))], names[at]) for at in range(1, 10_000) for _ in range(2)]
    systems = Systems.of(edges)
    anomalies = [Anomaly(name, hours(at % 2, at % 2 + 24)) for at, name in enumerate(names)]
    began = time.process_time()
    sets = found_sets(anomalies, 0, systems)
    assert time.process_time() - began < 3
    assert len(sets) < 10
