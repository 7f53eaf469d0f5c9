"""Which slices explain a change: planted ones are named, chance and drift are not."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.kernel.errors import InputError
from steek.measures.attribution.attribution import attribute
from steek.measures.attribution.explanation import Attribution
from steek.measures.attribution.mix import mixture
from steek.measures.attribution.surprise import ratio_contribution

DIMENSIONS = ("store_id", "department", "brand", "manufacturer_id")


@pytest.fixture(scope="module")
def weeks() -> pl.DataFrame:
    """Five weeks of real lines; week 0 is the one in question, 1 to 4 those before."""
    products = pl.scan_parquet(real_year() / "products.parquet").select("product_id", *DIMENSIONS[1:])
    lines = pl.scan_parquet(real_year() / "transactions.parquet")
    back = (40 - pl.col("week")).alias("back")
    chosen = lines.filter(pl.col("week").is_between(36, 40)).select("store_id", "product_id", "sales_value", back)
    return chosen.join(products, on="product_id", how="left", maintain_order="left").collect()


def counted(lines: pl.DataFrame, after: pl.DataFrame | None = None) -> Attribution:
    before = lines.filter(pl.col("back") > 0).rename({"back": "window"}).with_columns(value=1.0)
    now = lines.filter(pl.col("back") == 0) if after is None else after
    return attribute(before, now.with_columns(value=1.0), DIMENSIONS, unit="lines")


@pytest.mark.covers("O9")
def test_a_quiet_week_is_explained_by_nothing(weeks: pl.DataFrame) -> None:
    found = counted(weeks)
    assert found.explained == ()
    assert found.undecided is not None
    assert found.undecided.startswith("undecided: ")
    assert found.windows == 4


@pytest.mark.covers("O9")
def test_a_week_in_which_everything_falls_alike_blames_no_slice(weeks: pl.DataFrame) -> None:
    now = weeks.filter(pl.col("back") == 0)
    found = counted(weeks, now.sample(fraction=0.6, seed=3))
    assert found.explained == ()
    assert found.undecided is not None
    assert "spread evenly" in found.undecided or "too little" in found.undecided


@pytest.mark.covers("O9", "D4")
@pytest.mark.parametrize(
    ("gone", "slice_"),
    [
        (pl.col("store_id") == 367, "store_id=367"),
        ((pl.col("department") == "GROCERY") & (pl.col("brand") == "Private"), "department=GROCERY, brand=Private"),
    ],
)
def test_what_was_dropped_is_named_first_alone_or_combined(weeks: pl.DataFrame, gone: pl.Expr, slice_: str) -> None:
    now = weeks.filter(pl.col("back") == 0)
    found = counted(weeks, now.filter(~gone))
    first = found.explained[0]
    assert first.slice == slice_
    assert first.after == 0
    assert first.before is not None
    assert first.moved == -first.before
    assert first.surprise is not None
    assert first.surprise > 0
    assert "(-100%)" in found.sentence


@pytest.mark.covers("O9", "X8")
def test_a_wrong_unit_in_one_store_is_named_and_one_wild_row_is_not(weeks: pl.DataFrame) -> None:
    before = weeks.filter(pl.col("back") > 0).rename({"back": "window"})
    now = weeks.filter(pl.col("back") == 0)

    def sales(after: pl.DataFrame) -> Attribution:
        amounts = {"value": pl.col("sales_value"), "squares": pl.col("sales_value") ** 2}
        return attribute(before.with_columns(**amounts), after.with_columns(**amounts), DIMENSIONS, unit="USD")

    scaled = pl.when(pl.col("store_id") == 367).then(pl.col("sales_value") * 100).otherwise("sales_value")
    assert sales(now.with_columns(sales_value=scaled)).explained[0].slice == "store_id=367"
    for place in (17, 1234, 9999):
        wild = pl.when(pl.int_range(pl.len()) == place).then(3000.0).otherwise("sales_value")
        assert sales(now.with_columns(sales_value=wild)).explained == ()


@pytest.mark.covers("O9")
def test_a_ratio_tells_a_changed_rate_from_a_changed_mix() -> None:
    rng = np.random.default_rng(7)

    def outcomes(rate_of_web: float, share_of_app: float, rows: int, windows: int) -> pl.DataFrame:
        app = rng.random(rows) < share_of_app
        region = rng.choice(["north", "south", "west"], rows)
        hit = rng.random(rows) < np.where(app, 0.2, rate_of_web)
        columns = {"channel": np.where(app, "app", "web"), "region": region, "numerator": hit * 1.0}
        return pl.DataFrame({**columns, "denominator": np.ones(rows), "window": np.arange(rows) % windows})

    before = outcomes(0.6, 0.3, 24_000, 4)
    rate = attribute(before, outcomes(0.45, 0.3, 6_000, 1), ("channel", "region"), metric="ratio", unit="fraction")
    assert (rate.explained[0].slice, rate.explained[0].effect) == ("channel=web", "rate")
    mix = attribute(before, outcomes(0.6, 0.55, 6_000, 1), ("channel", "region"), metric="ratio", unit="fraction")
    assert {one.effect for one in mix.explained} == {"mix"}
    assert mix.explained[0].dimensions == ("channel",)
    assert mix.rate is not None
    assert mix.mix is not None
    assert abs(mix.rate) < 0.2 * abs(mix.mix)
    # Simpson: every channel rises, the whole falls.
    up = attribute(before, outcomes(0.66, 0.75, 6_000, 1), ("channel", "region"), metric="ratio", unit="fraction")
    assert "moved the other way" in up.sentence


@pytest.mark.covers("O9")
def test_what_cannot_be_compared_is_said() -> None:
    one = pl.DataFrame({"a": ["x"], "value": [1.0]})
    few = attribute(one, one.with_columns(value=2.0), ["a"])
    assert few.undecided == "undecided: too few rows to tell slices from chance"
    many = pl.DataFrame({"a": ["x", "y", "z"] * 40, "value": 1.0, "window": [1, 2, 3, 4] * 30})
    nothing = attribute(many, many.drop("window").clear(), ["a"])
    assert (nothing.explained, nothing.undecided) == ((), "undecided: nothing came at all, in no slice")
    with pytest.raises(InputError, match="windows to compare with have no rows"):
        attribute(one.clear(), one, ["a"])
    with pytest.raises(InputError, match="has no column b"):
        attribute(one, one, ["b"])
    with pytest.raises(InputError, match="no dimension"):
        attribute(one, one, [])


amounts = st.lists(st.tuples(*[st.floats(0.125, 100)] * 4), min_size=1, max_size=8)


@pytest.mark.covers("O9")
@settings(max_examples=60)
@given(amounts)
def test_rate_and_mix_make_the_whole_change_and_parts_of_one_dimension_sum_to_one(
    slices: list[tuple[float, float, float, float]],
) -> None:
    rows = np.array(slices)
    numerator, denominator = rows[:, :2], rows[:, 2:]
    split = mixture(numerator, denominator)
    before, after = numerator.sum(axis=0) / denominator.sum(axis=0)
    assert split.total_rate + split.total_mix == pytest.approx(after - before, abs=1e-9)
    whole = (*numerator.sum(axis=0).tolist(), *denominator.sum(axis=0).tolist())
    parts = [ratio_contribution((a, b), (c, d), whole) for a, b, c, d in slices]
    known = [part for part in parts if part is not None]
    assert not known or abs(after - before) < 1e-6 or sum(known) == pytest.approx(1.0, rel=1e-6)
