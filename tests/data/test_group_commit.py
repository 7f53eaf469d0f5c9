"""Batches that wait are committed together: all at once, each once, and what the disk spoils is kept and told."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection
from tests.data.conftest import OpenShop, Shop, lines, products

from steek.data import Dataset, Field, Ingestion, IngestOptions, Spool
from steek.data.contracts.contract import Contract
from steek.kernel.errors import BusyError, TooLargeError
from steek.ledger import Draft, Event


def spooled(shop: Shop, name: str = "lines") -> list[Path]:
    return sorted((shop.ingestion.spool.folder / name).glob("*.arrow"))


def overwrite(path: Path) -> None:
    path.write_bytes(b"x" * 10)


def die(connection: Connection, *drafts: Draft) -> list[Event]:
    raise KeyboardInterrupt


@pytest.mark.covers("D1", "D2")
def test_batches_that_wait_share_one_commit_in_the_order_of_their_receipts(shop: Shop) -> None:
    sent = [shop.ingestion.ingest("lines", lines(day), key=str(day), actor="till", wait=False) for day in range(3)]
    assert [(receipt.state, receipt.table_version) for receipt in sent] == [("spooled", None)] * 3
    assert shop.lake.latest_version("lines") is None
    assert shop.ingestion.drain().waiting == ()
    done = [shop.ingestion.receipt(receipt.id) for receipt in sent]
    assert [(receipt.state, receipt.table_version) for receipt in done] == [("committed", 1)] * 3
    assert len({receipt.group_id for receipt in done}) == 1
    assert [event.payload["key"] for event in shop.ledger.events(kinds=["batch.committed"])] == ["0", "1", "2"]
    assert shop.lake.scan("lines").collect().height == 30
    assert spooled(shop) == []


@pytest.mark.covers("D17")
def test_a_reader_sees_a_whole_batch_or_none_and_a_pinned_version_stays(shop: Shop) -> None:
    shop.ingestion.ingest("lines", lines(0), key="0", actor="till")
    pinned = shop.lake.scan("lines", version=1)
    large = pl.concat([lines(day, count=20) for day in range(1, 5_001)])
    shop.ingestion.ingest("lines", large, key="1", actor="till", wait=False)
    assert shop.lake.scan("lines").collect().height == 10
    shop.ingestion.drain("lines")
    assert shop.lake.scan("lines").collect().height == 100_010
    assert shop.lake.versions("lines")[0].version == 2
    assert pinned.collect().height == shop.lake.scan("lines", version=1).collect().height == 10


@pytest.mark.covers("D2")
def test_a_replaced_table_is_committed_batch_by_batch(shop: Shop) -> None:
    for number, shift in enumerate((0, 5, 5)):
        shop.ingestion.ingest("products", products(shift=shift), key=str(number), actor="x", wait=False)
    shop.ingestion.drain()
    receipts = shop.ingestion.receipts("products", newest_first=False)
    assert [(receipt.table_version, receipt.unchanged) for receipt in receipts] == [(1, False), (2, False), (2, True)]


@pytest.mark.covers("D2", "N3")
@pytest.mark.parametrize("spoil", [overwrite, Path.unlink], ids=["other bytes", "gone"])
def test_what_the_disk_spoils_is_kept_and_told_and_the_rest_is_saved(
    shop: Shop, spoil: Callable[[Path], object]
) -> None:
    receipts = [shop.ingestion.ingest("lines", lines(day), key=str(day), actor="x", wait=False) for day in range(3)]
    (bad,) = [path for path in spooled(shop) if path.name.startswith(receipts[1].id)]
    spoil(bad)
    shop.ingestion.drain()
    assert [shop.ingestion.receipt(one.id).state for one in receipts] == ["committed", "damaged", "committed"]
    (event,) = shop.ledger.events(kinds=["spool.damaged"])
    assert (event.payload["receipt"], event.payload["files"]) == (receipts[1].id, [bad.name])
    kept = [path.name for path in (shop.ingestion.spool.folder / "damaged").glob("*")]
    assert kept in ([], [bad.name])
    again = shop.ingestion.ingest("lines", lines(1), key="1", actor="x")
    assert (again.id, again.state) == (receipts[1].id, "committed")
    assert shop.lake.scan("lines").collect().height == 30


@pytest.mark.covers("D2", "N3")
def test_a_batch_spoiled_after_its_commit_is_still_committed(shop: Shop) -> None:
    receipt = shop.ingestion.ingest("lines", lines(), key="0", actor="x", wait=False)
    stopped = shop.ledger.append
    shop.ledger.append = die
    with pytest.raises(KeyboardInterrupt):
        shop.ingestion.drain()
    shop.ledger.append = stopped
    spooled(shop)[0].write_bytes(b"")
    shop.ingestion.drain()
    assert shop.ingestion.receipt(receipt.id).state == "committed"
    assert shop.lake.scan("lines").collect().height == 10


@pytest.mark.covers("N3")
def test_a_full_spool_takes_nothing_more_and_loses_nothing(open_shop: OpenShop, tmp_path: Path) -> None:
    shop = open_shop()
    options = IngestOptions(Spool(tmp_path / "small", 3_000, shop.clock))
    small = Ingestion(shop.lake, shop.ledger.database, shop.ledger, shop.clock, shop.datasets, 50_000_000, options)
    small.ingest("lines", lines(0), key="0", actor="x", wait=False)
    with pytest.raises(BusyError, match="has no room"):
        small.ingest("lines", lines(1, count=200), key="1", actor="x", wait=False)
    small.drain()
    assert small.receipts()[0].state == "committed"


@pytest.mark.covers("D1")
def test_a_key_is_unique_across_the_chunks_of_a_batch(open_shop: OpenShop) -> None:
    contract = Contract("wide", "1", (Field("id", "integer", key=True),), owner="o")
    shop = open_shop(wide=Dataset("wide", contract, owner="o"))
    rows = pl.DataFrame({"id": [*range(100_000), 7, 99_999]})
    receipt = shop.ingestion.ingest("wide", rows, key="0", actor="x")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (100_000, 2)
    assert shop.ingestion.receipt(receipt.id).state == "committed"


@pytest.mark.covers("N3")
@pytest.mark.parametrize("write", [pl.DataFrame.write_ipc, pl.DataFrame.write_ipc_stream, pl.DataFrame.write_parquet])
def test_a_small_payload_that_would_grow_beyond_bounds_is_refused(
    open_shop: OpenShop, tmp_path: Path, write: Callable[..., object]
) -> None:
    shop = open_shop()
    options = IngestOptions(shop.ingestion.spool, max_expanded_bytes=1_000_000)
    bound = Ingestion(shop.lake, shop.ledger.database, shop.ledger, shop.clock, shop.datasets, 50_000_000, options)
    path = tmp_path / "bomb"
    zeros = pl.DataFrame({"store_id": pl.repeat(0, 500_000, dtype=pl.Int64, eager=True)})
    write(zeros, path, compression="zstd")
    assert path.stat().st_size < 50_000
    format = "parquet" if write is pl.DataFrame.write_parquet else "arrow"
    with pytest.raises(TooLargeError, match="when decompressed"):
        bound.ingest("lines", path.read_bytes(), format=format, key="0", actor="x")
    assert spooled(shop) == []


@pytest.mark.covers("D1")
@pytest.mark.parametrize("format", ["csv", "ndjson", "json", "arrow", "parquet"])
def test_a_file_that_is_read_piece_by_piece_gives_the_same_rows(shop: Shop, tmp_path: Path, format: str) -> None:
    rows = pl.concat([lines(0, count=20)] * 7_500).with_columns(
        product_id=pl.int_range(150_000), sold_at=pl.col("sold_at").dt.cast_time_unit("us")
    )
    path = tmp_path / f"lines.{format}"
    writers = {"csv": rows.write_csv, "ndjson": rows.write_ndjson, "json": rows.write_json}
    writers |= {"arrow": rows.write_ipc_stream, "parquet": rows.write_parquet}
    writers[format](path)  # pyright: ignore[reportArgumentType]
    assert path.stat().st_size > 0
    receipt = shop.ingestion.ingest("lines", path, key=format, actor="x")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (150_000, 0)
    stored = shop.lake.scan("lines").sort("product_id").collect()
    assert stored.equals(rows.select(stored.columns))
