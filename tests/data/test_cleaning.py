"""One ordered list per dataset, applied to each row once; what came is kept, what it does to volumes is compared."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.data import Contract, Dataset, Field, Filter, Ingestion, Lake, Sampling, clean, contract_of
from steek.data.cleaning.actions import Action, cleaning_version
from steek.data.cleaning.cleaning import Cleaning
from steek.data.cleaning.steps import cleaning_steps
from steek.data.ingest.options import IngestOptions, spool_beside
from steek.data.ingest.steps import IntakeSteps
from steek.data.sampling.steps import sampling_steps
from steek.data.validation.rows import validate
from steek.kernel import ReplayClock
from steek.kernel.errors import ContractViolationError, DeclarationError, UserCodeError
from steek.ledger import Database, Ledger
from steek.measures import Implied

STOPS = Contract(
    "stops",
    "1.0.0",
    (
        Field("state", "string", nullable=True),
        Field("temperature", "number", unit="C", nullable=True),
        Field("price", "number", unit="USD", nullable=True, meaning="What was paid"),
        Field("seen_at", "timestamp", nullable=True),
        Field("phone", "string", nullable=True, sensitivity="personal", pseudonym="keyed"),
    ),
    owner="data@grocer",
)
LIST = (
    clean.rename("State ", to="state"),
    clean.trim("state", "phone"),
    clean.replace("state", {"Calif.": "CA"}),
    clean.convert("temperature", from_unit="F", to_unit="C", factor=5 / 9, offset=-160 / 9, places=2),
    clean.parse_numbers("price", remove="$"),
    clean.parse_dates("seen_at", formats=["%m/%d/%Y %H:%M", "%Y-%m-%d"], timezone="America/New_York"),
    clean.quantise("price", boundaries=[1, 10]),
)


def stops(cleaning: Sequence[Action] = LIST) -> Dataset:
    return Dataset("stops", STOPS, owner="data@grocer", cleaning=cleaning)


def cleaning_of(dataset: Dataset) -> Cleaning:
    contract = contract_of(dataset)
    assert contract is not None
    (step,) = cleaning_steps(dataset, contract)
    assert isinstance(step, Cleaning)
    return step


MESSY = pl.DataFrame(
    {
        "State ": [" Calif.", "NY", None],
        "temperature": ["212", "cold", " 32 "],
        "price": ["$ 1,250.50", "0.99", "1"],
        "seen_at": ["07/04/2017 09:30", "2017-12-24", "soon"],
        "phone": [" 555-1", "555-2", None],
    }
)


@pytest.mark.covers("D6")
def test_a_messy_batch_is_cleaned_in_order_and_what_came_is_kept() -> None:
    step = cleaning_of(stops())
    rows = step.apply(MESSY)
    assert rows["state"].to_list() == ["CA", "NY", None]
    assert rows["_raw_state"].to_list() == [" Calif.", None, None]
    assert rows["temperature"].to_list() == ["100", "cold", "0"]
    assert rows["_raw_temperature"].to_list() == ["212", None, " 32 "]
    assert rows["price"].to_list() == ["1250.5", "0.99", "1"]
    assert rows["price_band"].to_list() == ["10 and more", "below 1", "1 to 10"]
    assert rows["seen_at"].to_list()[2] == "soon"
    assert rows["_cleaned_by"].unique().to_list() == [cleaning_version(LIST)]
    assert rows["phone"].to_list() == ["555-1", "555-2", None]
    assert "_raw_phone" not in rows.columns
    contract = contract_of(stops())
    assert contract is not None
    judged = validate(contract, rows.select(contract.names), textual=True)
    assert judged.accepted["seen_at"].to_list() == [datetime(2017, 7, 4, 13, 30, tzinfo=UTC)]
    assert judged.accepted["price_band"].to_list() == ["10 and more"]
    assert judged.reasons == {"temperature: cannot be read as number": 1, "seen_at: cannot be read as timestamp": 1}


@pytest.mark.covers("D6", "D10")
def test_a_report_tells_versions_boundaries_and_volumes_before_and_after() -> None:
    step = cleaning_of(stops())
    step.apply(MESSY)
    step.apply(MESSY)
    told = step.reports()
    assert (told["version"], told["rows_before"], told["rows_after"]) == (cleaning_version(LIST), 6, 6)
    assert told["changed_rows"] == {"state": 2, "phone": 2, "temperature": 4, "price": 2, "seen_at": 4}
    stripped = told["actions"][1]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    assert (stripped["name"], stripped["bytes_before"] - stripped["bytes_after"]) == ("trim state, phone", 4)
    bands = told["boundaries"]["price_band"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    assert (bands["cuts"], bands["labels"]) == ([1.0, 10.0], ["below 1", "1 to 10", "10 and more"])
    assert told["unexpected"] == []


texts = st.one_of(
    st.none(), st.text(max_size=6), st.sampled_from(["Calif.", " NY ", "212", "1,5", "$ 3", "01/02/2017"])
)
frames = st.lists(st.tuples(texts, texts, texts, texts, texts), min_size=1, max_size=12).map(
    lambda rows: pl.DataFrame(rows, schema=dict.fromkeys(STOPS.names, pl.String), orient="row")
)


@pytest.mark.covers("D6")
@settings(deadline=None, max_examples=25)
@given(frames)
def test_cleaning_twice_is_cleaning_once(rows: pl.DataFrame) -> None:
    step = cleaning_of(stops())
    once = step.apply(rows)
    assert step.apply(once).equals(once)
    assert step.reports()["passed_rows"] == rows.height


@pytest.mark.covers("D6")
@settings(deadline=None, max_examples=25)
@given(frames, frames)
def test_cleaned_and_new_rows_in_one_batch_keep_their_places(done: pl.DataFrame, new: pl.DataFrame) -> None:
    step = cleaning_of(stops())
    both = pl.concat([step.apply(done), new], how="diagonal")
    expected = pl.concat([step.apply(done), step.apply(new)])
    assert step.apply(both).select(expected.columns).equals(expected)


UNPROTECTED = tuple(action for action in LIST if "phone" not in action.changes)


@pytest.mark.covers("D6")
@settings(deadline=None, max_examples=25)
@given(frames)
def test_rows_of_another_list_are_cleaned_from_their_raw_values(rows: pl.DataFrame) -> None:
    known = rows.with_columns(pl.all().fill_null(""))
    old = cleaning_of(stops((clean.trim("state"), clean.upper("state"))))
    new = cleaning_of(stops(UNPROTECTED))
    again, first = new.apply(old.apply(known)), new.apply(known)
    assert again.select(sorted(again.columns)).equals(first.select(sorted(first.columns)))


@pytest.mark.covers("D6", "N3")
def test_rows_whose_raw_values_are_never_kept_are_not_cleaned_by_another_list() -> None:
    old, new = cleaning_of(stops((clean.trim("phone"),))), cleaning_of(stops())
    with pytest.raises(ContractViolationError, match="raw values of phone are never kept"):
        new.apply(old.apply(MESSY.rename({"State ": "state"})))
    with pytest.raises(ContractViolationError, match="columns that belong to steek: _raw_state"):
        new.apply(MESSY.with_columns(_raw_state=pl.lit("CA")))


@pytest.mark.covers("D6", "N3")
def test_a_mark_is_believed_only_where_raw_values_bear_it_out() -> None:
    done = cleaning_of(stops()).apply(MESSY)
    forged = {
        "another value": done.with_columns(state=pl.lit("XX")),
        "another raw value": done.with_columns(_raw_state=pl.lit("forged")),
        "raw value of a field that nothing changes": done.with_columns(_raw_price=pl.lit("99")),
        "never cleaned": MESSY.rename({"State ": "state"}).with_columns(_cleaned_by=pl.lit(cleaning_version(LIST))),
    }
    for rows in forged.values():
        with pytest.raises(ContractViolationError, match="marked as cleaned, but"):
            cleaning_of(stops()).apply(rows)
        mixed = pl.concat([rows, MESSY.rename({"State ": "state"})], how="diagonal_relaxed")
        with pytest.raises(ContractViolationError, match="marked as cleaned, but"):
            cleaning_of(stops()).apply(mixed)


@pytest.mark.covers("D6")
def test_boundaries_are_versioned_and_documented_in_the_contract() -> None:
    contract, moved = contract_of(stops()), contract_of(stops((clean.quantise("price", boundaries=[2, 10]),)))
    assert contract is not None
    assert moved is not None
    band, other = contract.field("price_band"), moved.field("price_band")
    assert band is not None
    assert other is not None
    assert band.categories == ("below 1", "1 to 10", "10 and more")
    assert "cut at 1, 10 USD; boundaries version " in band.meaning
    assert band.meaning.split()[-1] != other.meaning.split()[-1]
    assert contract.hash != moved.hash
    assert cleaning_version(LIST) != cleaning_version(LIST[:-1]) != cleaning_version(LIST[::-1])


def _double(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("price") * 2)


def _thrice(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("price") * 3)


def _first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.head(1)


def _prices(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("price")


def _lost(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("lost")


@pytest.mark.covers("D6", "N3")
@pytest.mark.parametrize(
    ("function", "changes", "kind", "told"),
    [
        (_double, "state", ContractViolationError, "it changed 'price', which it does not declare"),
        (_first, "price", ContractViolationError, "1 of 2 rows came out; cleaning keeps every row"),
        (_prices, "price", ContractViolationError, "column 'state' is gone"),
        (_lost, "price", UserCodeError, "cleaning 'odd' raised ColumnNotFoundError"),
    ],
)
def test_code_of_the_project_does_what_it_declares_or_is_refused(
    function: Callable[[pl.DataFrame], pl.DataFrame], changes: str, kind: type[Exception], told: str
) -> None:
    rows = pl.DataFrame({"price": [1.0, 2.0], "state": ["NY", "CA"]})
    step = cleaning_of(stops((clean.custom("odd", function, changes=[changes]),)))
    with pytest.raises(kind, match=told):
        step.apply(rows)


@pytest.mark.covers("D6")
def test_code_of_the_project_is_versioned_by_its_source() -> None:
    rows = pl.DataFrame({"price": [1.0, 2.0], "state": ["NY", "CA"]})
    one, other = (clean.custom("times", each, changes=["price"]) for each in (_double, _thrice))
    assert (cleaning_of(stops((one,))).apply(rows)["price"].sum(), one.hash != other.hash) == (6, True)


@pytest.mark.covers("D6", "D10")
def test_bytes_that_grow_unexpectedly_are_told_or_refused() -> None:
    def padded(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.col("state") + "x" * 40)

    rows = pl.DataFrame({"state": ["NY", "CA"]})
    for refuse in (False, True):
        implied = Implied(high_bytes_fraction=1.0, refuse=refuse)
        step = cleaning_of(stops((clean.custom("pad", padded, changes=["state"], implied=implied),)))
        step.apply(rows)
        if refuse:
            with pytest.raises(ContractViolationError, match="4 bytes became 84; implied: at most 1 times as many"):
                step.reports()
        else:
            assert step.reports()["unexpected"] == ["pad: 4 bytes became 84; implied: at most 1 times as many"]


@pytest.mark.covers("N3")
def test_a_list_that_does_not_fit_its_contract_is_refused() -> None:
    with pytest.raises(DeclarationError, match="cleaning 'trim colour' names colour"):
        stops((clean.trim("colour"),))
    with pytest.raises(DeclarationError, match="must rise: 5, 1"):
        clean.quantise("price", boundaries=[5, 1])
    with pytest.raises(DeclarationError, match="its bands are below 1, 1 and more"):
        stops((clean.quantise("price", boundaries=[1], into="temperature"),))


@pytest.mark.covers("D6")
def test_a_week_of_the_real_store_is_standardised() -> None:
    products = pl.read_parquet(real_year() / "products.parquet").select("product_id", "department", "package_size")
    contract = Contract(
        "products",
        "1.0.0",
        (
            Field("product_id", "integer", key=True),
            Field("department", "string", nullable=True),
            Field("package_size", "string", nullable=True),
        ),
        owner="o",
    )
    cleaning = (clean.blank("package_size"), clean.lower("department"), clean.trim("department"))
    step = cleaning_of(Dataset("products", contract, owner="o", cleaning=cleaning))
    rows = step.apply(products)
    assert rows["department"].to_list() == products["department"].str.to_lowercase().str.strip_chars().to_list()
    assert rows["_raw_department"].drop_nulls().len() == step.reports()["changed_rows"]["department"]  # pyright: ignore[reportIndexIssue]
    restored = rows.select(pl.coalesce("_raw_department", "department"))
    assert restored.to_series().equals(products["department"], check_names=False)


SEEN = Contract("stops", "1.0.0", (Field("state", "string"), Field("seen_at", "timestamp")), owner="o")
SEEN_LIST = (clean.trim("state"), clean.parse_dates("seen_at", formats=["%m/%d/%Y %H:%M"]))
Door = Callable[[Dataset], tuple[Ingestion, Lake]]


@pytest.fixture
def door(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> Door:
    """Ingestion of one dataset as the platform builds it, without keys and checks of the feed."""

    def open_(declared: Dataset) -> tuple[Ingestion, Lake]:
        lake = Lake(tmp_path / "lake", {}, database, ledger, clock)
        options = IngestOptions(
            spool=spool_beside(lake, database, clock),
            steps=lambda dataset, contract: IntakeSteps(
                cleaning_steps(dataset, contract), sampling_steps(dataset, contract)
            ),
        )
        return Ingestion(lake, database, ledger, clock, {"stops": declared}, 10_000_000, options), lake

    return open_


@pytest.mark.covers("D6", "D7", "D10")
def test_a_batch_is_cleaned_filtered_and_sampled_on_its_way_in(door: Door, ledger: Ledger) -> None:
    declared = Dataset(
        "stops",
        SEEN,
        "seen_at",
        owner="o",
        cleaning=SEEN_LIST,
        filters=(Filter("test state", lambda rows: rows["state"] == "ZZ", drops_at_most=0.001),),
        sampling=Sampling(by="seen_at", rate=0.5),
    )
    ingestion, lake = door(declared)
    moments = [f"10/02/2017 {at // 60:02d}:{at % 60:02d}" for at in range(400)]
    came = pl.DataFrame({"state": [" NY", "CA", "ZZ", "TX"] * 100, "seen_at": [*moments[:-1], "soon"]})
    receipt = ingestion.ingest("stops", came.write_csv().encode(), format="csv", key="a", actor="x")
    rows = lake.scan("stops", technical=True).collect()
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (rows.height, 1)
    assert rows["_cleaned_by"].unique().to_list() == [cleaning_version(SEEN_LIST)]
    assert set(rows.select("state", "_raw_state").unique().rows()) == {("NY", " NY"), ("CA", None), ("TX", None)}
    assert (rows["_sampling_rate"] * rows["_sampling_weight"]).unique().to_list() == [1.0]
    assert lake.scan("stops").collect().columns == ["state", "seen_at"]
    steps = receipt.steps
    assert steps["cleaning"]["rows_after"] == 400  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    assert steps["sampling"]["rows_before"] == 299  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    (event,) = ledger.events(kinds=["transformation.unexpected"])
    told = "test state: 299 of 399 rows came out (74.94%); implied: 99.9% to 100%"
    assert (event.payload["transformation"], event.payload["unexpected"]) == ("filters", [told])
    counted = ingestion.volumes("stops", datetime(2017, 10, 2, tzinfo=UTC), datetime(2017, 10, 3, tzinfo=UTC))
    assert counted["rows"].to_list() == [2 * rows.height]
    (held,) = ingestion.quarantine("stops").to_dicts()
    assert held["row"] == '{"state":"TX","seen_at":"soon"}'


def one_stop(state: str) -> bytes:
    return f"state,seen_at\n{state},10/02/2017 09:30\n".encode()


@pytest.mark.covers("D6", "D10", "D11")
def test_another_list_is_a_change_that_is_told_once(door: Door, ledger: Ledger) -> None:
    changed = (clean.upper("state"), *SEEN_LIST)
    for number, actions in enumerate((SEEN_LIST, SEEN_LIST, changed, changed)):
        ingestion, _ = door(Dataset("stops", SEEN, "seen_at", owner="o", cleaning=actions))
        ingestion.ingest("stops", one_stop(f" ny{number}"), format="csv", key=str(number), actor="ada")
    (event,) = ledger.events(kinds=["preparation.changed"])
    before, after = cleaning_version(SEEN_LIST), cleaning_version(changed)
    assert (event.payload["step"], event.payload["before"], event.payload["after"]) == ("cleaning", before, after)


@pytest.mark.covers("D6", "D2")
def test_a_batch_sent_again_is_cleaned_once_and_rows_cleaned_before_pass(door: Door) -> None:
    declared = Dataset("stops", SEEN, "seen_at", owner="o", cleaning=SEEN_LIST)
    ingestion, lake = door(declared)
    first = ingestion.ingest("stops", one_stop(" ny"), format="csv", key="a", actor="ada")
    assert ingestion.ingest("stops", one_stop(" ny"), format="csv", key="a", actor="ada") == first
    cleaned = lake.scan("stops", technical=True).drop("_receipt_id").collect()
    again = ingestion.ingest("stops", cleaned, key="b", actor="ada")
    assert again.steps["cleaning"]["passed_rows"] == 1  # pyright: ignore[reportIndexIssue, reportUnknownVariableType]
    rows = lake.scan("stops", technical=True).drop("_receipt_id").collect()
    assert rows.rows() == cleaned.rows() * 2


@pytest.mark.covers("D6", "N3")
def test_a_lying_client_writes_no_column_of_steek(door: Door) -> None:
    ingestion, lake = door(Dataset("stops", SEEN, "seen_at", owner="o", cleaning=SEEN_LIST))
    rows = pl.DataFrame({"state": ["NY"], "seen_at": ["10/02/2017 09:30"]})
    for name in ("_receipt_id", "_sampling_rate", "_raw_state", "_sealed"):
        with pytest.raises(ContractViolationError, match=f"belong to steek: {name}"):
            ingestion.ingest("stops", rows.with_columns(pl.lit("1").alias(name)), key=name, actor="x")
    assert lake.latest_version("stops") is None


@pytest.mark.covers("D6", "D8")
def test_a_table_that_is_cleaned_and_replaced_tells_news_of_its_fields_only(door: Door, ledger: Ledger) -> None:
    ingestion, _ = door(Dataset("stops", SEEN, owner="o", mode="replace", cleaning=SEEN_LIST))
    for state in ("ny", "ca"):
        ingestion.ingest("stops", one_stop(f" {state}"), format="csv", key=state, actor="ada")
    (event,) = ledger.events(kinds=["dataset.replaced"])
    assert event.payload["unknown_fraction"] == {"state": 1.0, "seen_at": 0.0}


@pytest.mark.covers("D6", "D4")
def test_what_cleaning_reads_fits_fields_of_whole_numbers_and_days() -> None:
    contract = Contract("days", "1", (Field("day", "date"), Field("visits", "integer")), owner="o")
    cleaning = (clean.parse_dates("day", formats=["%m/%d/%Y"]), clean.parse_numbers("visits"))
    step = cleaning_of(Dataset("days", contract, owner="o", cleaning=cleaning))
    rows = step.apply(pl.DataFrame({"day": ["07/04/2017", "7th"], "visits": ["1,250", "1.5"]}))
    judged = validate(contract, rows.select(contract.names), textual=True)
    assert judged.accepted.rows() == [(date(2017, 7, 4), 1250)]
    assert rows["_raw_visits"].to_list() == ["1,250", None]
    assert judged.reasons == {"day: cannot be read as date": 1, "visits: cannot be read as integer": 1}
