"""Postmortems in the browser: found, written in by two, judged, reviewed, published, counted."""

import re
from html import unescape
from pathlib import Path

import pytest
from console_world import World
from visitor import Visitor, text_of

from steek.incidents.ethics.groups import GroupAnswer
from steek.incidents.postmortems.report import PointRole

SAMPLES = Path(__file__).parents[2] / "examples" / "postmortems"
PAGE = "/postmortems/2017-001"
HOSTILE = "<script>alert(1)</script> **x** [y](javascript:alert(1))"


@pytest.fixture
def learned(world: World) -> World:
    """The broken project with the draft of its incident and the five public failures."""
    files = {path.name: path.read_bytes() for path in SAMPLES.glob("*.md")}
    world.platform.postmortem_import.take(files, actor="noa", key="import")
    world.platform.postmortem_writing.draft("2017-001", actor="noa", key="d1")
    return world


def fields(html: str, action: str) -> dict[str, str]:
    """Hidden fields of the first form that goes to an address."""
    form = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', html, re.DOTALL)[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in found}


def send(client: Visitor, action: str, actor: str, **given: str) -> str:
    html = client.get(PAGE).text
    values = {**fields(html, action), **given, "actor": actor}
    done = client.post(action, data=values)
    assert done.status_code == 200, text_of(done.text)
    return done.text


@pytest.mark.covers("P4")
def test_the_library_finds_by_words_and_filters_and_says_what_it_refuses(learned: World, client: Visitor) -> None:
    page = text_of(client.get("/postmortems").text)
    assert "6 in all" in page
    assert "gitlab-lost-database-2017 · brought in · of others" in page
    assert "Temporary failure to join with expected data, suggested" in page
    assert "Ariane" not in text_of(client.get("/postmortems?origin=own").text)
    assert "The first Ariane 5 broke apart after forty seconds" in page
    found = text_of(client.get("/postmortems?q=snapshot&detected=user").text)
    assert "GitLab.com lost six hours" in found
    assert "Ariane" not in found
    assert "allowed: sev1, sev2, sev3" in text_of(client.get("/postmortems?q=severity:9").text)


@pytest.mark.covers("P1")
def test_two_write_at_once_and_both_texts_stand_on_the_page(learned: World, client: Visitor) -> None:
    seen = fields(client.get(PAGE).text, f"{PAGE}/edit")["version"]
    send(client, f"{PAGE}/edit", "ada@shop", version=seen, **{"field.lessons": f"Ada: {HOSTILE}"})
    late = client.post(
        f"{PAGE}/edit", data={"actor": "bo@shop", "version": seen, "key": "k", "field.lessons": "Bo: look at keys"}
    ).text
    shown = text_of(late)
    assert "Somebody else changed that first" in shown
    assert "bo@shop wrote this while somebody else was faster" in shown
    assert "Bo: look at keys" in shown
    assert "<script>alert(1)" not in late
    assert 'href="javascript:' not in late
    send(client, f"{PAGE}/edit", "bo@shop", settles="bo@shop", **{"field.lessons": "Ada and Bo: look at keys"})
    settled = text_of(client.get(PAGE).text)
    assert "Ada and Bo: look at keys" in settled
    assert "was faster" not in settled


@pytest.mark.covers("P1", "P2")
def test_it_is_judged_reviewed_and_published_by_clicks(learned: World, client: Visitor) -> None:
    record = learned.platform.postmortems.get("2017-001")
    category = next(one for one in record.report.points if one.kind == "join-failure")
    page = send(client, f"{PAGE}/judge", "ada@shop", judge=f"{category.id}:confirmed")
    assert "ada@shop says so" in text_of(page)
    send(client, f"{PAGE}/points", "ada@shop", role="luck", text="It was Sunday.")
    send(client, f"{PAGE}/edit", "ada@shop", **{"field.machine_learning": "5", "field.lessons": "Watch keys."})
    send(client, f"{PAGE}/step", "ada@shop", step="ask review")
    refused = client.post(f"{PAGE}/step", data={"actor": "ada@shop", "key": "self", "step": "accept"})
    assert refused.status_code == 403
    assert "cannot review it" in text_of(refused.text)
    send(client, f"{PAGE}/comments", "gil@shop", text=HOSTILE)
    send(client, f"{PAGE}/step", "gil@shop", step="accept")
    refused = client.post(f"{PAGE}/step", data={"actor": "ada@shop", "key": "early", "step": "publish"})
    assert (refused.status_code, "suggestions wait for a yes or a no" in text_of(refused.text)) == (403, True)
    assert "It teaches too little yet." in text_of(client.get(PAGE).text)
    done = text_of(send(client, f"{PAGE}/step", "ada@shop", step="publish", reason="the rest is undecided"))
    assert "published, revision 1" in done
    assert "The reason: the rest is undecided" in done
    own = learned.platform.postmortems.statistics()
    assert (own.machine_learning.at_point, dict(own.categories)) == ((0, 0, 0, 0, 1), {"join-failure": 1})
    counted = learned.platform.postmortems.statistics(with_others=True)
    assert counted.machine_learning.at_point == (5, 0, 0, 0, 1)
    assert "## Lessons\n\nWatch keys." in client.get(f"{PAGE}/markdown").text
    old = client.get(f"{PAGE}?version=1").text
    assert "This is how it stood once" in old
    assert f'action="{PAGE}/edit"' in client.get(PAGE).text
    assert f'action="{PAGE}/edit"' not in old


