"""A sample is the same rows wherever it is drawn, says its rate, and gives back the whole within its limits."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.data import Contract, Dataset, Field
from steek.data.sampling.cost import sampling_cost
from steek.data.sampling.filtering import Filter
from steek.data.sampling.sampling import Sampling, draw
from steek.data.sampling.spread import DrawSpread
from steek.data.sampling.steps import RATE, WEIGHT, Drawing, sampling_steps
from steek.kernel.errors import ContractViolationError, DeclarationError
from steek.measures import estimate_total

LINES = Contract(
    "transactions",
    "1.0.0",
    (
        Field("basket_id", "integer"),
        Field("household_id", "integer"),
        Field("store_id", "integer"),
        Field("sales_value", "number", unit="USD"),
        Field("transaction_timestamp", "timestamp"),
    ),
    owner="data@grocer",
)


@pytest.fixture(scope="module")
def month() -> pl.DataFrame:
    """Lines of the real store, of one month."""
    lines = pl.scan_parquet(real_year() / "transactions.parquet").select(LINES.names)
    moment = pl.col("transaction_timestamp").dt.replace_time_zone("UTC").dt.cast_time_unit("us")
    return lines.with_columns(moment).filter(moment.dt.month() == 10).collect()


def drawing(sampling: Sampling) -> Drawing:
    (step,) = sampling_steps(
        Dataset("transactions", LINES, "transaction_timestamp", owner="o", sampling=sampling), LINES
    )
    assert isinstance(step, Drawing)
    return step


@pytest.mark.covers("D7", "D10")
def test_thirty_percent_yields_thirty_percent_and_scales_back(month: pl.DataFrame) -> None:
    step = drawing(Sampling(by="basket_id", rate=0.3))
    sample = step.apply(month)
    assert sample[RATE].unique().to_list() == [0.3]
    assert sample[WEIGHT].unique().to_list() == pytest.approx([1 / 0.3])
    told = step.reports()
    assert (told["rows_before"], told["rows_after"], told["unexpected"]) == (month.height, sample.height, [])
    assert told["fraction"] == pytest.approx(0.3, abs=0.02)
    assert told["standard_deviation_rows"] == pytest.approx(0.005 * month.height, rel=0.5)
    assert (
        sample["basket_id"].n_unique()
        == month.filter(pl.col("basket_id").is_in(sample["basket_id"].unique().implode()))["basket_id"].n_unique()
    )
    units = sample["basket_id"].to_numpy()
    estimate = estimate_total(sample["sales_value"].to_numpy(), sample[RATE].to_numpy(), units)
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < month["sales_value"].sum() < estimate.high


@pytest.mark.covers("D7")
def test_rates_go_by_slice_and_period_and_the_smallest_counts(month: pl.DataFrame) -> None:
    sampling = Sampling(
        by="basket_id",
        rate=0.2,
        slices={"store_id": {367: 0.5, 406: 1.0}},
        periods={"2017-10-05": 0.4},
    )
    sample = drawing(sampling).apply(month)
    fifth = pl.col("transaction_timestamp").dt.day() == 5
    expected = (
        pl.when(fifth)
        .then(0.4)
        .when(pl.col("store_id") == 367)
        .then(0.5)
        .when(pl.col("store_id") == 406)
        .then(1.0)
        .otherwise(0.2)
    )
    assert sample.select((pl.col(RATE) == expected).all()).item()
    whole = month.filter(pl.col("store_id") == 406, ~fifth)
    assert sample.filter(pl.col("store_id") == 406, ~fifth).height == whole.height


rows = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-5, 60)), st.one_of(st.none(), st.sampled_from(["a", "b", ""]))),
    min_size=1,
    max_size=80,
)


@pytest.mark.covers("D7")
@settings(deadline=None, max_examples=50)
@given(rows, st.randoms(use_true_random=False), st.integers(0, 80), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_sample_is_stable_under_order_and_split(
    data: list[tuple[int | None, str | None]], chance: object, cut: int, rate: float
) -> None:
    frame = pl.DataFrame(data, schema={"unit": pl.Int64, "part": pl.String}, orient="row").with_row_index("at")
    sampling = Sampling(by=("unit", "part"), rate=rate)
    chosen = set(frame.filter(draw(sampling, frame, None).chosen)["at"])
    order = list(range(len(data)))
    chance.shuffle(order)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    shuffled = frame[order]
    parts = [shuffled.head(cut), shuffled.tail(-cut) if cut else shuffled]
    again = {at for part in parts for at in part.filter(draw(sampling, part, None).chosen)["at"]}
    assert again == chosen
    larger = set(frame.filter(draw(replace(sampling, rate=0.95), frame, None).chosen)["at"])
    assert chosen <= larger
    units = frame.group_by("unit", "part").agg(pl.col("at").is_in(list(chosen)).mean().alias("share"))
    assert set(units["share"]) <= {0.0, 1.0}


@pytest.mark.covers("D7")
def test_the_sample_is_the_same_in_every_version() -> None:
    frame = pl.DataFrame({"unit": list(range(20))})
    assert np.flatnonzero(draw(Sampling(by="unit", rate=0.3), frame, None).chosen).tolist() == KNOWN


KNOWN = [5, 10, 13, 15, 16, 17]


@pytest.mark.covers("D7")
def test_weighted_totals_are_right_on_average_and_their_intervals_hold() -> None:
    generator = np.random.default_rng(7)
    units = np.repeat(np.arange(400), generator.integers(1, 9, 400))
    values = generator.gamma(2.0, 5.0, units.size)
    frame = pl.DataFrame({"unit": units, "value": values, "part": units % 3})
    truth, covered = float(values.sum()), 0
    totals: list[float] = []
    for salt in range(600):
        sampling = Sampling(by="unit", rate=0.3, slices={"part": {0: 0.6}}, salt=str(salt))
        drawn = draw(sampling, frame, None)
        kept = drawn.chosen
        estimate = estimate_total(values[kept], drawn.rates[kept], units[kept])
        totals.append(estimate.value or 0.0)
        covered += estimate.low is not None and estimate.high is not None and estimate.low < truth < estimate.high
    spread = float(np.std(totals)) / np.sqrt(600)
    assert abs(float(np.mean(totals)) - truth) < 4 * spread
    assert covered / 600 == pytest.approx(0.95, abs=0.03)


@pytest.mark.covers("D7")
def test_two_rates_in_one_unit_have_the_right_variance() -> None:
    units, rates = np.array([1, 1, 1, 2]), np.array([0.2, 0.5, 0.5, 0.4])
    frame = pl.DataFrame({"unit": units, "at": [0, 1, 2, 3]})
    values = np.array([3.0, 1.0, 2.0, 5.0])
    by_row = dict(enumerate([0.2, 0.5, 0.5, 0.4]))
    totals: list[float] = []
    for salt in range(4000):
        drawn = draw(Sampling(by="unit", slices={"at": by_row}, salt=str(salt)), frame, None)
        kept = drawn.chosen
        estimate = estimate_total(values[kept], rates[kept], units[kept])
        totals.append(estimate.value or 0.0)
    assert np.mean(totals) == pytest.approx(values.sum(), rel=0.05)
    spread = DrawSpread()
    spread.add(draw(Sampling(by="unit", slices={"at": by_row}), frame, None))
    counts = [
        int(draw(Sampling(by="unit", slices={"at": by_row}, salt=str(salt)), frame, None).chosen.sum())
        for salt in range(2000)
    ]
    assert spread.variance == pytest.approx(float(np.var(counts)), rel=0.1)


@pytest.mark.covers("D7", "D10")
def test_a_hash_that_draws_too_much_is_told() -> None:
    # One unit holds half of the rows: its draw is one draw, and the report knows it.
    frame = pl.DataFrame({"unit": [0] * 5000 + list(range(1, 5001))})
    for salt in range(20):
        step = drawing_by_unit(salt)
        for part in frame.iter_slices(1000):
            step.apply(part)
        assert step.reports()["unexpected"] == []
    step = Drawing(Sampling(by="unit", rate=0.5), None)
    sample = step.apply(frame.tail(5000))
    step._rows_after += 1000  # pyright: ignore[reportPrivateUsage]
    told = str(step.reports()["unexpected"])
    assert f"{sample.height + 1000} rows came out; the rates imply 2500, give or take 14" in told


def drawing_by_unit(salt: int) -> Drawing:
    return Drawing(Sampling(by="unit", rate=0.3, salt=str(salt)), None)


@pytest.mark.covers("D7")
def test_the_spread_of_very_many_units_is_estimated_in_bounded_memory() -> None:
    spread = DrawSpread()
    for at in range(4):
        frame = pl.DataFrame({"unit": np.repeat(np.arange(at * 100_000, (at + 1) * 100_000), 2)})
        spread.add(draw(Sampling(by="unit", rate=0.5), frame, None))
    assert spread.expected_rows == 400_000
    assert spread.variance == pytest.approx(400_000, rel=0.02)


@pytest.mark.covers("D7")
def test_units_are_drawn_anew_for_each_period() -> None:
    start = pl.datetime(2017, 1, 1, time_zone="UTC", time_unit="us")
    frame = pl.select(at=pl.datetime_ranges(start, start + pl.duration(days=699), "1d").explode()).with_columns(unit=1)
    fixed, renewed = Sampling(by="unit", rate=0.5), Sampling(by="unit", rate=0.5, renewed_every="7d")
    assert set(draw(fixed, frame, "at").chosen) in ({True}, {False})
    weeks = frame.with_columns(week=pl.col("at").dt.epoch("d") // 7, chosen=draw(renewed, frame, "at").chosen)
    shares = weeks.group_by("week").agg(pl.col("chosen").mean())["chosen"]
    assert set(shares) == {0.0, 1.0}
    assert shares.mean() == pytest.approx(0.5, abs=0.2)


@pytest.mark.covers("D7", "D10")
def test_filters_leave_out_what_they_say_and_no_more_than_they_imply(month: pl.DataFrame) -> None:
    unwanted = Filter("store 367", lambda rows: rows["store_id"] == 367, drops_at_most=0.001)
    (step,) = sampling_steps(Dataset("transactions", LINES, owner="o", filters=(unwanted,)), LINES)
    left = step.apply(month)
    gone = month.height - left.height
    assert gone == (month["store_id"] == 367).sum()
    told = step.reports()["unexpected"]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert told == [f"store 367: {left.height} of {month.height} rows came out (97.01%); implied: 99.9% to 100%"]
    strict = replace(unwanted, refuse=True)
    (step,) = sampling_steps(Dataset("transactions", LINES, owner="o", filters=(strict,)), LINES)
    step.apply(month)
    with pytest.raises(ContractViolationError, match="filter 'store 367' of 'transactions' did not do what it implies"):
        step.reports()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pytest.mark.covers("D7")
def test_the_cost_of_a_sample_falls_with_its_rate(month: pl.DataFrame) -> None:
    few, more, all_ = sampling_cost(
        month, Sampling(by="basket_id"), (0.05, 0.3, 1.0), metric="sales_value", group="store_id"
    )
    assert (all_.error_fraction, all_.lost_slices, all_.share_distance, all_.value_distance) == (
        pytest.approx(0),
        0,
        pytest.approx(0),
        0.0,
    )
    assert few.slices == month["store_id"].n_unique()
    assert few.lost_slices > more.lost_slices
    assert few.share_distance is not None
    assert more.share_distance is not None
    assert few.share_distance > more.share_distance > 0
    assert more.error_fraction is not None
    assert more.error_fraction < 0.05
    assert sampling_cost(month.clear(), Sampling(by="basket_id"), (0.1,)) == []
    (counted,) = sampling_cost(month, Sampling(by="basket_id"), (0.3,))
    assert (counted.true_total, counted.slices, counted.value_distance) == (month.height, 0, None)


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("sampling", "told"),
    [
        (lambda: Sampling(by="basket_id", rate=0), "has the rate 0; allowed: above 0, at most 1"),
        (lambda: Sampling(by=()), "names no field to draw by"),
        (lambda: Sampling(by="basket_id", periods={"october": 0.5}), "'october' is no period"),
        (lambda: drawing(Sampling(by="basket")), "names 'basket', which is not in the contract"),
        (lambda: drawing(Sampling(by="sales_value")), "is a number, whose values are not exact"),
        (
            lambda: Dataset("transactions", LINES, owner="o", sampling=Sampling(by="basket_id", renewed_every="1d")),
            "goes by periods, and it has no event time",
        ),
    ],
)
def test_an_impossible_sampling_is_refused(sampling: object, told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        sampling()  # pyright: ignore[reportCallIssue, reportUnknownVariableType]
