"""What people do about data from the pages: each act is the service's own, once, signed, and told on the next page."""

import re
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from console_world import DAY, FIRST, World
from visitor import Visitor, text_of, visit

WHO = "ana@grocer"


def lines(day: int, values: list[float]) -> pl.DataFrame:
    moments = [FIRST + day * DAY + timedelta(minutes=row) for row in range(len(values))]
    rows: dict[str, Any] = {
        "household_id": [row % 50 for row in range(len(values))],
        "product_id": [row % 40 for row in range(len(values))],
        "sales_value": values,
        "sold_at": moments,
    }
    return pl.DataFrame(rows).with_columns(pl.col("sold_at").cast(pl.Datetime("us", "UTC")))


def said(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def held_batch(world: World) -> str:
    """The receipt of a day that is sent a second time under another key."""
    size = 400 + (13 * 37 % 23)
    sent = world.platform.ingestion.ingest(
        "transactions", lines(13, [1.5] * size), key="again", actor="till", wait=False
    )
    assert sent.state == "held"
    return sent.id


@pytest.mark.covers("D4", "D18", "N4")
def test_a_held_batch_is_first_on_its_page_and_can_be_turned_away(world: World) -> None:
    visitor, receipt = visit(world.platform), held_batch(world)
    html = visitor.get("/data/transactions").text
    assert html.index("Held until somebody decides") < html.index("Rows per day")
    page = text_of(html)
    assert "1 batch is held until somebody decides." in page
    assert "duplicate batch all 421 rows are those of the batch that arrived at 2017-10-02" in page
    assert '>1<span class="hidden"> open</span>' in html
    answer = visitor.post(f"/receipts/{receipt}/reject", data={"actor": WHO, "reason": "sent twice"})
    assert answer.status_code == 200
    after = text_of(answer.text)
    assert "Turned away; its rows are in quarantine." in after
    assert "A person kept it out of the table." in after
    (event,) = world.ledger.events(kinds=["batch.rejected"])
    assert (event.actor, event.payload["reason"]) == (WHO, "sent twice")


@pytest.mark.covers("D4", "N4")
def test_a_held_batch_can_be_let_in(world: World) -> None:
    visitor, receipt = visit(world.platform), held_batch(world)
    address, reason = f"/receipts/{receipt}/release", "a real second day"
    assert visitor.post(address, data={"actor": WHO, "reason": ""}).status_code == 400
    assert visitor.post(address, data={"actor": WHO, "reason": reason}).status_code == 200
    assert world.platform.ingestion.receipt(receipt).state in {"spooled", "committed"}
    assert world.platform.feed.held("transactions") == []


@pytest.mark.covers("D4", "D18", "N4")
def test_quarantine_is_told_by_reason_and_given_up_with_one(world: World) -> None:
    world.platform.ingestion.ingest("transactions", lines(15, [-1.0, 2.0, -4.5]), key="bad", actor="till")
    visitor = visit(world.platform)
    page = visitor.get("/data/transactions/quarantine")
    shown = text_of(page.text)
    assert "2 rows wait" in shown
    assert "sales_value: below 0 2 1" in shown
    key = re.findall(r'name="key" value="([^"]+d)"', page.text)[0]
    form = {"actor": WHO, "why": "a till in training mode", "key": key, "receipt": "", "reason": ""}
    first, again = (visitor.post("/data/transactions/quarantine/discard", data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    after = text_of(again.text)
    assert "2 rows given up : a till in training mode ana@grocer" in after
    assert len(world.platform.quarantine.decisions("transactions")) == 1


@pytest.mark.covers("D15", "D16", "D13")
def test_privacy_says_which_rules_are_kept(reader: Visitor) -> None:
    shown = said(reader, "/privacy")
    assert "1 rule is kept; 4 cannot be judged." in shown
    assert "undecided: its contract names no retention" in shown
    assert "Nobody asked to be erased." in shown


@pytest.mark.covers("D12")
def test_contracts_say_what_to_do_when_nothing_is_open(reader: Visitor) -> None:
    assert "No change is open." in said(reader, "/contracts")
