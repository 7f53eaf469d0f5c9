"""Rows in quarantine: counted, shown, sent again exactly once, given up."""

from dataclasses import replace

import polars as pl
import pytest
from tests.data.conftest import LINES, OpenShop, Shop, lines

from steek.data import Contract, Dataset, Field, Quarantine, Receipt, Selection
from steek.data.ingest.steps import IntakeSteps
from steek.data.quarantine.rows import MASK, from_ranges, parse_row_id, to_ranges
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Database

DEAR = replace(LINES.fields[2], maximum=5000)
LOOSER = replace(LINES, version="1.1.0", fields=(*LINES.fields[:2], DEAR, *LINES.fields[3:]))


def bad_lines() -> pl.DataFrame:
    """Ten lines: two that are too dear, one that is dear and of no shop, one below zero."""
    return lines().with_columns(
        sales_value=pl.Series([2000.0, 3000.0, 4000.0, -1.0, *[1.5] * 6]),
        store_id=pl.Series([1, 1, 0, 1, *[2] * 6]),
    )


def quarantine_of(shop: Shop, database: Database) -> Quarantine:
    return Quarantine(shop.lake, shop.ingestion, database, shop.ledger, shop.clock, shop.datasets)


def taken(shop: Shop) -> Receipt:
    receipt = shop.ingestion.ingest("lines", bad_lines(), key="a", actor="till")
    assert (receipt.accepted_rows, receipt.quarantined_rows) == (6, 4)
    return receipt


def looser(open_shop: OpenShop) -> Shop:
    return open_shop(lines=Dataset("lines", LOOSER, "sold_at", owner="data@grocer"))


@pytest.mark.covers("D4")
def test_rows_are_counted_by_reason_with_an_example(shop: Shop, database: Database) -> None:
    quarantine = quarantine_of(shop, database)
    assert quarantine.reasons("lines") == []
    receipt = taken(shop)
    reasons = quarantine.reasons("lines")
    assert [(one.reason, one.rows, one.receipts) for one in reasons] == [
        ("sales_value: above 1000", 3, 1),
        ("sales_value: below 0", 1, 1),
        ("store_id: below 1", 1, 1),
    ]
    shown = quarantine.show(reasons[1].example)
    assert (shown.receipt_id, shown.position, shown.state) == (receipt.id, 3, "open")
    assert shown.row["sales_value"] == -1.0
    both = quarantine.rows("lines", Selection(reason="store_id"))
    assert [row.reason for row in both] == ["store_id: below 1; sales_value: above 1000"]
    with pytest.raises(NotFoundError, match="no row"):
        quarantine.show(f"{receipt.id}:0000007")
    with pytest.raises(InputError, match="is not the id of a row"):
        quarantine.show("seven")
    with pytest.raises(InputError, match="is derived from"):
        quarantine.reasons("maker_lines")


@pytest.mark.covers("D4", "D2")
def test_rows_that_fit_a_mended_contract_come_in_once(shop: Shop, open_shop: OpenShop, database: Database) -> None:
    receipt = taken(shop)
    assert quarantine_of(shop, database).replay("lines", Selection(), actor="ada", key="too early").row_count == 0
    mended = looser(open_shop)
    quarantine = quarantine_of(mended, database)
    done = quarantine.replay("lines", Selection(), actor="ada", key="now")
    assert (done.state, done.row_count, done.left_count) == ("done", 2, 2)
    assert done.rows == {receipt.id: [[0, 1]]}
    assert mended.lake.scan("lines").filter(pl.col("sales_value") >= 2000).collect()[
        "sales_value"
    ].sort().to_list() == [
        2000.0,
        3000.0,
    ]
    rows, events = mended.lake.scan("lines").collect().height, mended.ledger.count()
    assert quarantine.replay("lines", Selection(), actor="ada", key="now") == done
    assert mended.ledger.count() == events
    assert quarantine.replay("lines", Selection(), actor="bob", key="once more").row_count == 0
    assert mended.lake.scan("lines").collect().height == rows
    assert [row.state for row in quarantine.rows("lines")] == ["replayed", "replayed", "open", "open"]
    (event, _) = mended.ledger.events(kinds=["quarantine.replayed"], newest_first=True)[1:3]
    assert (event.payload["rows"], event.payload["left"], event.payload["receipts"]) == (2, 2, list(done.receipts))
    with pytest.raises(ConflictError, match="key 'now' was used for another act"):
        quarantine.replay("lines", Selection(discarded=True), actor="ada", key="now")


class _DiesInTheMiddle(Exception):
    """The process is gone."""


