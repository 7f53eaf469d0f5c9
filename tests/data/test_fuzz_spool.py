"""A spoiled file of the spool costs its own batch and no other; a clock that goes back costs nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.conftest import DAY, OpenShop, Shop, lines

BATCHES = 3
SLOW = [HealthCheck.too_slow]
_FIRST = {f"batch {at}": 100 * at for at in range(BATCHES)}


def spool_files(shop: Shop) -> list[Path]:
    return sorted(shop.ingestion.spool.folder.glob("lines/*.arrow"))


def send(shop: Shop, round: str) -> dict[str, str]:
    """Batches that wait, the id of the receipt of each by its key; every batch has a row that is held back."""
    found: dict[str, str] = {}
    for name, first in _FIRST.items():
        frame = lines(count=4, product_id=first)
        frame[3, "sales_value"] = -1.0
        key = f"{round} {name}"
        found[key] = shop.ingestion.ingest("lines", frame, key=key, actor="till", wait=False).id
    return found


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1 :]


SPOILERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "a bit flipped": flip,
    "cut off": lambda content, at: content[:at],
    "longer": lambda content, at: content + content[: at + 1],
    "zeros": lambda content, at: content[:at] + bytes(len(content) - at),
    "gone": lambda _content, _at: None,
}


@pytest.mark.covers("D2", "D17", "N3")
def test_whatever_spoils_a_file_of_the_spool_the_others_are_saved(shop: Shop) -> None:
    rounds = iter(range(1_000_000))

    @settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
    @given(st.integers(0, 2 * BATCHES - 1), st.floats(0, 1, exclude_max=True), st.sampled_from(list(SPOILERS)))
    def check(number: int, place: float, spoiler: str) -> None:
        round = f"round {next(rounds)}"
        sent = send(shop, round)
        files = spool_files(shop)
        assert len(files) == 2 * BATCHES
        content = files[number].read_bytes()
        spoiled = SPOILERS[spoiler](content, int(place * len(content)))
        files[number].unlink()
        if spoiled is not None:
            files[number].write_bytes(spoiled)
        shop.ingestion.committer.commit("lines")
        if spoiled == content:
            return
        hit = files[number].name.partition(".")[0]
        states = {id: shop.ingestion.receipt(id).state for id in sent.values()}
        assert states == {id: "damaged" if id == hit else "committed" for id in sent.values()}
        rows = shop.lake.scan("lines", technical=True).collect()
        assert rows["_receipt_id"].value_counts().rows_by_key("_receipt_id", unique=True).get(hit) is None
        for id in set(sent.values()) - {hit}:
            assert rows["_receipt_id"].to_list().count(id) == 3
        # The bad one is kept and reported ...
        kept = {path.name: path.read_bytes() for path in (shop.ingestion.spool.folder / "damaged").iterdir()}
        assert kept.get(files[number].name) == spoiled
        told = [event for event in shop.ledger.events(kinds=["spool.damaged"]) if event.payload["receipt"] == hit]
        assert [event.payload["rows"] for event in told] == [3]
        # ... and the same batch under the same key is taken again.
        key = next(key for key, id in sent.items() if id == hit)
        frame = lines(count=4, product_id=_FIRST[key.removeprefix(f"{round} ")])
        frame[3, "sales_value"] = -1.0
        again = shop.ingestion.ingest("lines", frame, key=key, actor="till")
        assert again.state == "committed"
        assert spool_files(shop) == []

    check()
    assert shop.ledger.verify() == shop.ledger.count()


@pytest.mark.covers("D2", "N3")
@pytest.mark.parametrize("back", [timedelta(microseconds=1), timedelta(hours=3), timedelta(days=4000)], ids=str)
def test_a_clock_that_goes_back_loses_and_doubles_nothing(open_shop: OpenShop, back: timedelta) -> None:
    shop = open_shop()
    sent: list[str] = []
    for at in range(6):
        shop.clock.set(DAY - back * (at % 3))
        batch = lines(count=4, product_id=10 * at)
        sent.append(shop.ingestion.ingest("lines", batch, key=f"k{at}", actor="till", wait=at % 2 == 0).id)
        shop.ingestion.event("lines", {**batch.row(0, named=True), "product_id": 900 + at}, actor="till")
    shop.clock.set(DAY - back * 9)
    # Another process finds the same spool, later by an earlier clock.
    again = open_shop()
    again.ingestion.drain()
    products = again.lake.scan("lines").collect()["product_id"].sort().to_list()
    assert products == sorted([10 * at + more for at in range(6) for more in range(4)] + [900 + at for at in range(6)])
    assert [again.ingestion.receipt(id).state for id in sent] == ["committed"] * 6
    # A retry is the same receipt whatever the clock says.
    retried = again.ingestion.ingest("lines", lines(count=4, product_id=30), key="k3", actor="till")
    assert retried.id == sent[3]
    assert again.ledger.verify() == again.ledger.count()
    events = again.ledger.events()
    assert [event.sequence for event in events] == sorted(event.sequence for event in events)
