"""Held batches on the whole way: spool, a person's word, lake or quarantine."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.data.conftest import LINES, Shop, lines

from steek.data import Dataset, FeedChecking, Ingestion, IngestOptions, Quarantine, RejectedRows, Selection, Spool
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger


class Watched:
    """The shop with checks of its feed."""

    def __init__(self, shop: Shop, folder: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> None:
        spool = Spool(folder / "spool", 1_000_000_000, clock)
        watching = FeedChecking(database, ledger, clock, shop.datasets)
        options = IngestOptions(spool, feed=watching.watch)
        self.lake, self.ledger = shop.lake, ledger
        self.ingestion = Ingestion(shop.lake, database, ledger, clock, shop.datasets, 50_000_000, options)
        keep = RejectedRows(shop.lake, database, spool, shop.datasets)
        self.feed = FeedChecking(database, ledger, clock, shop.datasets, keep)
        self.quarantine = Quarantine(shop.lake, self.ingestion, database, ledger, clock, shop.datasets)


@pytest.fixture
def watched(shop: Shop, tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> Watched:
    return Watched(shop, tmp_path, database, ledger, clock)


def mixed() -> pl.DataFrame:
    """Ten lines, one of them below zero."""
    return lines().with_columns(sales_value=pl.Series([-1.0, *[1.5] * 9]))


@pytest.mark.covers("D4", "D2")
def test_a_duplicate_waits_in_the_spool_and_a_release_brings_it_in(watched: Watched) -> None:
    watched.ingestion.ingest("lines", mixed(), key="a", actor="till")
    held = watched.ingestion.ingest("lines", mixed(), key="b", actor="till")
    assert (held.state, held.table_version, held.accepted_rows) == ("held", None, 9)
    assert held.steps["feed"] == {"verdict": "hold", "unusual": ["duplicate_batch"]} or "duplicate_batch" in str(
        held.steps
    )
    assert watched.lake.scan("lines").collect().height == 9
    watched.ingestion.drain()
    assert [batch.receipt_id for batch in watched.feed.held()] == [held.id]
    watched.feed.release(held.id, actor="ada", reason="two tills", key="r")
    watched.ingestion.drain("lines")
    assert watched.ingestion.receipt(held.id).state == "committed"
    assert watched.lake.scan("lines").collect().height == 18
    assert watched.feed.held() == []
    kinds = [event.kind for event in watched.ledger.events() if event.payload.get("receipt") == held.id]
    assert kinds == ["batch.held", "batch.released", "batch.committed"]


@pytest.mark.covers("D4", "D2")
def test_a_rejected_batch_lies_in_quarantine_row_by_row(watched: Watched) -> None:
    watched.ingestion.ingest("lines", mixed(), key="a", actor="till")
    held = watched.ingestion.ingest("lines", mixed(), key="b", actor="till")
    for _ in range(2):
        watched.feed.reject(held.id, actor="ada", reason="sent twice", key="no")
    watched.ingestion.drain("lines")
    assert watched.ingestion.receipt(held.id).state == "rejected"
    assert watched.lake.scan("lines").collect().height == 9
    kept = watched.quarantine.rows("lines", Selection(receipt_id=held.id))
    assert len(kept) == 10
    assert {row.reason for row in kept} == {
        "batch rejected: sent twice",
        "batch rejected: sent twice; sales_value: below 0",
    }
    assert sorted(row.row["sales_value"] for row in kept) == [-1.0, *[1.5] * 9]
    # Nobody brings them back by the way; who names the batch does.
    assert watched.quarantine.replay("lines", Selection(), actor="ada", key="all").row_count == 0
    back = watched.quarantine.replay("lines", Selection(receipt_id=held.id), actor="ada", key="after all")
    assert (back.row_count, back.left_count) == (9, 1)


@pytest.mark.covers("D4")
def test_the_same_payload_under_its_key_stays_held_and_is_not_taken_twice(watched: Watched) -> None:
    watched.ingestion.ingest("lines", lines(), key="a", actor="till")
    held = watched.ingestion.ingest("lines", lines(), key="b", actor="till")
    events = watched.ledger.count()
    assert watched.ingestion.ingest("lines", lines(), key="b", actor="till") == held
    assert watched.ledger.count() == events
    assert replace(held, state="held") == held
    assert Dataset("lines", LINES, owner="o").feed.hold == ("duplicate_batch",)