@pytest.mark.covers("D4", "D2")
@pytest.mark.parametrize("before", [True, False], ids=["before the rows are sent", "after"])
def test_a_replay_that_dies_is_finished_by_the_next(
    shop: Shop, open_shop: OpenShop, database: Database, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    taken(shop)
    mended = looser(open_shop)
    quarantine = quarantine_of(mended, database)
    send = Quarantine._send  # pyright: ignore[reportPrivateUsage]

    def dies(self: Quarantine, act: object) -> list[str]:
        if not before:
            send(self, act)  # pyright: ignore[reportArgumentType]
        raise _DiesInTheMiddle

    with monkeypatch.context() as patch:
        patch.setattr(Quarantine, "_send", dies)
        with pytest.raises(_DiesInTheMiddle):
            quarantine.replay("lines", Selection(), actor="ada", key="first")
    # Somebody else asks for the same rows, under another key and yet another contract.
    other = quarantine.replay("lines", Selection(), actor="bob", key="second")
    assert other.row_count == 0
    assert mended.lake.scan("lines").collect().height == 8
    done = quarantine.replay("lines", Selection(), actor="ada", key="first")
    assert (done.state, done.row_count) == ("done", 2)
    assert mended.lake.scan("lines").collect().height == 8


@pytest.mark.covers("D4")
def test_rows_are_given_up_and_taken_up_again(shop: Shop, open_shop: OpenShop, database: Database) -> None:
    taken(shop)
    mended = looser(open_shop)
    quarantine = quarantine_of(mended, database)
    with pytest.raises(InputError, match="takes a reason"):
        quarantine.discard("lines", Selection(), reason="", actor="ada", key="d")
    gone = quarantine.discard("lines", Selection(reason="above 1000"), reason="a demo till", actor="ada", key="d")
    assert (gone.row_count, gone.state) == (3, "done")
    assert (
        quarantine.discard("lines", Selection(reason="above 1000"), reason="a demo till", actor="ada", key="d") == gone
    )
    assert [one.reason for one in quarantine.reasons("lines")] == ["sales_value: below 0"]
    assert quarantine.replay("lines", Selection(), actor="ada", key="r").row_count == 0
    back = quarantine.replay("lines", Selection(discarded=True), actor="ada", key="r2")
    assert (back.row_count, back.left_count) == (2, 2)
    assert [act.action for act in quarantine.decisions("lines")] == ["discard", "replay", "replay"]
    (event,) = mended.ledger.events(kinds=["quarantine.discarded"])
    assert (event.actor, event.payload["reason"], event.payload["rows"]) == ("ada", "a demo till", 3)


@pytest.mark.covers("D4")
def test_one_row_may_be_sent_alone(shop: Shop, open_shop: OpenShop, database: Database) -> None:
    receipt = taken(shop)
    quarantine = quarantine_of(looser(open_shop), database)
    done = quarantine.replay("lines", Selection(rows=(f"{receipt.id}:1",)), actor="ada", key="one")
    assert done.rows == {receipt.id: [[1, 1]]}
    rest = quarantine.replay("lines", Selection(receipt_id=receipt.id), actor="ada", key="rest")
    assert rest.rows == {receipt.id: [[0, 0]]}


class _Absolute:
    """A cleaning step."""

    name = "absolute"

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.col("sales_value").abs().clip(0, 1000))


@pytest.mark.covers("D4", "D6")
def test_the_present_cleaning_is_part_of_the_judgement(shop: Shop, database: Database) -> None:
    taken(shop)
    cleaning = Quarantine(
        shop.lake,
        shop.ingestion,
        database,
        shop.ledger,
        shop.clock,
        shop.datasets,
        lambda _dataset, _contract: IntakeSteps((_Absolute(),)),
    )
    done = cleaning.replay("lines", Selection(), actor="ada", key="cleaned")
    assert (done.row_count, done.left_count) == (3, 1)


@pytest.mark.covers("D4", "D13")
def test_protected_values_are_masked(open_shop: OpenShop, database: Database) -> None:
    people = Contract(
        "people",
        "1",
        (
            Field("name", "string", sensitivity="personal"),
            Field("card", "string", nullable=True, pseudonym="keyed"),
            Field("age", "integer", minimum=0),
        ),
        owner="o",
    )
    shop = open_shop(people=Dataset("people", people, owner="o"))
    shop.ingestion.ingest(
        "people", pl.DataFrame({"name": ["Ada", "Bob"], "card": ["1", None], "age": [-1, -2]}), key="a", actor="o"
    )
    quarantine = quarantine_of(shop, database)
    rows = quarantine.rows("people")
    assert [dict(row.row) for row in rows] == [
        {"name": MASK, "card": MASK, "age": -1},
        {"name": MASK, "card": None, "age": -2},
    ]
    assert quarantine.show(rows[0].id).row["name"] == MASK


@pytest.mark.covers("D4")
def test_stretches_of_positions_are_read_back() -> None:
    rows = pl.DataFrame({"receipt_id": ["b", "a", "a", "a"], "position": [0, 9, 1, 2]})
    assert to_ranges(rows) == {"a": [[1, 2], [9, 9]], "b": [[0, 0]]}
    assert from_ranges(to_ranges(rows)).rows() == [("a", 1), ("a", 2), ("a", 9), ("b", 0)]
    assert from_ranges({}).rows() == []
    assert parse_row_id("replay:x:7") == ("replay:x", 7)
