"""What a contract promises about volume and cadence is compared from the first batch on."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.conftest import LINES, PRODUCTS

from steek.data import Contract, Dataset, ExpectedVolume, FeedChecking, FeedChecks, FeedVerdict, judge_arrival
from steek.data.ingest import receipts
from steek.data.validation.feed.judging import judge_feed
from steek.data.validation.feed.profiles import FeedProfile, from_json, merge, to_json
from steek.data.validation.feed.profiling import profile
from steek.data.validation.feed.promised import count_periods
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger

MIDNIGHT = datetime(2017, 10, 2, tzinfo=UTC)
SIX = time(6)
DAILY = (ExpectedVolume(minimum=20, maximum=40),)
STORES = (ExpectedVolume(minimum=8, by="store_id"), ExpectedVolume(maximum=3, by="store_id", value=9))


def day(number: int, stores: dict[int, int], first_hour: int = 8) -> pl.DataFrame:
    """Lines of a day, so many per store, a minute apart."""
    ids = [store for store, rows in stores.items() for _ in range(rows)]
    start = MIDNIGHT + timedelta(days=number, hours=first_hour)
    return pl.DataFrame(
        {"store_id": ids, "sold_at": [start + timedelta(minutes=at) for at in range(len(ids))]},
        schema={"store_id": pl.Int64, "sold_at": pl.Datetime("us", "UTC")},
    )


def promised(*volumes: ExpectedVolume) -> Contract:
    return replace(LINES, volumes=volumes)


def seen(rows: pl.DataFrame, contract: Contract, arrived_at: datetime, starts_at: time = time()) -> FeedProfile:
    made = profile(rows, contract, "sold_at", (), arrived_at)
    return replace(made, periods=count_periods(rows, contract, "sold_at", starts_at))


def said(
    batch: FeedProfile, contract: Contract, history: list[FeedProfile] | None = None, **checks: Any
) -> dict[str, FeedVerdict]:
    verdicts = judge_feed(batch, history or [], FeedChecks(**checks), volumes=contract.volumes)
    return {one.check: one for one in verdicts}


@pytest.mark.covers("D4", "D3")
def test_the_first_batch_is_compared_with_the_promise_and_held_where_that_is_declared() -> None:
    contract, arrived = promised(*DAILY), MIDNIGHT + timedelta(days=1, hours=2)
    few = said(seen(day(0, {1: 6, 2: 6}), contract, arrived), contract, hold=("volume",))["volume"]
    assert (few.verdict, few.value, few.expected) == ("hold", 12.0, 20.0)
    assert few.evidence == (
        "the 1d from 2017-10-02 00:00 brought 12 rows, the contract promises at least 20; "
        "0 good batches so far; 7 are needed"
    )
    many = said(seen(day(0, {1: 41}), contract, arrived), contract)["volume"]
    assert (many.verdict, many.expected) == ("warn", 40.0)
    kept = said(seen(day(0, {1: 20}), contract, arrived), contract)["volume"]
    assert kept.verdict == "pass"
    assert kept.evidence.startswith("as the contract promises: at least 20 and at most 40 rows per 1d; 0 good")
    silent = said(seen(day(0, {1: 12}), LINES, arrived), LINES)["volume"]
    assert (silent.verdict, silent.evidence) == ("undecided", "0 good batches so far; 7 are needed")


@pytest.mark.covers("D4")
def test_each_slice_and_the_named_one_are_told_with_their_rows() -> None:
    contract, arrived = promised(*STORES), MIDNIGHT + timedelta(days=2, hours=2)
    before = seen(day(0, {1: 10, 2: 10}), contract, arrived - timedelta(days=1))
    found = said(seen(day(1, {1: 10, 9: 12}), contract, arrived), contract, [before])["slice_volume"]
    assert found.verdict == "warn"
    # Store 2 brings nothing; store 9, which was promised to bring little, brings most.
    assert found.parts == {"store_id=9": 12.0, "store_id=2": 0.0}
    assert "brought 0 rows of store_id=2, the contract promises at least 8" in found.evidence
    assert "brought 12 rows of store_id=9, the contract promises at most 3" in found.evidence
    kept = said(seen(day(1, {1: 10, 2: 8, 9: 0}), contract, arrived), contract, [before])["slice_volume"]
    assert kept.verdict == "pass"


@pytest.mark.covers("D4")
def test_a_period_is_counted_over_its_batches_and_judged_when_it_is_over() -> None:
    contract = promised(*DAILY)
    noon, night = MIDNIGHT + timedelta(hours=12), MIDNIGHT + timedelta(days=1, hours=1)
    morning = seen(day(0, {1: 15}), contract, noon)
    early = said(morning, replace(contract, volumes=(ExpectedVolume(minimum=20),)))["volume"]
    assert early.verdict == "undecided"
    assert early.evidence.startswith("no period of 1d is over yet")
    assert said(seen(day(0, {1: 15}, 16), contract, night), contract, [morning])["volume"].verdict == "pass"
    assert said(seen(day(0, {1: 30}, 16), contract, noon), contract, [morning])["volume"].value == 45.0
    # Two late lines of yesterday are no day of two lines.
    late = pl.concat([day(0, {1: 2}), day(1, {1: 25})])
    assert said(seen(late, contract, night + timedelta(days=1)), contract)["volume"].verdict == "pass"
    # A business day that begins at six is one period.
    till_five = day(0, {1: 25}, first_hour=23)
    assert list(seen(till_five, contract, night, SIX).periods[" 1d"] or {}) == ["2017-10-02T06:00:00+00:00"]


@pytest.mark.covers("D4", "D14")
def test_slices_by_a_protected_field_are_not_counted() -> None:
    secret = tuple(replace(f, sensitivity="personal") if f.name == "store_id" else f for f in LINES.fields)
    contract = replace(LINES, fields=secret, volumes=STORES)
    batch = seen(day(0, {1: 2}), contract, MIDNIGHT + timedelta(days=2))
    assert batch.periods == {}
    found = said(batch, contract)["slice_volume"]
    assert found.verdict == "undecided"
    assert "the field is protected" in found.evidence


@pytest.mark.covers("D4")
@given(cuts=st.lists(st.integers(0, 60), max_size=5))
def test_counts_of_chunks_add_up_and_survive_being_stored(cuts: list[int]) -> None:
    contract, arrived = promised(*DAILY, *STORES), MIDNIGHT + timedelta(days=3)
    rows = pl.concat([day(0, {1: 20, 2: 10}), day(1, {1: 25, 9: 5})])
    edges = sorted({0, *cuts, rows.height})
    parts = [seen(rows[a:b], contract, arrived) for a, b in pairwise(edges)]
    whole = parts[0]
    for part in parts[1:]:
        whole = merge(whole, part)
    assert whole.periods == seen(rows, contract, arrived).periods
    assert from_json(to_json(whole)) == whole
    old = {name: value for name, value in to_json(whole).items() if name != "periods"}
    assert from_json(old).periods == {}


@pytest.mark.covers("D4")
def test_a_replaced_table_is_promised_as_a_whole(database: Database, ledger: Ledger, clock: ReplayClock) -> None:
    contract = replace(PRODUCTS, volumes=(ExpectedVolume(minimum=3),))
    table = Dataset("products", contract, owner="data@grocer", mode="replace", feed=FeedChecks(hold=("volume",)))
    feed = FeedChecking(database, ledger, clock, {"products": table}, day_starts_at=SIX)
    states: list[str] = []
    for key, rows in {"a": 3, "b": 2, "c": 3}.items():
        fold = feed.watch(table, contract, MIDNIGHT)
        fold.add(pl.DataFrame({"product_id": range(rows), "maker_id": [1] * rows}))
        states.append(fold.judge(receipts.receipt_id("products", key), "f" * 64).state)
    assert states == ["spooled", "held", "spooled"]


@pytest.mark.covers("D18", "D4")
def test_a_feed_is_late_by_its_cadence() -> None:
    last = MIDNIGHT + timedelta(hours=2)
    states = {
        hours: found.state
        for hours in (0, 24, 29, 31)
        if (found := judge_arrival("1d", last, last + timedelta(hours=hours))) is not None
    }
    assert states == {0: "in time", 24: "in time", 29: "due", 31: "late"}
    late = judge_arrival("1d", last, last + timedelta(hours=31))
    assert late is not None
    assert late.due_at == last + timedelta(days=1)
    assert late.evidence == "the last batch came at 2017-10-02 02:00, one is promised every 1d: late by 7:00:00"
    nothing = judge_arrival("1d", None, last)
    assert nothing is not None
    assert (nothing.state, nothing.last_at) == ("nothing yet", None)
    assert judge_arrival(None, last, last) is None
