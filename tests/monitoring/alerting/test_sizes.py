"""How far a value is off, with intervals that hold what they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel.verdict import Verdict
from steek.measures.intervals import poisson
from steek.monitoring.alerting.flapping import flapping_of
from steek.monitoring.alerting.size import size_of
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.usual import Usual

FAIL, PASS, UNDECIDED = Verdict.FAIL, Verdict.PASS, Verdict.UNDECIDED


def usual(expected: float, *, kind: Kind = Kind.COUNT, known: int = 28, spread: float = 0.5) -> Usual:
    centre = math.sqrt(expected) if kind.scale == "sqrt" else expected
    return Usual(known, expected, centre, known, spread)


@pytest.mark.covers("O8")
def test_sizes_are_told_as_people_compare() -> None:
    count = size_of(0.0, Kind.COUNT, rows=0, usual=usual(20.0))
    assert count is not None
    assert (count.value, count.text) == (-1.0, "100% below what is usual (81% to 100%)")
    share = size_of(0.05, Kind.SHARE, rows=400, usual=usual(0.4, kind=Kind.SHARE, spread=0.02))
    assert share is not None
    assert share.text == "35 points below what is usual (32.2 to 37 points)"
    more = size_of(900.0, Kind.COUNT, rows=900, usual=usual(300.0))
    assert more is not None
    assert more.text.startswith("3 times what is usual (2.")
    hours = size_of(51.0, Kind.HOURS, rows=1, bounds=(None, 48.0))
    assert hours is not None
    assert (hours.against, hours.text) == ("bound", "3 h above its bound")
    assert size_of(None, Kind.COUNT, rows=0, usual=usual(20.0)) is None
    assert size_of(5.0, Kind.COUNT, rows=5, bounds=(None, None)) is None


@given(
    st.sampled_from(list(Kind)),
    st.floats(0, 1e6),
    st.floats(0.001, 1e6),
    st.integers(1, 10_000),
    st.integers(1, 60),
    st.floats(0, 20),
)
def test_the_change_lies_in_its_interval(
    kind: Kind, value: float, expected: float, rows: int, known: int, spread: float
) -> None:
    if kind is Kind.SHARE:
        value, expected = value % 1.0, expected % 1.0
    size = size_of(value, kind, rows=rows, usual=usual(expected, kind=kind, known=known, spread=spread))
    assert size is not None
    slack = 0.51 / expected if kind is Kind.COUNT else (0.51 / rows if kind is Kind.SHARE else 1e-9)
    assert size.low is None or size.low <= size.value + slack + 1e-9 * abs(size.value)
    assert size.high is None or size.high >= size.value - slack - 1e-9 * abs(size.value)
    assert size.text


@pytest.mark.covers("O8")
def test_the_interval_of_a_fall_holds_the_true_fall_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        past = np.sqrt(random.poisson(60, size=28))
        learned = Usual(28, float(np.median(past) ** 2), float(np.median(past)), 28, 0.5)
        now = float(random.poisson(12))
        size = size_of(now, Kind.COUNT, rows=int(now), usual=learned)
        assert size is not None
        assert size.low is not None
        assert size.high is not None
        held += size.low <= -0.8 <= size.high
    assert 0.93 < held / 2000 < 0.99


def test_poisson_intervals_are_those_of_the_exact_table() -> None:
    # Garwood 1936, as tabulated by Ulm 1990.
    for count, low, high in ((1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.39), (100, 81.364, 121.627)):
        found = poisson(count)
        assert found.low == pytest.approx(low, rel=0.02, abs=0.02)
        assert found.high == pytest.approx(high, rel=0.01)


@pytest.mark.covers("O8")
def test_a_series_flaps_when_it_leaves_its_bounds_twice_and_is_calm_after_three_windows() -> None:
    assert not flapping_of([PASS, FAIL, FAIL, FAIL]).is_flapping
    back = flapping_of([FAIL, PASS, UNDECIDED, FAIL])
    assert (back.turns, back.windows, back.is_flapping) == (2, 3, True)
    assert not flapping_of([FAIL, *[PASS] * 9, FAIL]).is_flapping
    assert not flapping_of([FAIL, PASS, FAIL, PASS, PASS]).is_over
    assert flapping_of([FAIL, PASS, FAIL, PASS, UNDECIDED, PASS, PASS]).is_over
