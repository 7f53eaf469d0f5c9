import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.data.conftest import DAY, LINES, PRODUCTS, OpenShop, Shop, lines, products
from tests.real_year import real_year

from steek.data import Contract, Dataset, Field, Ingestion
from steek.kernel.errors import (
    ConflictError,
    ContractViolationError,
    InputError,
    NotFoundError,
    UnreadableError,
)
from steek.ledger import Lineage


def parquet(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_parquet(written)
    return written.getvalue()


def arrow_stream(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_ipc_stream(written)
    return written.getvalue()


def arrow_file(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_ipc(written)
    return written.getvalue()


def csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv().encode()


def ndjson(frame: pl.DataFrame) -> bytes:
    return frame.write_ndjson().encode()


def json(frame: pl.DataFrame) -> bytes:
    return frame.write_json().encode()


@pytest.mark.covers("D1")
@pytest.mark.parametrize(
    ("write", "format"),
    [(parquet, None), (arrow_file, None), (arrow_stream, None), (csv, "csv"), (ndjson, "ndjson"), (json, "json")],
)
def test_every_format_brings_the_same_rows(
    shop: Shop, write: Callable[[pl.DataFrame], bytes], format: str | None
) -> None:
    receipt = shop.ingestion.ingest("lines", write(lines()), format=format, key="a", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows, receipt.table_version) == (10, 0, 1)
    assert shop.lake.scan("lines").sort("sold_at").collect().equals(lines())


@pytest.mark.covers("D1", "D2", "D11")
def test_a_receipt_can_be_followed_and_a_retry_adds_nothing(shop: Shop, lineage: Lineage) -> None:
    first = shop.ingestion.ingest("lines", parquet(lines(0)), key="day 0", actor="till")
    second = shop.ingestion.ingest("lines", parquet(lines(1)), key="day 1", actor="till")
    written = shop.ledger.count()
    assert shop.ingestion.ingest("lines", parquet(lines(0)), key="day 0", actor="till") == first
    assert shop.ledger.count() == written
    assert shop.lake.scan("lines").collect().height == 20
    assert shop.ingestion.receipt(second.id) == second
    assert shop.ingestion.receipts("lines") == [second, first]
    assert shop.ingestion.receipts(newest_first=False, limit=1) == [first]
    rows = shop.lake.scan("lines", technical=True).group_by("_receipt_id").len().collect()
    assert dict(rows.iter_rows()) == {first.id: 10, second.id: 10}
    assert lineage.upstream("dataset:lines@2").distance == {
        "dataset:lines@2": 0, "dataset:lines@1": 1, f"receipt:{second.id}": 1, f"receipt:{first.id}": 2,
    }  # fmt: skip
    assert shop.ledger.verify() == written


@pytest.mark.covers("D2", "N3")
def test_a_key_stands_for_one_payload(shop: Shop) -> None:
    shop.ingestion.ingest("lines", lines(0), key="day 0", actor="till")
    with pytest.raises(ConflictError, match="key 'day 0' of dataset 'lines' was used for another payload"):
        shop.ingestion.ingest("lines", lines(1), key="day 0", actor="till")
    assert shop.lake.scan("lines").collect().height == 10


@pytest.mark.covers("D4")
def test_bad_rows_are_held_back_and_can_be_looked_at(shop: Shop) -> None:
    assert shop.ingestion.quarantine("lines").rows() == []
    batch = lines().with_columns(sales_value=pl.when(pl.col("product_id") < 3).then(-1.0).otherwise("sales_value"))
    receipt = shop.ingestion.ingest("lines", batch, key="a", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (7, 3)
    held = shop.ingestion.quarantine("lines", limit=2)
    assert held.select("reason", "receipt_id", "position").rows() == [
        ("sales_value: below 0", receipt.id, 0),
        ("sales_value: below 0", receipt.id, 1),
    ]
    assert '"sales_value":-1.0' in held["row"][0]
    (event,) = shop.ledger.events(kinds=["batch.committed"])
    assert event.payload["reasons"] == {"sales_value: below 0": 3}


@pytest.mark.covers("D4", "N3")
def test_a_batch_of_nothing_but_bad_rows_is_still_acknowledged(shop: Shop) -> None:
    receipt = shop.ingestion.ingest("lines", lines().with_columns(store_id=0), key="a", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (0, 10)
    assert shop.lake.scan("lines").collect().height == 0


BROKEN = [
    (b"PAR1 not a file PAR1", None, "not readable as parquet"),
    (parquet(lines())[:-30] + b"PAR1", "parquet", "not readable as parquet"),
    (arrow_file(lines())[:200], None, "not readable as arrow"),
    (b"", "csv", r"the csv payload is empty \(0 bytes\)"),
    (b"a,b\n1,2,3\n", "csv", "not readable as csv"),
    (b"a,b\n1,\xff\n", "csv", "not readable as csv"),
    (b'{"store_id": 1}\n{"store_id": \n', "ndjson", "line 2 is not JSON"),
    (b'{"store_id": 1', "json", "not readable as json"),
    (b'{"store_id": 1}', "json", "is one dict, not an array"),
    (b"[1]", "json", "row 1 is a JSON int"),
    (b"[{}]", "json", "objects without fields"),
]


@pytest.mark.covers("N3", "D1")
@pytest.mark.parametrize(("payload", "format", "told"), BROKEN)
def test_a_malformed_file_is_a_clear_error_and_leaves_nothing(
    shop: Shop, payload: bytes, format: str | None, told: str
) -> None:
    for _ in range(2):
        with pytest.raises(UnreadableError, match=told):
            shop.ingestion.ingest("lines", payload, format=format, key="a", actor="till")
    assert shop.lake.latest_version("lines") is None
    assert shop.ingestion.receipts() == []
    (event,) = shop.ledger.events()
    assert (event.kind, event.payload["code"]) == ("batch.refused", "unreadable")


@pytest.mark.covers("N3", "D4")
def test_a_refused_batch_is_an_event_and_its_key_stays_free(shop: Shop) -> None:
    wrong = lines().rename({"sales_value": "sale_value"})
    for _ in range(2):
        with pytest.raises(ContractViolationError, match="does not know: sale_value") as refusal:
            shop.ingestion.ingest("lines", wrong, key="day 0", actor="till")
        assert "Did you mean 'sales_value'?" in refusal.value.next_step
    (event,) = shop.ledger.events(kinds=["batch.refused"])
    assert event.subject == "dataset:lines"
    assert event.payload["unknown_columns"] == ["sale_value"]
    assert shop.ingestion.ingest("lines", lines(), key="day 0", actor="till").accepted_rows == 10


@pytest.mark.covers("D4")
def test_one_odd_value_in_json_costs_one_row(shop: Shop) -> None:
    text = ndjson(lines()).replace(b'"sales_value":2.5', b'"sales_value":true', 1)
    receipt = shop.ingestion.ingest("lines", text, format="ndjson", key="a", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (9, 1)
    assert shop.ingestion.quarantine("lines")["reason"].to_list() == ["sales_value: cannot be read as number"]


@pytest.mark.covers("N3")
def test_what_was_asked_wrongly_is_told(shop: Shop, tmp_path: Path) -> None:
    ingest = shop.ingestion.ingest
    with pytest.raises(NotFoundError, match="no dataset named 'line'"):
        ingest("line", lines(), key="a", actor="till")
    with pytest.raises(InputError, match="'maker_lines' is derived from lines, products"):
        ingest("maker_lines", lines(), key="a", actor="till")
    with pytest.raises(InputError, match="format of the batch is not given; allowed: parquet, arrow"):
        ingest("lines", b"store_id,product_id\n", key="a", actor="till")
    with pytest.raises(InputError, match="format of the batch is 'xml'"):
        ingest("lines", b"<x/>", format="xml", key="a", actor="till")
    with pytest.raises(NotFoundError, match=r"no file at .*absent\.csv"):
        ingest("lines", tmp_path / "absent.csv", key="a", actor="till")
    with pytest.raises(UnreadableError) as mistaken:
        ingest("lines", parquet(lines()), format="arrow", key="a", actor="till")
    assert mistaken.value.next_step == "The bytes look like parquet."
    with pytest.raises(NotFoundError, match="no receipt 'x'"):
        shop.ingestion.receipt("x")


@pytest.mark.covers("N3")
def test_a_batch_that_is_too_large_is_not_read(shop: Shop, tmp_path: Path) -> None:
    small = Ingestion(shop.lake, shop.ledger.database, shop.ledger, shop.clock, shop.datasets, 1000)
    path = tmp_path / "lines.parquet"
    lines(count=200).write_parquet(path)
    for payload in (path, path.read_bytes(), lines(count=200)):
        with pytest.raises(InputError, match="at most 1000 are taken at once"):
            small.ingest("lines", payload, key="a", actor="till")
    assert shop.ingestion.ingest("lines", path, key="a", actor="till").size_bytes == path.stat().st_size


@pytest.mark.covers("D3", "D12")
def test_contracts_are_registered_and_their_changes_told(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.ingestion.ingest("lines", lines(0), key="0", actor="till")
    shop.ingestion.ingest("lines", lines(1), key="1", actor="till")
    (registered,) = shop.ledger.events(kinds=["contract.registered", "contract.changed"])
    assert (registered.kind, registered.subject) == ("contract.registered", "dataset:lines")
    wider = replace(LINES, version="1.1.0", fields=(*LINES.fields, Field("till", "integer", nullable=True)))
    changed = open_shop(lines=Dataset("lines", wider, "sold_at", owner="data@grocer"))
    changed.ingestion.ingest("lines", lines(2).with_columns(till=7), key="2", actor="till")
    (event,) = shop.ledger.events(kinds=["contract.changed"])
    assert event.payload["added"] == ["till"]
    assert event.payload["about"] == {"version": ["1.0.0", "1.1.0"]}
    assert changed.lake.scan("lines").select(pl.col("till").sum(), pl.len()).collect().row(0) == (70, 30)


@pytest.mark.covers("D8", "I6")
def test_a_replaced_table_tells_which_columns_have_unknown_values(shop: Shop) -> None:
    shop.ingestion.ingest("products", products(), key="0", actor="catalogue")
    assert shop.ledger.events(kinds=["dataset.replaced"]) == []
    rekeyed = products(shift=900).with_columns(
        name=pl.when(pl.col("product_id") == 0).then(pl.lit("new")).otherwise("name")
    )
    receipt = shop.ingestion.ingest("products", rekeyed, key="1", actor="catalogue")
    (event,) = shop.ledger.events(kinds=["dataset.replaced"])
    assert event.subject == "dataset:products@2"
    assert event.payload == {
        "previous_version": 1,
        "rows": 10,
        "unknown_fraction": {"product_id": 0.0, "maker_id": 1.0, "name": 0.1},
        "receipt": receipt.id,
    }
    assert shop.lake.scan("products").collect()["maker_id"].min() == 900
    assert shop.lake.scan("products", version=1).collect()["maker_id"].min() == 0


@pytest.mark.covers("D1", "D2")
def test_the_same_table_again_makes_no_new_version(shop: Shop) -> None:
    ingest = shop.ingestion.ingest
    first = ingest("products", products(), key="0", actor="catalogue")
    again = ingest("products", products(), key="1", actor="catalogue")
    assert (first.unchanged, again.unchanged) == (False, True)
    assert (again.table_version, again.accepted_rows) == (1, 10)
    assert ingest("products", products(), key="1", actor="catalogue") == again
    assert len(shop.ledger.events(kinds=["batch.committed"])) == 2
    assert ingest("products", products(shift=1), key="2", actor="catalogue").table_version == 2
    assert ingest("products", products(), key="3", actor="catalogue").table_version == 3


@pytest.mark.covers("D1")
def test_another_contract_makes_the_same_payload_new(open_shop: OpenShop) -> None:
    open_shop().ingestion.ingest("products", products(), key="0", actor="catalogue")
    wider = replace(PRODUCTS, fields=(*PRODUCTS.fields, Field("colour", "string", nullable=True)))
    shop = open_shop(products=Dataset("products", wider, owner="o", mode="replace"))
    receipt = shop.ingestion.ingest("products", products(), key="1", actor="catalogue")
    assert (receipt.unchanged, receipt.accepted_rows, receipt.table_version) == (False, 10, 2)


@pytest.mark.covers("O3")
def test_volumes_count_days_and_slices_and_name_the_absent(shop: Shop) -> None:
    until = DAY + timedelta(days=3)
    assert shop.ingestion.volumes("lines", DAY, until)["rows"].to_list() == [0, 0, 0]
    shop.ingestion.ingest("lines", lines(0), key="0", actor="till")
    shop.ingestion.ingest("lines", lines(2).filter(pl.col("store_id") == 2), key="2", actor="till")
    assert shop.ingestion.volumes("lines", DAY, until).rows() == [
        (DAY, None, 10), (DAY + timedelta(days=1), None, 0), (DAY + timedelta(days=2), None, 5),
    ]  # fmt: skip
    by_store = shop.ingestion.volumes("lines", DAY, until, by="store_id")
    assert by_store.select("slice", "rows").rows() == [("1", 5), ("2", 5), ("1", 0), ("2", 0), ("1", 0), ("2", 5)]
    with pytest.raises(InputError, match="no field named 'store'; there are: channel"):
        shop.ingestion.volumes("lines", DAY, until, by="store")
    shop.ingestion.ingest("products", products(), key="0", actor="catalogue")
    with pytest.raises(InputError, match="'products' has no event time"):
        shop.ingestion.volumes("products", DAY, until)


@pytest.mark.covers("D10")
def test_a_history_may_say_when_it_arrived(shop: Shop) -> None:
    early = DAY - timedelta(days=30)
    receipt = shop.ingestion.ingest("lines", lines(-30), key="0", actor="till", arrived_at=early)
    assert receipt.received_at == early
    assert shop.lake.version_at("lines", early) == 1
    (event,) = shop.ledger.events(kinds=["batch.committed"])
    assert (event.at, event.recorded_at) == (early, DAY)


@pytest.mark.covers("D1", "D3", "D4")
def test_a_day_of_the_real_grocer(open_shop: OpenShop) -> None:
    path = real_year() / "transactions.parquet"
    moment = pl.col("transaction_timestamp")
    day = pl.scan_parquet(path).filter(moment.dt.date() == pl.date(2017, 10, 2)).collect()
    types = {pl.Int64: "integer", pl.Float64: "number", pl.Datetime("ns"): "timestamp"}
    fields = tuple(Field(name, types[dtype]) for name, dtype in day.schema.items())  # pyright: ignore[reportArgumentType]
    fields = tuple(replace(field, minimum=0) if field.name == "quantity" else field for field in fields)
    declared = Dataset("sales", Contract("sales", "1", fields, owner="o"), "transaction_timestamp", owner="o")
    shop = open_shop(sales=declared)
    receipt = shop.ingestion.ingest("sales", day, key="2017-10-02", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (day.height, 0)
    stored = shop.lake.scan("sales").select(pl.col("sales_value").sum(), pl.col("household_id").n_unique()).collect()
    assert stored.row(0) == pytest.approx((day["sales_value"].sum(), day["household_id"].n_unique()))