@pytest.mark.covers("P1", "P3")
def test_what_happened_after_the_draft_shows_and_is_taken_in(learned: World, client: Visitor) -> None:
    record = learned.platform.postmortems.get("2017-001")
    cause = next(one for one in record.report.points if one.role == "latent_condition")
    page = send(client, f"{PAGE}/points/{cause.id}", "ada@shop", text="Nothing asks the supplier.")
    assert "Nothing asks the supplier. ada@shop says so" in text_of(page)
    send(client, f"{PAGE}/judge", "ada@shop", judge="defence:confirmed")
    assert {one.by for one in learned.platform.postmortems.get("2017-001").report.of_role(PointRole.DEFENCE)} == {
        "ada@shop"
    }
    given = {"kind": "fix", "priority": "P1", "value": 4, "cost": 2, "owner": "bo@shop", "actor": "ada@shop"}
    learned.platform.follow_ups.create("Ask them weekly", postmortem="2017-001", key="f1", **given)
    answer = GroupAnswer("region=north", "harmed", "their orders were late")
    learned.platform.groups.consider("2017-001", [answer], actor="ada@shop", key="g1")
    shown = text_of(client.get(PAGE).text)
    assert "F-1 Ask them weekly" in shown
    assert "The record of the incident says more by now than this text: Impact" in shown
    taken = text_of(send(client, f"{PAGE}/draft", "ada@shop"))
    assert "group region=north: harmed, their orders were late" in taken
    assert "says more by now" not in taken
    outside = client.get(f"{PAGE}/markdown?for=outsiders").text
    assert "Ask them weekly (owner a colleague)" in outside
    assert "@shop" not in outside
    assert "(owner bo@shop)" in client.get(f"{PAGE}/markdown").text


@pytest.mark.covers("P3")
def test_a_suggested_follow_up_becomes_a_real_one_by_one_click(learned: World, client: Visitor) -> None:
    point = next(one for one in learned.platform.postmortems.get("2017-001").report.points if one.role == "follow_up")
    action = f"{PAGE}/points/{point.id}/follow-up"
    given = {"owner": "ada@shop", "priority": "P1", "value": "4", "cost": "2", "done_means": "a test shows it"}
    send(client, action, "ada@shop", **given)
    made = next(one for one in learned.platform.postmortems.get("2017-001").report.points if one.id == point.id)
    assert made.subject
    again = client.post(action, data={"actor": "ada@shop", "key": "other", **given})
    assert "is made already" in text_of(again.text)


@pytest.mark.covers("P2", "P4")
def test_the_pictures_of_the_study_have_their_numbers_in_words_and_tables(learned: World, client: Visitor) -> None:
    own = text_of(client.get("/postmortems/statistics").text)
    assert "5 of others are left out: count them too" in own
    page = client.get("/postmortems/statistics?others=1").text
    shown = text_of(page)
    assert "5 of 5 not ML or rather not ML, 0 rather ML or ML, 0 unclear" in shown
    assert "n = 3, too few for a median" in shown
    assert 'role="img"' in page
    assert "nobody placed it" in shown
    assert "Nothing is counted until a postmortem is published" in text_of(
        client.get("/postmortems/statistics?q=category:gremlins").text
    )


@pytest.mark.covers("P2")
def test_the_taxonomy_is_read_and_edited_as_text(learned: World, client: Visitor) -> None:
    page = client.get("/postmortems/taxonomy").text
    assert "Embeddings in the wrong space" in text_of(page)
    text = learned.platform.taxonomies.stored().text.replace('name = "CPU failures"', 'name = "CPU faults"')
    values = fields(page, "/postmortems/taxonomy/edit")
    done = client.post("/postmortems/taxonomy/edit", data={**values, "actor": "ada", "text": text, "reason": "shorter"})
    assert "cpu-failures has other name" in text_of(done.text)
    assert "not the newest" in text_of(client.get("/postmortems/taxonomy?version=1").text)


@pytest.mark.covers("P4")
def test_the_page_of_an_incident_offers_what_was_like_it(learned: World, client: Visitor) -> None:
    shown = text_of(client.get("/incidents/2017-001").text)
    assert "It looks like" in shown
    assert "Both look like Configuration change not canaried or validated." in shown
