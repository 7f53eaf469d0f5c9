"""What people do: forms post, redirect, and are idempotent; hostile words stay words."""

import re
from html import unescape

import pytest
from console_world import World
from visitor import Visitor, text_of

PAGE = "/incidents/2017-001"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }} javascript:alert(3) \u202egnp'


def post(client: Visitor, path: str, **form: str) -> str:
    """Send a form as ariel and return the page it leads to."""
    answer = client.post(path, data={"actor": "ariel@grocer", **form})
    assert answer.status_code == 200, text_of(answer.text)
    return text_of(answer.text)


def key_of(client: Visitor, mitigation: str) -> str:
    html = client.get(PAGE).text
    return unescape(re.findall(rf'name="key" value="([^"]+-{mitigation})"', html)[0])


@pytest.mark.covers("I3", "I5", "I9", "S4", "N4")
def test_an_incident_is_worked_through_by_forms_alone(client: Visitor, world: World) -> None:
    shown = post(client, f"{PAGE}/roles", role="commander", person="ariel@grocer")
    assert "The role is assigned." in shown
    assert "commander ariel@grocer" in shown
    assert "mitigate, one first" in shown
    one = {"mitigation": "roll-back", "argument.model": "partner_demand"}
    shown = post(client, f"{PAGE}/act", **one, key=key_of(client, "roll-back"), **{"argument.member": "69"})
    assert "look, then do the rest" in shown
    assert world.platform.routes.get("partner_demand").members == {"69": 7}
    shown = post(client, f"{PAGE}/act", **one, key=key_of(client, "roll-back"))
    assert world.platform.routes.get("partner_demand").primary == 7
    assert "roll back partner_demand, member 69 ariel@grocer done" in shown.split("Done so far")[1]
    assert "Whether it helped shows in the next windows of the indicators" in shown
    post(client, f"{PAGE}/notes", text="partners told")
    assert "mitigation" in post(client, f"{PAGE}/advance", action="recover").lower()
    kinds = [event.kind for event in world.ledger.events(subject="incident:2017-001")]
    assert kinds.count("incident.acted") == 2
    assert {"incident.role_assigned", "incident.noted", "incident.advanced"} <= set(kinds)


@pytest.mark.covers("I11")
def test_resolving_is_refused_until_the_indicator_is_back(client: Visitor, world: World) -> None:
    answer = client.post(f"{PAGE}/resolve", data={"actor": "ariel@grocer"})
    assert answer.status_code == 409
    assert "partners_joined [join=transactions x partners] is not back" in text_of(answer.text)
    assert f'href="{PAGE}"' in answer.text
    assert world.incidents.get("2017-001").state.is_open
    shown = post(client, f"{PAGE}/resolve", unverified="yes", reason="keys were mapped by hand")
    assert "Complete the draft" in shown
    assert "version 1" in text_of(client.get("/postmortems/2017-001").text)
    assert "2017-001" in text_of(client.get("/postmortems").text)


def test_the_same_form_sent_twice_acts_once(client: Visitor, world: World) -> None:
    form = {"mitigation": "post-notice", "argument.text": "we know", "key": key_of(client, "post-notice")}
    post(client, f"{PAGE}/act", **form)
    post(client, f"{PAGE}/act", **form)
    assert len(world.done) == 1


def test_a_mitigation_that_fails_is_told_and_stays_in_the_record(client: Visitor) -> None:
    post(client, f"{PAGE}/roles", role="commander", person="ariel@grocer")
    named = {"argument.model": "nothing", "argument.reason": "it answers the same questions"}
    form = {"mitigation": "roll-back", **named, "key": key_of(client, "roll-back")}
    shown = post(client, f"{PAGE}/act", **form)
    assert "It was tried and failed" in shown
    assert "roll back failed" in shown


@pytest.mark.covers("I1")
def test_anybody_can_declare(client: Visitor, world: World) -> None:
    form = {"title": "search finds nothing", "on": "search_ranking", "severity": "sev3"}
    shown = post(client, "/incidents", **form)
    assert "2017-002 search finds nothing" in shown
    assert "No monitor showed this" in shown
    assert world.incidents.get("2017-002").declared_by == "ariel@grocer"
    assert 'value="ariel@grocer"' in client.get(PAGE).text


def test_a_model_is_rolled_back_from_its_page_on_the_route_that_was_seen(client: Visitor, world: World) -> None:
    stale = client.post(
        "/models/partner_demand/rollback",
        data={"actor": "ariel@grocer", "reason": "empty joins", "to": "last-good", "epoch": "3"},
    )
    assert stale.status_code == 409
    post(client, "/models/partner_demand/rollback", reason="empty joins", to="6", epoch="15")
    assert world.platform.routes.get("partner_demand").primary == 6


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("path", "form", "status", "words"),
    [
        (f"{PAGE}/notes", {"text": "x"}, 400, "Fill in 'You are'"),
        (f"{PAGE}/notes", {"text": " ", "actor": "a"}, 400, "the note is empty"),
        (f"{PAGE}/notes", {"text": "x" * 200_000, "actor": "a"}, 400, "more than 100,000 bytes"),
        (f"{PAGE}/act", {"mitigation": "pray", "actor": "a"}, 404, "no mitigation named 'pray'"),
        (f"{PAGE}/roles", {"role": "king", "person": "p", "actor": "a"}, 400, "king"),
        (f"{PAGE}/advance", {"action": "close", "actor": "a"}, 409, "possible"),
        ("/incidents", {"title": "x", "on": "y", "severity": "sev9", "actor": "a"}, 400, "sev9"),
        ("/models/partner_demand/rollback", {"to": "x", "actor": "a"}, 400, "is not a version"),
    ],
)
def test_a_wrong_form_says_what_is_allowed(
    reader: Visitor, broken: World, path: str, form: dict[str, str], status: int, words: str
) -> None:
    before = broken.ledger.count()
    answer = reader.post(path, data=form)
    assert answer.status_code == status
    assert words in text_of(answer.text)
    assert broken.ledger.count() == before


def test_hostile_words_are_harmless_on_every_page(client: Visitor, world: World) -> None:
    incident = world.incidents.declare(HOSTILE, on="partner_demand", severity="sev1", actor=HOSTILE, key="h")
    world.incidents.assign(incident.id, "commander", HOSTILE, HOSTILE, key="h2")
    world.incidents.note(incident.id, HOSTILE + " [x](javascript:alert(4))", HOSTILE, key="h3")
    world.incidents.resolve(incident.id, actor=HOSTILE, key="h4", verify=False, reason=HOSTILE)
    client.cookies.set("steek_actor", "%22%3E%3Cscript%3Ealert(5)%3C/script%3E")
    event = world.ledger.events(kinds=["incident.noted"])[0]
    pages = ["/", "/incidents", f"/incidents/{incident.id}", f"/postmortems/{incident.id}", "/postmortems", "/ledger"]
    for path in [*pages, f"/ledger/{event.id}", f"/search?q={HOSTILE}", f"/lineage?of={HOSTILE}", f"/models/{HOSTILE}"]:
        html = client.get(path).text
        assert "<script>" not in html, path
        assert "<img" not in html, path
        assert "\u202e" not in html, path
        assert 'href="javascript' not in html, path
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", html)[0], path
    assert "{{ 7*7 }}" in unescape(client.get("/incidents").text)
