"""Profiles add up, survive JSON, are cheap, and hold nothing of persons."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.data import Contract, Field
from steek.data.validation.feed.profiles import MOST_CATEGORIES, from_json, merge, to_json
from steek.data.validation.feed.profiling import profile
from steek.data.validation.feed.sketches import KEPT, merge_sketches, seen_fraction, sketch_rows
from steek.measures.sketching import bin_counts, equal_groups, jensen_shannon, lower_edge, stability_index

ARRIVED = datetime(2017, 10, 3, 6, tzinfo=UTC)
CONTRACT = Contract(
    "t",
    "1",
    (
        Field("n", "integer", nullable=True),
        Field("x", "number", nullable=True),
        Field("kind", "string", nullable=True),
        Field("ok", "boolean", nullable=True),
        Field("shop", "string"),
        Field("name", "string", nullable=True, sensitivity="personal"),
        Field("card", "string", nullable=True, pseudonym="keyed"),
        Field("at", "timestamp"),
    ),
    owner="o",
)
_ROW = st.fixed_dictionaries(
    {
        "n": st.one_of(st.none(), st.integers(-(2**62), 2**62)),
        "x": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        "kind": st.one_of(st.none(), st.sampled_from("abc")),
        "ok": st.one_of(st.none(), st.booleans()),
        "shop": st.sampled_from(["north", "south"]),
        "name": st.one_of(st.none(), st.text(max_size=4)),
        "card": st.one_of(st.none(), st.text(max_size=4)),
        "at": st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    }
)
SCHEMA: dict[str, Any] = {
    "n": pl.Int64,
    "x": pl.Float64,
    "kind": pl.String,
    "ok": pl.Boolean,
    "shop": pl.String,
    "name": pl.String,
    "card": pl.String,
    "at": pl.Datetime("us", "UTC"),
}


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def profiled(rows: pl.DataFrame) -> Any:
    return profile(rows, CONTRACT, "at", ("shop",), ARRIVED)


@pytest.mark.covers("D4")
@settings(max_examples=60, deadline=None)
@given(st.lists(_ROW, max_size=30), st.integers(0, 30))
def test_the_profiles_of_chunks_add_up_to_the_profile_of_the_batch(rows: list[dict[str, object]], cut: int) -> None:
    whole = profiled(frame(rows))
    assert merge(profiled(frame(rows[:cut])), profiled(frame(rows[cut:]))) == whole
    assert from_json(json.loads(json.dumps(to_json(whole)))) == whole
    assert sum(whole.delays.values()) == len(rows)
    assert sum(whole.columns["x"].bins.values()) + whole.columns["x"].nulls == len(rows)


@pytest.mark.covers("D4")
def test_sketches_of_large_chunks_add_up_too() -> None:
    numbers = pl.DataFrame({"a": np.random.default_rng(3).integers(0, 9000, 30_000)})
    chunks = [sketch_rows(numbers[at : at + 7000]) for at in range(0, 30_000, 7000)]
    merged = chunks[0]
    for one in chunks[1:]:
        merged = merge_sketches(merged, one)
    assert merged == sketch_rows(numbers)
    assert len(merged.smallest) == KEPT


@pytest.mark.covers("D4")
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_the_share_of_rows_seen_before_is_estimated(share: float) -> None:
    old, count = pl.DataFrame({"a": range(20_000)}), 5000
    batch = pl.DataFrame({"a": [at if at < share * count else 10**6 + at for at in range(count)]})
    seen = seen_fraction(sketch_rows(batch), sketch_rows(old))
    assert seen is not None
    assert seen[0] == pytest.approx(share, abs=0.15)
    assert seen_fraction(sketch_rows(batch.head(0)), sketch_rows(old)) is None


def test_columns_with_many_values_are_not_counted_by_value() -> None:
    def names(first: int, count: int) -> pl.DataFrame:
        return pl.DataFrame({"name_of": [f"v{first + at}" for at in range(count)]})

    contract = Contract("t", "1", (Field("name_of", "string"),), owner="o")

    def of(rows: pl.DataFrame) -> Any:
        return profile(rows, contract, None, (), ARRIVED)

    few, more = of(names(0, MOST_CATEGORIES)), of(names(100, MOST_CATEGORIES))
    assert len(few.columns["name_of"].categories) == MOST_CATEGORIES
    both = merge(few, more)
    assert both.columns["name_of"].kind == "many"
    assert both.columns == of(pl.concat([names(0, MOST_CATEGORIES), names(100, MOST_CATEGORIES)])).columns
    assert merge(both, few).columns["name_of"].kind == "many"


@pytest.mark.covers("D14")
def test_a_profile_holds_no_value_of_a_protected_field() -> None:
    rows = frame([{"shop": "north", "name": "Ada Lovelace", "card": "4711-0815", "at": ARRIVED, "kind": "a"}] * 3)
    text = json.dumps(to_json(profiled(rows)))
    assert "Ada" not in text
    assert "4711" not in text
    assert '"a": 3' in text
    by_name = profile(rows, CONTRACT, "at", ("name", "shop"), ARRIVED)
    assert list(by_name.slices) == ["shop"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_bins_are_in_the_order_of_the_numbers(values: list[float]) -> None:
    ordered = [next(iter(bin_counts(np.array([value])))) for value in sorted(values)]
    assert ordered == sorted(ordered)
    for value in values:
        edge = abs(lower_edge(next(iter(bin_counts(np.array([value]))))))
        assert edge <= abs(value)
        if abs(value) > 1e-300:
            assert abs(value) <= edge * 1.125 * (1 + 1e-12)


def test_distances_know_equal_and_disjoint() -> None:
    a, b = np.array([[10.0, 20.0, 70.0]]), np.array([[100.0, 200.0, 700.0]])
    assert stability_index(a, b)[0] == pytest.approx(0, abs=0.01)
    assert jensen_shannon(a, b)[0] == pytest.approx(0, abs=1e-6)
    assert jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))[0] == 1
    assert jensen_shannon(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]))[0] == 0
    # By hand: shares (0.5, 0.5) and (0.9, 0.1): 0.4 ln 1.8 - (-0.4) ln 5 = 0.879; half a value takes a little off.
    assert stability_index(np.array([[500.0, 500.0]]), np.array([[900.0, 100.0]]))[0] == pytest.approx(0.879, abs=0.005)
    assert equal_groups(np.array([0, 5, 0, 5])).tolist() == [2, 0, 2, 1]


@pytest.mark.covers("D4")
def test_profiles_of_chunks_that_arrive_at_one_instant_keep_it() -> None:
    one = profiled(frame([{"shop": "north", "at": ARRIVED - timedelta(hours=5)}]))
    assert one.delays == {5: 1}
    assert merge(one, one).arrived_at == ARRIVED
