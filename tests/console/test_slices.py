"""The slice explorer: the worst slices first, found and sorted, and what explains the change of the whole."""

import re

import pytest
from console_world import World
from visitor import Visitor, text_of


@pytest.mark.covers("O9", "O3")
def test_slices_stand_side_by_side_worst_first_with_the_table_behind(reader: Visitor) -> None:
    html = reader.get("/slices").text
    shown = text_of(html)
    assert "Slices of partners_joined" in shown
    assert html.count('class="panel"') >= 1
    assert "each on a scale of its own" in shown
    assert "broken" in shown
    assert "do not add up over slices" in shown
    table = html.split('class="behind"')[-1]
    assert "join transactions x partners" in text_of(table)
    alone = text_of(reader.get("/slices/partners_joined?text=TRANSACTIONS&scale=shared&order=volume").text)
    assert "that hold “TRANSACTIONS”, most rows first; one scale for all" in alone
    nothing = text_of(reader.get("/slices/partners_joined?text=<b>").text)
    assert "No slice holds “<b>”" in nothing
    wrong = reader.get("/slices/partners_joined?order=beauty")
    assert (wrong.status_code, "Sort by strain, volume, change." in text_of(wrong.text)) == (400, True)
    assert reader.get("/slices/nothing").status_code == 404


@pytest.mark.covers("O12")
def test_every_chart_of_a_monitor_marks_what_changed(reader: Visitor) -> None:
    for path in ("/monitors/partners_joined", "/slices/partners_joined", "/monitors/lines_ingested"):
        html = reader.get(path).text
        letters = [
            letter for letter, said in re.findall(r"<li[^>]*><b>([A-Z]+)</b>(.*?)</li>", html) if "campaign 18" in said
        ]
        assert len(letters) == 1, path


@pytest.mark.covers("O9", "N4")
def test_a_person_asks_what_explains_the_newest_window(client: Visitor, world: World) -> None:
    form = {"actor": "ariel@grocer", "days": "1", "key": "asked"}
    answer = client.post("/slices/lines_ingested/attribute", data=form)
    shown = text_of(answer.text)
    assert answer.status_code == 200, shown
    assert "Compared. What was found stands below." in shown
    assert "count of transactions" in shown
    assert "by ariel@grocer" in shown
    (made,) = world.platform.attributions.list(monitor="lines_ingested")
    assert made.result.sentence in shown
    client.post("/slices/lines_ingested/attribute", data=form)
    assert len(world.platform.attributions.list(monitor="lines_ingested")) == 1
    wrong = client.post("/slices/lines_ingested/attribute", data={**form, "days": "x", "key": "other"})
    assert wrong.status_code == 400
