"""The service: reads comparable windows of a table, keeps the answer, tells it once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.real_year import real_year

from steek.data import Contract, Dataset, Field, Lake
from steek.evaluation import OUTCOMES
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import InputError, NotFoundError
from steek.ledger import Database, Ledger, metadata
from steek.monitoring import (
    Alert,
    Attributed,
    Attributions,
    Monitor,
    Question,
    explicit,
    model_age,
    outcome_hit_rate,
    volume,
)
from steek.monitoring.attribution.comparable import comparable_windows, cut

DAY = Window(datetime(2017, 10, 4, 6, tzinfo=UTC), datetime(2017, 10, 5, 6, tzinfo=UTC))
CONTRACT = Contract(
    "lines",
    "1.0.0",
    (
        Field("store_id", "integer"),
        Field("department", "string"),
        Field("brand", "string", nullable=True),
        Field("household_id", "integer", sensitivity="personal", subject="household"),
        Field("basket_id", "integer"),
        Field("sales_value", "number", unit="USD"),
        Field("sold_at", "timestamp"),
    ),
    owner="data@grocer",
)
BY_STORE = volume("lines", by="store_id")
MONITORS = {
    name: Monitor(name, indicator=spec, threshold=explicit(lower=1), on=on, owner="data@grocer")
    for name, spec, on in (
        ("lines per store", BY_STORE, "lines"),
        ("age", model_age("ranking"), "ranking"),
        ("hits", outcome_hit_rate("ranking"), "ranking"),
    )
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Attributions, Ledger]]:
    """Five Wednesdays of real lines; on the last, store 367 sold nothing private, and half of the web missed."""
    path = tmp_path_factory.mktemp("attributions")
    clock = ReplayClock(path / "clock")
    clock.set(DAY.end_at)
    database = Database.open(f"sqlite:///{path / 'steek.db'}")
    metadata.create_all(database.engine)
    ledger = Ledger(database, clock)
    lake = Lake(path / "lake", {}, database, ledger, clock)
    windows = (DAY, *comparable_windows(DAY))
    wanted = [pl.col("sold_at").is_between(one.start_at, one.end_at, closed="left") for one in windows]
    products = pl.scan_parquet(real_year() / "products.parquet").select("product_id", "department", "brand")
    lines = pl.scan_parquet(real_year() / "transactions.parquet").with_columns(
        sold_at=pl.col("transaction_timestamp").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    )
    rows = lines.filter(pl.any_horizontal(wanted)).join(products, on="product_id", how="left").collect()
    gone = (pl.col("sold_at") >= DAY.start_at) & (pl.col("department") == "GROCERY") & (pl.col("brand") == "Private")
    lake.append("lines", rows.filter(~gone.fill_null(False)).select(CONTRACT.names), key="real")
    moments = [window.start_at + timedelta(minutes=n) for window in windows for n in range(1000)]
    outcomes = pl.DataFrame({"moment": moments, "model": "ranking"}).with_columns(
        pl.int_range(pl.len()).alias("n"), pl.lit(None, pl.String).alias("fallback")
    )
    web = pl.col("n") % 3 > 0
    outcomes = outcomes.with_columns(
        channel=pl.when(web).then(pl.lit("web")).otherwise(pl.lit("app")),
        hit=(pl.col("n") % 7 > 2) & ~(web & (pl.col("n") % 2 == 0) & (pl.col("moment") >= DAY.start_at)),
    )
    lake.append(OUTCOMES, outcomes.drop("n"), key="outcomes")
    datasets = {"lines": Dataset("lines", CONTRACT, "sold_at", owner="data@grocer")}
    yield Attributions(lake, database, ledger, clock, datasets, MONITORS), ledger
    database.close()


def alert_on(monitor: str, slice: str | None = None) -> Alert:
    return Alert(
        id="a1",
        monitor=monitor,
        subject="dataset:lines",
        slice=slice,
        window=DAY,
        value=1.0,
        lower=2.0,
        upper=None,
        onset=DAY,
        state="firing",
        severity="sev3",
        evidence={},
        declare=None,
        opened_at=DAY.end_at,
        last_window_end_at=DAY.end_at,
    )


@pytest.mark.covers("O9", "I12")
def test_an_attribution_is_made_once_for_a_key_and_told(world: tuple[Attributions, Ledger]) -> None:
    attributions, ledger = world
    made = attributions.attribute(Question("lines", "sum:sales_value"), DAY, key="one", actor="ada")
    assert made.result.explained[0].slice == "department=GROCERY, brand=Private"
    assert made.result.dimensions == ("store_id", "department", "brand")
    assert made.left_out["household_id"] == "it is personal or closed"
    assert made.left_out["basket_id"] == "its values hardly come again in another window"
    assert [window.start_at.weekday() for window in made.against] == [DAY.start_at.weekday()] * 4
    again = attributions.attribute(Question("lines", "count"), DAY, key="one", actor="bob")
    assert again == made
    assert attributions.get(made.id) == made
    event = next(one for one in ledger.events(kinds=["change.attributed"]) if one.payload["attribution"] == made.id)
    assert event.subject == "dataset:lines"
    assert event.payload["slices"] == [one.slice for one in made.result.explained]
    assert event.payload["text"] == made.result.sentence
    with pytest.raises(NotFoundError):
        attributions.get("none")


@pytest.mark.covers("O8", "O9")
def test_an_alert_is_attributed_inside_its_slice_and_an_age_is_not(world: tuple[Attributions, Ledger]) -> None:
    attributions, _ = world
    made = attributions.attribute_alert(alert_on("lines per store", "store_id=367"), key="alert")
    assert isinstance(made, Attributed)
    assert made.result.total_after is not None
    assert made.result.total_after > 10
    assert (made.question.where, made.alert, made.monitor) == ({"store_id": "367"}, "a1", "lines per store")
    assert "store_id" not in made.result.dimensions
    assert attributions.attribute_alert(alert_on("age"), key="age") is None
    assert attributions.attribute_alert(alert_on("forgotten"), key="forgotten") is None
    assert [one.alert for one in attributions.list(alert="a1")] == ["a1"]


@pytest.mark.covers("O9", "O4")
def test_a_hit_rate_is_attributed_from_the_log_of_outcomes(world: tuple[Attributions, Ledger]) -> None:
    attributions, _ = world
    made = attributions.attribute_monitor("hits", DAY, key="hits", actor="ada")
    assert made is not None
    assert [(one.slice, one.effect) for one in made.result.explained] == [("channel=web", "rate")]
    assert "%" in made.result.sentence


@pytest.mark.covers("O9")
@pytest.mark.parametrize(
    ("metric", "by", "told"),
    [
        ("sum:price", (), "no column named 'price'"),
        ("median:x", (), "is not a metric"),
        ("count", ("household_id",), "cannot be a dimension: it is personal or closed"),
        ("count", ("sold_at",), "cannot be a dimension"),
    ],
)
def test_what_cannot_be_asked_is_said(
    world: tuple[Attributions, Ledger], metric: str, by: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InputError) as refused:
        world[0].attribute(Question("lines", metric), DAY, by=by, key=metric, actor="ada")
    assert told in refused.value.message


@pytest.mark.covers("O9")
def test_comparable_windows_lie_before_the_onset_and_an_own_stretch_is_cut() -> None:
    earlier = comparable_windows(DAY, before_at=DAY.start_at - timedelta(days=8), count=2)
    assert [(DAY.start_at - window.start_at).days for window in earlier] == [14, 21]
    fortnight = Window(DAY.start_at - timedelta(days=4), DAY.start_at)
    assert [window.end_at for window in cut(fortnight, DAY)][:2] == [DAY.start_at, DAY.start_at - timedelta(days=1)]
    with pytest.raises(InputError, match="overlaps"):
        cut(Window(DAY.start_at, DAY.end_at), DAY)
    with pytest.raises(InputError, match="lasts"):
        cut(Window(DAY.start_at - timedelta(hours=30), DAY.start_at), DAY)
