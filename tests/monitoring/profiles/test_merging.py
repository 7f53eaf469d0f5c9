"""Merging is the same as computing on the union, whatever the parts, windows and slices."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.monitoring.profiles.mill import FIRST, FLOUR, day, measurements

from steek.monitoring.profiles.computing import profile_frame
from steek.monitoring.profiles.edges import ColumnEdges, learn
from steek.monitoring.profiles.merging import merge
from steek.monitoring.profiles.profile import summaries
from steek.monitoring.profiles.table import CELL_COLUMNS, ProfileTable
from steek.monitoring.profiles.work import merge_windows

pytestmark = pytest.mark.covers("O2")
ROWS = pl.concat([measurements(number, 70, seed=number + 1) for number in range(2)])
SPEC = replace(FLOUR, by=("stone", ("stone", "grain")))
EDGES: dict[str, ColumnEdges] = {
    name: found
    for name, kind in (("weight", "number"), ("bags", "number"), ("grain", "category"))
    if (found := learn(ROWS[name], kind, 1)) is not None  # type: ignore[arg-type]
}
SAME = ["slice", "column", "kind", "edges", "rows", "nulls", "non_finite", "count", "minimum", "maximum", *CELL_COLUMNS]


def exact(table: ProfileTable, *keys: str) -> pl.DataFrame:
    return table.frame.select(*keys, *SAME).sort("slice", "column", *keys)


@settings(max_examples=12)
@given(st.lists(st.integers(0, ROWS.height), max_size=4), st.randoms(use_true_random=False))
def test_merging_parts_is_computing_on_the_union(cuts: list[int], chance: Random) -> None:
    ends = [0, *sorted(cuts), ROWS.height]
    shuffled = ROWS.sample(fraction=1, shuffle=True, seed=chance.randint(0, 99))
    pieces = [shuffled.slice(start, end - start) for start, end in pairwise(ends)]
    whole = profile_frame(ROWS, SPEC, EDGES)
    parts = [profile_frame(piece, SPEC, EDGES) for piece in pieces]
    windows = merge_windows(parts)
    assert exact(windows, "window_start").equals(exact(whole, "window_start"))
    once, all_at_once = merge(parts), merge([whole])
    assert exact(once).equals(exact(all_at_once))
    known = {(name, 1): edges for name, edges in EDGES.items()}
    for label in ("", "stone=1", "stone=2, grain=rye"):
        (a, b) = (summaries(table.frame.filter(pl.col("slice") == label), known) for table in (once, all_at_once))
        assert a["weight"].mean == pytest.approx(b["weight"].mean, rel=1e-12)
        assert a["weight"].deviation == pytest.approx(b["weight"].deviation, rel=1e-9)
        assert a["weight"].skewness == pytest.approx(b["weight"].skewness, rel=1e-6, abs=1e-9)
    # As few values as these are kept as they are: nothing is estimated yet.
    (a, b) = (summaries(table.frame.filter(pl.col("slice") == ""), known) for table in (once, all_at_once))
    assert a["weight"].quantiles(0.1, 0.5, 0.9) == b["weight"].quantiles(0.1, 0.5, 0.9)
    assert a["grain"].hitters == b["grain"].hitters
    assert (a["weight"].places, a["weight"].distinct) == (b["weight"].places, b["weight"].distinct)


def test_a_month_of_slices_that_come_and_go_is_merged_by_name() -> None:
    days = [
        profile_frame(measurements(number, 150, seed=number).filter(pl.col("stone") != number % 4), SPEC, EDGES)
        for number in range(6)
    ]
    rows = pl.concat(
        [measurements(number, 150, seed=number).filter(pl.col("stone") != number % 4) for number in range(6)]
    )
    month = replace(SPEC, length=timedelta(days=28))
    found = merge(days)
    assert exact(found).equals(exact(profile_frame(rows, month, EDGES, day(0))))
    assert (found.frame["window_start"].min(), found.frame["window_end"].max()) == (FIRST, day(5).end_at)


def test_what_a_part_lacks_is_not_claimed_for_the_whole() -> None:
    first, second = (profile_frame(measurements(number, 200, seed=number), SPEC, EDGES) for number in (1, 2))
    later = {name: replace(edges, version=2) for name, edges in EDGES.items()}
    other = profile_frame(measurements(2, 200, seed=2), SPEC, later)
    bare = second.frame.with_columns(pl.lit(None, pl.Binary).alias("quantiles"))
    known = {(name, 1): edges for name, edges in EDGES.items()}
    for parts in ([first, other], [other, first]):
        weight = summaries(merge(parts).frame.filter(pl.col("slice") == ""), known)["weight"]
        assert (weight.cells, weight.edges) == (None, None)
        assert weight.quantile(0.5) is not None
    without = summaries(merge([first, bare]).frame.filter(pl.col("slice") == ""), known)["weight"]
    assert without.quantile_sketch is None
    assert without.quantile(0.5) == pytest.approx(50, abs=3)
    assert merge([]).frame.height == 0
