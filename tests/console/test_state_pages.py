"""Signals, impact, severity, merges, corrections and pins from the console, without JavaScript."""

import asyncio
from pathlib import Path

import pytest
from console_world import World
from visitor import Visitor, text_of

from steek.incidents import Said, keep

PAGE = "/incidents/2017-001"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'


def post(client: Visitor, path: str, **form: str) -> str:
    """Send a form as ariel and return the page it leads to."""
    answer = client.post(path, data={"actor": "ariel@grocer", **form})
    assert answer.status_code == 200, text_of(answer.text)
    assert "<script>alert" not in answer.text
    assert "onerror=alert" not in answer.text.replace("&lt;img src=x onerror", "")
    return text_of(answer.text)


@pytest.mark.covers("I1", "N4")
def test_two_lines_filed_by_two_people_are_declared_from_the_page(client: Visitor, world: World) -> None:
    shown = post(client, "/signals", text="search shows nothing", on="search_ranking", kind="support", key="1")
    assert "Filed. When somebody else notices something near it" in shown
    assert "ariel@grocer search shows nothing" in shown
    answer = client.post(
        "/signals",
        data={"actor": "lee@finance", "text": HOSTILE, "on": "search_ranking", "kind": "finance", "key": "2"},
    )
    assert "<script>alert" not in answer.text
    assert "by 2 sources within" in text_of(answer.text)
    [prompt] = world.platform.signals.prompts()
    shown = post(client, f"/signals/prompts/{prompt.id}/incident", severity="sev3", title="", key="3")
    assert "signal taken in, support note from ariel@grocer" in shown
    assert len(world.incidents.list()) == 2
    post(client, "/signals", text="odd", on="elsewhere", kind="other", key="4")
    [left] = world.platform.signals.list(open_only=True)
    assert "Dismissed, with your reason." in post(client, f"/signals/{left.id}/dismissal", reason="a test", key="5")


@pytest.mark.covers("I13", "I3", "N4")
def test_turns_and_contacts_are_written_and_people_are_called_by_forms(client: Visitor, world: World) -> None:
    turns = {"people": "ada, ben", "starts": "2017-01-02", "covers": "search_*", "hours": "8000", "ends": "2099-01-01"}
    asked = {**turns, "name": "core", "zone": "Europe/Berlin", "hands-over": "08:30", "escalation": "5:next, 9:ben"}
    shown = post(client, "/on-call/rotations", **asked, duty="operations", version="0", key="o1")
    assert "Kept. Look below for gaps, and for people whom nothing calls." in shown
    assert "nobody would hear it" in shown
    assert "no target reaches ada, so nothing calls them" in shown
    known = world.platform.oncall.rotations()["core"]
    assert (known.people, f"{known.hands_over_at:%H:%M}", known.unreached) == (("ada", "ben"), "08:30", ("ada", "ben"))
    assert [(step.after_minutes, step.to) for step in known.escalation] == [(5, "next"), (9, "ben")]
    late = client.post("/on-call/rotations", data={"actor": "sam", **asked, "version": "0", "key": "o2"})
    assert (late.status_code, "changed by ariel@grocer" in text_of(late.text)) == (409, True)
    assert "is no number" in text_of(client.post("/on-call/rotations", data={"actor": "a", **asked, "hours": "x"}).text)
    shown = post(client, "/on-call/contacts", person="ben", contacts=f"phone:+49 30 1\nmail:{HOSTILE}", key="o3")
    assert "Only whoever has a role in this project reads how people are reached." in shown
    assert "+49 30 1" not in shown
    assert "/on-call?system=search_ranking#reachable" in client.get("/models/search_ranking").text
    shown = text_of(client.get("/on-call?system=search_ranking").text)
    assert "next in core" in shown
    assert "no modelling rotation covers" in shown
    shown = post(client, f"{PAGE}/call", to="ben", key="o4")
    assert "Called. The timeline says when it arrives." in shown
    assert "no target reaches ben (asked for by ariel@grocer)" in shown
    assert "is already" not in post(client, f"{PAGE}/roles", role="shadow", person="new@grocer", key="o5")
    post(client, f"{PAGE}/leave-shadow", person="new@grocer", key="o6")
    assert world.incidents.get("2017-001").shadows == ()
    assert "Taken out." in post(client, "/on-call/rotations/remove", name="core", key="o7")


