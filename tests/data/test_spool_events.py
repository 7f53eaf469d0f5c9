"""Single events: together in one receipt, each exactly once where its producer numbers them."""

import threading

import pytest
from tests.data.conftest import DAY, Shop

from steek.data import EventReceipt
from steek.kernel.errors import ConflictError, ContractViolationError, InputError


def line(product_id: int = 1, **changed: object) -> dict[str, object]:
    return {"store_id": 1, "product_id": product_id, "sales_value": 2.5, "sold_at": DAY.isoformat()} | changed


@pytest.mark.covers("D1", "D2")
def test_an_event_is_durable_when_it_is_acknowledged_and_committed_later(shop: Shop) -> None:
    told = shop.ingestion.event("lines", line(), actor="till")
    assert (told.accepted_rows, told.quarantined_rows, told.duplicate) == (1, 0, False)
    assert told.delivery == "at least once"
    assert shop.ingestion.receipt(told.receipt_id).state == "spooled"
    assert shop.lake.latest_version("lines") is None
    shop.ingestion.committer.commit("lines")
    assert shop.lake.scan("lines").collect()["product_id"].to_list() == [1]


@pytest.mark.covers("D2")
def test_a_numbered_event_is_written_once_however_often_it_is_sent(shop: Shop) -> None:
    def send(sequence: int, product: int) -> EventReceipt:
        return shop.ingestion.event("lines", line(product), actor="till", producer="till 4", sequence=sequence)

    first = send(0, 10)
    again = send(0, 10)
    assert (first.duplicate, again.duplicate, again.receipt_id) == (False, True, first.receipt_id)
    assert again.delivery == "exactly once"
    with pytest.raises(ConflictError, match="sends sequence 2, but 1 is missing") as gap:
        send(2, 12)
    assert gap.value.details == {"expected_sequence": 1}
    assert not send(1, 11).duplicate
    assert send(0, 10).duplicate
    shop.ingestion.committer.commit("lines")
    rows = shop.lake.scan("lines", technical=True).sort("product_id").collect()
    assert rows.select("product_id", "_event_key").rows() == [(10, "till 4/0/0"), (11, "till 4/1/0")]


def held_back(told: object) -> int | None:
    return told.quarantined_rows if isinstance(told, EventReceipt) else None


@pytest.mark.covers("D4", "N3")
def test_a_wrong_event_does_not_harm_its_neighbours(shop: Shop) -> None:
    outcomes: dict[int, object] = {}

    def send(number: int) -> None:
        odd = {3: line(3, colour="red"), 5: line(5, sales_value=-1.0), 7: line(7, sales_value={"usd": 1})}
        try:
            outcomes[number] = shop.ingestion.event("lines", odd.get(number, line(number)), actor="till")
        except ContractViolationError as refusal:
            outcomes[number] = refusal.details

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.pop(3) == {"unknown_columns": ["colour"]}
    # Beside numbers in the same moment an object is one odd value, alone it is a column of the wrong type.
    nested = outcomes.pop(7)
    assert nested == {"mistyped_columns": ["sales_value"]} or held_back(nested) == 1
    assert held_back(outcomes.pop(5)) == 1
    shop.ingestion.committer.commit("lines")
    stored = shop.lake.scan("lines").collect()["product_id"].sort().to_list()
    assert stored == [number for number in range(20) if number not in (3, 5, 7)]


@pytest.mark.covers("N3")
def test_what_is_wrong_with_a_call_is_told(shop: Shop) -> None:
    with pytest.raises(InputError, match="a producer without a sequence"):
        shop.ingestion.event("lines", line(), actor="till", producer="till 4")
    with pytest.raises(InputError, match="holds no event"):
        shop.ingestion.event("lines", actor="till")
    with pytest.raises(InputError, match="'products' is replaced as a whole"):
        shop.ingestion.event("products", {"product_id": 1}, actor="till")
