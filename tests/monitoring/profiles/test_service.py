"""Profiles as a service: caught up once, read as merges, replaced where rows were."""

import polars as pl
import pytest
from tests.monitoring.profiles.mill import FIRST, Mill, day, measurements, truth

from steek.kernel import Window

pytestmark = pytest.mark.covers("O2")


def test_a_week_is_the_merge_of_its_days_and_a_slice_a_part_of_the_whole(mill: Mill) -> None:
    days = [measurements(number, 2000, seed=number + 1) for number in range(3)]
    for number in range(3):
        mill.grind(number)
    profiles = mill.profiles()
    (caught,) = profiles.catch_up("flour")
    assert (caught.windows, caught.rows, caught.versions) == (3, 6000, (1, 2, 3))
    span = Window(FIRST, day(2).end_at)
    whole, one = profiles.read("flour", span), profiles.read("flour", span, "stone=2")
    assert whole is not None
    assert one is not None
    rows = pl.concat(days)
    told, weight = truth(rows), whole.columns["weight"]
    assert (whole.rows, weight.non_finite, weight.count) == (6000, 6, 5994)
    assert weight.mean == pytest.approx(told["mean"], rel=1e-12)
    assert weight.deviation == pytest.approx(told["std"], rel=1e-12)
    part = truth(rows.filter(pl.col("stone") == 2))
    assert one.rows == part["rows"]
    assert one.columns["weight"].mean == pytest.approx(part["mean"], rel=1e-12)
    assert sum(one.columns["weight"].cells or ()) == one.columns["weight"].count
    assert [profiles.catch_up("flour"), profiles.slices("flour")] == [[], ["stone=1", "stone=2", "stone=3"]]
