"""Profiles as a service: caught up once, read as merges, replaced where rows were."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.monitoring.profiles.mill import FIRST, FLOUR, Mill, day, measurements, truth

from steek.kernel import Window
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.verdict import Verdict
from steek.measures.sketching import Hitters
from steek.monitoring.profiles.computing import profile_frame
from steek.monitoring.profiles.edges import learn
from steek.monitoring.profiles.outside import OutsideSketch
from steek.monitoring.profiles.profile import ColumnSummary, Profile, summaries
from steek.monitoring.profiles.showing import view
from steek.monitoring.profiles.spec import ProfileSpec

pytestmark = pytest.mark.covers("O2")
# The library tells no types.
SKETCHES: Any = import_module("datasketches")


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


def test_late_rows_add_a_part_and_the_day_is_as_if_they_had_come_in_time(mill: Mill) -> None:
    profiles = mill.profiles()
    mill.grind(0)
    profiles.catch_up("flour")
    late = measurements(0, 300, seed=99)
    mill.lake.append("flour", late, key="late")
    assert [caught.rows for caught in profiles.catch_up()] == [300]
    (window,) = profiles.windows("flour")
    assert (window.window, window.rows, window.parts) == (day(0), 2300, 2)
    found = profiles.read("flour", day(0))
    told = truth(pl.concat([measurements(0, 2000, seed=1), late]))
    assert found is not None
    assert found.columns["weight"].mean == pytest.approx(told["mean"], rel=1e-12)
    assert profiles.read("flour", day(5)) is None
    with pytest.raises(NotFoundError, match="profile"):
        profiles.read("flower", day(0))


def test_what_replaces_rows_replaces_their_profiles(mill: Mill) -> None:
    profiles = mill.profiles()
    for number in range(2):
        mill.grind(number)
    profiles.catch_up("flour")
    mended = measurements(1, 500, seed=50, shift=10)
    half = Window(day(1).start_at, day(1).end_at)
    mill.lake.replace_window("flour", mended, column="at", window=half, key="mended")
    mill.lake.replace("recipes", pl.DataFrame({"grain": ["rye"] * 150}), key="one")
    mill.lake.replace("recipes", pl.DataFrame({"grain": ["oats"] * 30}), key="two")
    profiles.catch_up()
    rows = {name: [each.rows for each in profiles.windows(name)] for name in ("flour", "recipes")}
    assert rows == {"flour": [2000, 500], "recipes": [30]}
    found = profiles.read("flour", Window(FIRST, day(1).end_at))
    assert found is not None
    assert found.rows == 2500
    grain = profiles.read("recipes", day(1)) or profiles.read("recipes", day(2))
    assert grain is not None
    assert grain.columns["grain"].hitters == Hitters({"oats": 30}, 0)


@pytest.mark.parametrize("died", ["before the lake", "before the database"])
def test_a_run_that_was_killed_is_done_once_by_the_next(mill: Mill, monkeypatch: pytest.MonkeyPatch, died: str) -> None:
    mill.grind(0)
    mill.grind(1)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    place = "compute" if died == "before the lake" else "rows.finish_run"
    with monkeypatch.context() as patch:
        patch.setattr(f"steek.monitoring.profiles.catching_up.{place}", killed)
        with pytest.raises(KeyboardInterrupt):
            mill.profiles().catch_up("flour")
    # What came meanwhile must not change what the run that was begun is about.
    mill.grind(2)
    caught = mill.profiles().catch_up("flour")
    assert [one.versions for one in caught] == [(1, 2), (3,)]
    assert [each.rows for each in mill.profiles().windows("flour")] == [2000] * 3
    stored = mill.lake.scan("profiles.flour").filter(pl.col("slice") == "", pl.col("column") == "weight")
    assert sorted(stored.collect()["rows"]) == [2000] * 3
    assert [event.kind for event in mill.ledger.events(kinds=["profile.computed"])] == ["profile.computed"] * 2


def test_ten_times_more_slices_overnight_are_bounded_and_told(mill: Mill) -> None:
    mill.subjects.specs["flour"] = replace(FLOUR, most_slices=3)
    profiles = mill.profiles()
    mill.grind(0)
    profiles.catch_up("flour")
    flood = measurements(1, 2000, seed=4).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).mod(40).add(2).alias("stone")
    )
    mill.lake.append("flour", flood, key="flood")
    (caught,) = profiles.catch_up("flour")
    assert caught.note is not None
    assert "40 slices by stone, 3 are allowed" in caught.note
    found = profiles.read_slices("flour", day(1))
    # Known before: 2 and 3. Of the new ones the largest, and all others together.
    assert sum(one.rows for name, one in found.items() if name) == 2000
    assert {"stone=2", "stone=3", "stone=(other)", None} < set(found)
    assert len(found) == 5
    (state,) = [each for each in profiles.states() if each.what == "flour"]
    assert state.note == caught.note


def test_personal_columns_have_only_rows_and_nulls(mill: Mill) -> None:
    mill.grind(0)
    profiles = mill.profiles()
    profiles.catch_up("flour")
    found = profiles.read("flour", day(0))
    assert found is not None
    assert found.columns["miller"] == ColumnSummary("miller", "bare", 2000, 0, 0, 2000)
    kept = mill.lake.scan("profiles.flour").filter(pl.col("column") == "miller").drop("distinct", "quantiles").collect()
    assert "miller 1" not in kept.write_json()
    sketch = OutsideSketch("miller", 5, minimum=1.0)
    with pytest.raises(InputError, match="personal"):
        profiles.merge_in("flour", day(0), [sketch], key="nosy")


def test_sketches_of_spark_merge_in(mill: Mill) -> None:
    mill.grind(0)
    profiles = mill.profiles()
    profiles.catch_up("flour")
    values = np.random.default_rng(8).normal(60, 5, 3000)
    quantiles, distinct = SKETCHES.kll_doubles_sketch(200), SKETCHES.hll_sketch(12)
    quantiles.update(values)
    for value in values:
        distinct.update(value)
    given = OutsideSketch(
        "weight", 3010, nulls=10, distinct=distinct.serialize_compact(), quantiles=quantiles.serialize()
    )
    for _ in range(2):
        profiles.merge_in("flour", day(0), [given], key="spark")
    found = profiles.read("flour", day(0))
    assert found is not None
    weight = found.columns["weight"]
    assert (weight.rows, weight.nulls, weight.count) == (5010, 10, 4998)
    # Its cells and moments are not known of all values, so they are not claimed.
    assert (weight.cells, weight.mean, weight.places) == (None, None, None)
    assert weight.distinct is not None
    assert weight.distinct.lower <= 4998 <= weight.distinct.upper
    own = measurements(0, 2000, seed=1)["weight"].to_numpy()
    both = np.concatenate([values, own[np.isfinite(own)]])
    middle = weight.quantile(0.5)
    assert middle is not None
    assert abs(float(np.mean(both <= middle)) - 0.5) <= (weight.quantile_error or 0)
    for broken in (b"", b"no sketch", quantiles.serialize()[:20]):
        with pytest.raises(InputError, match="cannot be read"):
            profiles.merge_in("flour", day(0), [replace(given, quantiles=broken)], key="broken")
    with pytest.raises(InputError, match="no window"):
        profiles.merge_in("flour", Window(FIRST, day(1).end_at), [given], key="wide")


def test_a_shift_is_told_and_chance_is_not(mill: Mill) -> None:
    profiles = mill.profiles()
    for number in range(3):
        mill.grind(number, shift=8.0 if number == 2 else 0.0)
    mill.grind(3, rows=40)
    profiles.catch_up("flour")
    calm = {one.column: one.verdict for one in profiles.compare("flour", day(0), day(1))}
    assert set(calm.values()) == {Verdict.PASS}
    first, *others = profiles.compare("flour", Window(FIRST, day(1).end_at), day(2))
    assert (first.column, first.verdict, first.basis) == ("weight", Verdict.FAIL, "cells")
    assert first.wasserstein == pytest.approx(8, abs=0.5)
    assert {one.verdict for one in others} == {Verdict.PASS}
    few = {one.column: one.verdict for one in profiles.compare("flour", day(0), day(3))}
    assert few["bags"] is Verdict.UNDECIDED
    with pytest.raises(NotFoundError, match="no profile"):
        profiles.compare("flour", day(0), day(9))


@pytest.mark.covers("O2")
def test_the_largest_floats_are_drawn() -> None:
    frame = pl.DataFrame({"huge": [1e308, -1e308, 5e-324, 0.5] * 75})
    spec = ProfileSpec("huge", "huge")
    edges = learn(frame["huge"], "number", 1)
    assert edges is not None
    table = profile_frame(frame, spec, {"huge": edges}, day(0))
    found = Profile("huge", day(0), None, 300, summaries(table.frame, {("huge", 1): edges}))
    (column,) = view(found).columns
    assert sum(bar.fraction for bar in column.bars) == pytest.approx(1)
