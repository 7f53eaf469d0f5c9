"""Pages of a dataset and of a receipt: what they say of how it stands, what it means, what it holds."""

import re
from dataclasses import replace

import pytest
from console_world import TRANSACTIONS, World
from visitor import Visitor, text_of, visit

from steek.governance import Actor, calling
from steek.platform.opening import build


def shown(reader: Visitor, path: str) -> str:
    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


@pytest.mark.covers("D18")
def test_a_dataset_says_how_it_stands_what_it_means_and_what_it_holds(reader: Visitor) -> None:
    said = shown(reader, "/data/transactions")
    assert "Version 15 arrived 06:05 just now with 412 rows" in said
    assert "Nobody said how often it is expected" in said
    assert "One line of a receipt at the till." in said
    assert "A number in USD, at least 0, always present. none absent, 1 different; 1.5 to 1.5 USD" in said
    assert "2,889 rows, the newest 7 days" in said
    assert "lines_ingested 412 rows, 292 to 549 rows" in said


@pytest.mark.covers("D18", "D11")
def test_a_dataset_shows_what_depends_on_it(reader: Visitor) -> None:
    html = reader.get("/data/transactions").text
    drawn = html[html.index('id="lineage"') :]
    for name in ("partner_lines", "household_product", "search_ranking", "partner_demand"):
        assert f">{name}</text>" in drawn


@pytest.mark.covers("D18")
def test_slices_lead_to_the_chart_and_profile_of_one(reader: Visitor) -> None:
    said = shown(reader, "/data/transactions?by=product_id&slice=3")
    assert "product_id 3" in said
    assert re.search(r"7\d rows with product_id = 3, the newest 7 days", said)


@pytest.mark.covers("D18", "N3")
def test_what_is_not_there_is_said(reader: Visitor, empty: World) -> None:
    assert reader.get("/data/transaction").status_code == 404
    assert "Did you mean &#39;transactions&#39;?" in reader.get("/data/transaction").text
    assert reader.get("/data/transactions?by=colour").status_code == 400
    assert reader.get("/receipts/none").status_code == 404
    said = shown(visit(empty.platform), "/data/transactions")
    assert "Nothing has arrived yet." in said
    assert "steek ingest transactions FILE" in said


@pytest.mark.covers("D1", "D18")
def test_a_receipt_says_what_became_of_the_batch(reader: Visitor) -> None:
    link = re.search(r'href="(/receipts/[0-9a-f]{32})"', reader.get("/data/transactions").text)
    assert link is not None
    said = shown(reader, link.group(1))
    assert "Its rows are in the table. 412 rows were taken." in said
    assert "night 14" in said
    assert "table version 15" in said


@pytest.mark.covers("D13", "D18")
def test_what_is_closed_to_the_visitor_is_said_and_the_rest_of_the_page_stands(world: World) -> None:
    personal = [replace(field, sensitivity="personal") for field in TRANSACTIONS.fields]
    contract = replace(TRANSACTIONS, fields=tuple(personal))
    datasets = world.platform.project.datasets
    closed = replace(datasets["transactions"], contract=contract)
    project = replace(world.platform.project, datasets={**datasets, "transactions": closed})
    platform = build(world.platform.settings, project)
    with calling(Actor("ana@grocer", ("member",), "operations")):
        said = shown(visit(platform), "/data/transactions")
    platform.close()
    assert "Version 15 arrived" in said
    assert "and holds: closed to you" in said
    assert said.count("closed to you") == 1 + len(personal)
    assert "1.5 on average" not in said