@pytest.mark.covers("I2", "I5", "N4")
def test_the_state_of_an_incident_is_said_by_forms(client: Visitor, world: World) -> None:
    assert "Not known: users" in text_of(client.get(PAGE).text)
    said = {"dimension": "users", "low": "10", "high": "20,000", "evidence": HOSTILE, "names": "a\nb"}
    shown = post(client, f"{PAGE}/impact", **said, key="1")
    assert "10 to 20,000 users" in shown
    assert world.incidents.get("2017-001").severity == "sev1"
    version = str(world.incidents.get("2017-001").version)
    shown = post(client, f"{PAGE}/severity", severity="sev3", reason="one shop only", version=version, key="2")
    assert "By rule sev1: users: 10 to 20,000 users" in shown
    assert "Set to sev3 because one shop only" in shown
    late = client.post(
        f"{PAGE}/severity", data={"actor": "sam", "severity": "sev2", "reason": "x", "version": version, "key": "3"}
    )
    assert late.status_code == 409
    assert "changed by ariel@grocer while you were looking" in text_of(late.text)
    assert "elsewhere" in post(client, f"{PAGE}/systems", system="elsewhere", affected="yes", reason="same", key="4")
    shown = post(
        client, f"{PAGE}/corrections", phase="start", edge="start", earliest="2017-10-14T08:00", text="till", key="5"
    )
    assert "till, corrected by ariel@grocer" in shown
    assert "the gate held" in post(client, f"{PAGE}/near-miss", defence="the gate held", key="6")
    other = world.incidents.declare("the same", on="search_ranking", severity="sev3", actor="sam", key="7")
    shown = post(client, f"/incidents/{other.id}/merge", into="2017-001", reason="one cause", key="8")
    assert f"Takes in {other.id}" in shown
    assert "Part of 2017-001" in text_of(client.get(f"/incidents/{other.id}").text)
    wrong = client.post(
        f"{PAGE}/impact", data={"actor": "a", "dimension": "users", "low": "many", "evidence": "x", "key": "9"}
    )
    assert (wrong.status_code, "'many' is not a number" in text_of(wrong.text)) == (400, True)


@pytest.mark.covers("I1", "I11", "N4")
def test_an_alert_is_let_go_declared_on_from_its_page_and_attached_in_the_room(client: Visitor, world: World) -> None:
    alert = world.platform.attaching.attached("2017-001")[0]
    own, room = f"/alerts/{alert.alert_id}", text_of(client.get(PAGE).text)
    assert "What shows it: " in room
    assert "Declare an incident" not in text_of(client.get(own).text), "it has one"
    version = str(world.incidents.get("2017-001").version)
    let_go = {"alert": alert.alert_id, "belongs": "no", "reason": HOSTILE, "version": version}
    shown = post(client, f"{PAGE}/alerts", **let_go, key="d")
    assert "The alerts are as you said." in shown
    assert "Open on its systems, of no incident" in shown
    form = client.get(own).text
    assert "what else is open on its systems as evidence" in text_of(form)
    shown = post(client, "/incidents", alert=alert.alert_id, title="again", severity="sev3", note="Kim rang", key="n")
    assert "Kim rang" in shown
    [second] = [one for one in world.incidents.list() if one.title == "again"]
    assert second.subject == world.incidents.get("2017-001").subject
    refused = client.post(f"{PAGE}/alerts", data={"actor": "a", "alert": alert.alert_id, "belongs": "yes", "key": "x"})
    assert (refused.status_code, f"belongs to incident {second.id} already" in text_of(refused.text)) == (409, True)
    post(client, f"/incidents/{second.id}/alerts", **{**let_go, "version": "1"}, key="e")
    assert "The alerts are as you said." in post(client, f"{PAGE}/alerts", alert=alert.alert_id, belongs="yes", key="f")
    assert alert.alert_id in {one.alert_id for one in world.platform.attaching.attached("2017-001")}


@pytest.mark.covers("I1", "N4")
def test_what_waits_on_this_machine_is_said_above_the_list(client: Visitor, world: World) -> None:
    assert "Not in this list" not in client.get("/incidents").text
    kept = keep(
        [world.platform.settings.data_path],
        Said("waits", "x", "sev2", "ariel", True, "w1"),
        said_at=world.platform.clock.now(),
        reason="away",
    )
    shown = text_of(client.get("/incidents").text)
    assert "Not in this list: 1 declaration waits on this machine: nobody was paged" in shown
    Path(kept.path).write_text("{broken")
    assert f"1 kept file cannot be read: {kept.path}" in text_of(client.get("/incidents").text)


@pytest.mark.covers("I5", "N4")
def test_charts_and_files_are_pinned_and_never_run(client: Visitor, world: World) -> None:
    alert = world.platform.monitoring.alerts("firing")[0]
    post(client, f"{PAGE}/pins", monitor=alert.monitor, slice=alert.slice or "", title=HOSTILE, key="1")
    hostile = b"<html><script>alert(document.cookie)</script>"
    sent = client._ask(  # pyright: ignore[reportPrivateUsage]
        "POST",
        f"{PAGE}/files",
        data={"actor": "ariel@grocer", "key": "2"},
        files={"file": (f"{HOSTILE}.html", hostile, "text/html")},
    )
    answer = asyncio.run(sent)
    assert answer.status_code == 200, text_of(answer.text)
    assert "<script>alert" not in answer.text
    chart, file = sorted(world.platform.pins.list("2017-001"), key=lambda pin: pin.kind)
    picture = client.get(f"/pins/{chart.id}/chart.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "<script" not in picture.text
    kept = client.get(f"/pins/{file.id}/file")
    assert kept.content == hostile
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/pins/{file.id}/chart.svg").status_code == 404
    large = client._ask(  # pyright: ignore[reportPrivateUsage]
        "POST", f"{PAGE}/files", data={"actor": "a", "key": "3"}, files={"file": ("x", b"x" * 11_000_000, "text/plain")}
    )
    refused = asyncio.run(large)
    assert (refused.status_code, "10,000,000" in text_of(refused.text)) == (400, True)
