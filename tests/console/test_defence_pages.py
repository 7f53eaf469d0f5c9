"""Pages of what was learned: the map of defences, readiness, follow-ups; and what people do there."""

import pytest
from console_world import World
from visitor import Visitor

INCIDENT = "2017-001"


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
