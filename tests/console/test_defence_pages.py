"""Pages of what was learned: the map of defences, readiness, follow-ups; and what people do there."""

import re

import pytest
from console_world import World
from visitor import Visitor

INCIDENT = "2017-001"
LINKS = re.compile(r'href="(/[^"#]*)')


@pytest.mark.covers("P5", "P6")
def test_the_map_and_readiness_say_what_the_services_say(reader: Visitor, broken: World) -> None:
    page = reader.get("/defences").text
    drawn = broken.platform.defence_map.map()
    assert page.count('scope="row"') == len(drawn.rows) == 19
    for hole in drawn.holes[:3]:
        assert hole.cheapest.partition("(")[0] in page
    against = reader.get("/defences/join-failure?model=partner_demand").text
    assert "monitor partners_joined (join_matched)" in against
    assert 'href="/monitors/partners_joined"' in against
    ready = reader.get("/readiness?model=search_ranking").text
    assert ready.count('name="test"') == 28
    assert "measured against popularity and history" in ready
    assert "State and ledger are one SQLite file on one machine." in ready
    assert reader.get("/defences/nothing").status_code == 404
    assert reader.get("/readiness?model=nobody").status_code == 404


@pytest.mark.covers("P3", "P6", "P7")
def test_people_agree_finish_answer_and_review(client: Visitor, world: World) -> None:
    hostile = "<img src=x onerror=alert(1)> announce keys"
    form = {"actor": "ana", "owner": "partners@grocer", "text": hostile, "postmortem": INCIDENT, "due": "2017-10-01"}
    check = {"check": "gate_rule", "arguments": "model=search_ranking, rule=not_worse"}
    sent = client.post("/follow-ups", data={**form, **check, "value": "very high", "cost": "months", "key": "k"})
    assert sent.status_code == 200
    one = world.platform.follow_ups.get("F-1")
    assert (one.text, one.value, one.cost, one.check is not None) == (hostile, 5, 4, True)
    page = client.get("/follow-ups").text
    assert "<img src=x" not in page
    assert "1 late" in page
    assert "the gate of search_ranking asks for not_worse" in page
    assert "F-1" in client.get(f"/incidents/{INCIDENT}").text
    refused = client.post("/follow-ups/F-1/done", data={"actor": "ana", "reason": ""})
    assert refused.status_code == 409
    done = {"actor": "ana", "reason": "told on the phone", "version": "1"}
    assert client.post("/follow-ups/F-1/done", data=done).status_code == 200
    assert "by word of ana" in client.get("/follow-ups/F-1").text
    answer = {"actor": "ana", "test": "data-benefit", "level": "manual", "text": "each left out once", "days": "90"}
    assert client.post("/readiness/search_ranking/answer", data=answer).status_code == 200
    assert "each left out once" in client.get("/readiness?model=search_ranking").text
    assert client.post("/reviews", data={"actor": "ana", "note": "looked"}).status_code == 200
    entry = {"actor": "ana", "kind": "manual step", "subject": "on call", "text": "one phone"}
    assert client.post("/reviews/entries", data=entry).status_code == 200
    assert "1 new, 0 gone" in client.get("/readiness").text
    elsewhere = client.post("/follow-ups", data={**form, "text": "x", "back": "//evil.example", "key": "k2"})
    assert elsewhere.url.path == "/follow-ups/F-2"


@pytest.mark.covers("P3", "P5", "P6")
def test_every_link_of_these_pages_leads_somewhere(client: Visitor, world: World) -> None:
    night = {"name": "night", "people": ["ana"], "starts_on": "2017-09-18", "covers": ["*"]}
    world.platform.oncall.put_rotation(night, actor="ana", key="r")
    form = {"actor": "ana", "owner": "ana", "text": "gate", "postmortem": INCIDENT, "category": "join-failure"}
    client.post("/follow-ups", data={**form, "key": "k", "due": "2017-10-01"})
    client.post("/reviews", data={"actor": "ana", "note": "looked"})
    categories = [f"/defences/{one}" for one in ("join-failure", "process-orchestration", "tests-in-production")]
    seen: set[str] = set()
    for page in ("/defences", *categories, "/readiness", "/follow-ups", "/follow-ups/F-1"):
        text = client.get(page).text.partition("<main")[2]
        assert "no target reaches ana (rotation night)" in text or page not in categories
        seen |= {link.replace("&amp;", "&") for link in LINKS.findall(text) if not link.startswith("/v1/")}
    assert "/on-call" in seen
    # Of many alike, such as events, two are enough.
    alike: dict[str, list[str]] = {}
    for link in sorted(seen):
        alike.setdefault(re.sub(r"[^/]+$", "", link.partition("?")[0]), []).append(link)
    chosen = [link for folder, links in alike.items() for link in (links if folder == "/" else links[:2])]
    assert {link: status for link in chosen if (status := client.get(link).status_code) != 200} == {}
