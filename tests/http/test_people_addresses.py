"""On-call, pages, updates, questions and handovers over HTTP: every address, and each write once per key."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from httpx import Response

from steek.console import build_console
from steek.http.app import build_api
from steek.platform import Platform, open_project

SPAN = {"start_at": "2030-01-01T08:00:00Z", "end_at": "2030-01-02T08:00:00Z"}
PROJECT = """
import steek as sk

boss = sk.Stakeholder("owners", "boss@shop", "business", sees="everything")
"""


class Caller:
    """One caller at an address of this machine, or of another."""

    def __init__(self, app: Any, address: str, secret: str | None = None) -> None:
        self._app = app
        self._address = address
        self._signed = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    def request(self, method: str, path: str, **given: Any) -> Response:
        return asyncio.run(self._send(method, path, **given))

    def get(self, path: str) -> Response:
        return self.request("GET", path)

    def post(self, path: str, **given: Any) -> Response:
        return self.request("POST", path, **given)

    async def _send(self, method: str, path: str, *, follow_redirects: bool = True, **given: Any) -> Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 5000))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", follow_redirects=follow_redirects
        ) as client:
            given["headers"] = {**given.pop("headers", {}), **self._signed}
            return await client.request(method, path, **given)


class Doors:
    """The API with the console behind it, as a caller on this machine meets it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.app = build_api(platform)
        self.app.mount("/", build_console(platform))
        self.client = Caller(self.app, "127.0.0.1")

    def stranger(self, principal: str) -> Caller:
        """Somebody elsewhere with a token that gives no role."""
        made = self.platform.tokens.issue(principal, (), timedelta(days=1), key=f"token {uuid4()}", actor="owner")
        return Caller(self.app, "203.0.113.9", made.secret)

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def write(self, method: str, path: str, body: object = None, *, by: str = "ada", key: str | None = None) -> Any:
        """Twice with one key: the second writes nothing and answers the same."""
        headers = {"Idempotency-Key": key or f"{method} {path} {body}", "X-Steek-Actor": by}
        first, events = self._send(method, path, body, headers), self.platform.ledger.count()
        second = self._send(method, path, body, headers)
        assert first.is_success, (path, first.text)
        assert self.platform.ledger.count() == events, path
        assert second.is_success, path
        return first.json()

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> Response:
        return self.client.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop_people.py").write_text(PROJECT)
    (folder / "steek.toml").write_text('name = "people"\nmodules = "shop_people"\n')
    platform = open_project(folder)
    yield Doors(platform)
    platform.close()


@pytest.fixture
def incident(doors: Doors, request: pytest.FixtureRequest) -> str:
    """Declared over HTTP with a rotation that covers it, and communications named; each test has one of its own."""
    rotation = {"people": ["ada", "ben"], "starts_on": "2020-01-06", "zone": "Europe/Berlin", "shift_hours": 8000}
    added = doors.write("PUT", "/v1/oncall/rotations/core", rotation)
    assert (added["version"], added["unreached"]) == (1, ["ada", "ben"])
    asked = {"title": "orders are missing", "on": "orders_model", "severity": "sev1"}
    declared = doors.write("POST", "/v1/incidents", asked, key=request.node.name)
    doors.write("POST", f"/v1/incidents/{declared['id']}/roles", {"role": "communications", "person": "com"})
    return declared["id"]


@pytest.mark.covers("I13", "N4")
def test_rotations_calendar_and_people(doors: Doors, incident: str) -> None:
    assert [one["name"] for one in doors.get("/v1/oncall/rotations")["items"]] == ["core"]
    assert doors.get("/v1/oncall")["items"][0]["warning"].startswith("no target reaches ")
    assert "nobody would hear it" in doors.client.get("/on-call").text
    assert "Nobody could be called" in doors.client.get(f"/incidents/{incident}").text
    assert doors.get("/v1/oncall/watches?days=3")["items"][0]["rotation"] == "core"
    assert doors.get("/v1/oncall/gaps")["items"] == []
    doors.write("POST", "/v1/oncall/absences", {"person": "ben", **SPAN})
    (made,) = doors.write("POST", "/v1/oncall/overrides", {"rotation": "core", "person": "kim", **SPAN})["overrides"]
    doors.write("DELETE", f"/v1/oncall/exceptions/{made['id']}")
    assert doors.get("/v1/oncall/exceptions")["overrides"] == []
    doors.write("PUT", "/v1/oncall/contacts/ada", {"contacts": [{"kind": "phone", "value": "+49 30 1"}]})
    assert doors.get("/v1/oncall/contacts")["items"][0]["contacts"][0]["value"] == "+49 30 1"
    assert doors.get("/v1/oncall/reachable?system=orders_model")["chain"][-1]["person"] == "boss@shop"
    calendar = doors.client.get("/v1/oncall/calendar.ics?rotation=core")
    assert calendar.headers["content-type"].startswith("text/calendar")
    doors.write("PUT", "/v1/oncall/stakeholders/till", {"person": "cashier", "part": "product"})
    assert {"owners", "till"} <= {one["name"] for one in doors.get("/v1/oncall/stakeholders")["items"]}
    doors.write("DELETE", "/v1/oncall/stakeholders/till")
    doors.write("PUT", "/v1/oncall/rotations/old", {"people": ["zoe"], "starts_on": "2020-01-06"})
    doors.write("DELETE", "/v1/oncall/rotations/old")
    assert incident


@pytest.mark.covers("I13", "N4")
def test_a_page_is_seen_added_to_and_answered(doors: Doors, incident: str) -> None:
    assert incident in {page["incident_id"] for page in doors.get("/v1/oncall/pages")["items"]}
    doors.write("PUT", "/v1/oncall/contacts/ben", {"contacts": []})
    doors.write("POST", f"/v1/oncall/pages/{incident}", {"to": "ben"})
    assert doors.write("POST", f"/v1/oncall/pages/{incident}/acknowledgement", by="ben")["acknowledged_by"] == "ben"
    assert doors.client.post("/v1/oncall/attendance").json() == {"made": 0, "sent": 0}
    assert incident not in {page["incident_id"] for page in doors.get("/v1/oncall/pages")["items"]}


@pytest.mark.covers("I10", "N4")
def test_updates_questions_and_the_page_for_outsiders(doors: Doors, incident: str) -> None:
    here = f"/v1/incidents/{incident}"
    doors.write("POST", f"{here}/updates", {"text": "the join is broken", "outside": "Orders are late."})
    doors.write("POST", f"{here}/updates/1/approval", by="com")
    doors.write("POST", f"{here}/cadence", {"every_minutes": 20})
    doors.write("POST", f"{here}/questions", {"text": "how much?"}, by="ceo")
    doors.write("POST", f"{here}/questions/1/answer", {"text": "little"}, by="com")
    assert doors.get(f"{here}/updates")["items"][0]["number"] == 1
    assert doors.get(f"{here}/status")["questions"][0]["answer"] == "little"
    assert "known" not in doors.get(f"{here}/status?sees=summary")
    assert doors.client.get(f"{here}/status?form=markdown").text.startswith(f"# Incident {incident}")
    link = doors.write("POST", f"{here}/outside-page", {"title": "Late orders"}, by="com")
    assert doors.get(f"/v1{link['path']}")["entries"][0]["text"] == "Orders are late."
    assert "<!doctype html>" in doors.client.get(f"/v1{link['path']}?form=html").text
    stranger = Caller(doors.app, "203.0.113.9")
    page = stranger.get(link["path"])
    assert page.status_code == 200
    assert "Orders are late." in page.text
    private = (incident, "orders are missing", "orders_model", "ada", "com", "ceo", "join", "little", "/v1", "href")
    assert [each for each in private if each in page.text.replace("compatible", "")] == []
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    paths = ("/on-call", f"/incidents/{incident}/status", f"{here}/status", f"/v1{link['path']}")
    assert [stranger.get(path).status_code for path in paths] == [401, 401, 401, 200]
    doors.write("DELETE", f"{here}/outside-page", by="com")
    gone = stranger.get(link["path"])
    assert (gone.status_code, "orders_model" in gone.text, "nav" in gone.text) == (404, False, False)


@pytest.mark.covers("I3", "N4")
def test_roles_are_handed_over(doors: Doors, incident: str) -> None:
    here = f"/v1/incidents/{incident}"
    assert "**Known**" in doors.get(f"{here}/handover-draft")["summary"]
    offered = doors.write("POST", f"{here}/handovers", {"role": "commander", "to": "ben"})
    doors.write("POST", f"/v1/handovers/{offered['id']}/acceptance", by="ben")
    other = doors.write("POST", f"{here}/handovers", {"role": "commander", "to": "kim"}, by="ben")
    doors.write("DELETE", f"/v1/handovers/{other['id']}", by="ben")
    doors.write("POST", f"{here}/takeovers", {"role": "commander", "reason": "no answer"})
    assert [one["state"] for one in doors.get(f"{here}/handovers")["items"]] == ["taken", "withdrawn", "accepted"]
    doors.write("POST", f"{here}/roles", {"role": "shadow", "person": "zoe"})
    doors.write("DELETE", f"{here}/shadows/zoe")


@pytest.mark.covers("I10", "I13")
def test_the_console_shows_and_takes_the_same(doors: Doors, incident: str) -> None:
    client = doors.client
    for path in ("/on-call", f"/incidents/{incident}/status", f"/incidents/{incident}", "/on-call/calendar.ics"):
        assert client.get(path).status_code == 200, path
    form = {"actor": "com", "text": "<b>more</b>", "next": "15", "key": "f"}
    for _ in range(2):
        assert client.post(f"/incidents/{incident}/updates", data=form, follow_redirects=False).status_code == 303
    status = client.get(f"/incidents/{incident}/status").text
    assert status.count("&lt;b&gt;more&lt;/b&gt;") == 2
    asked = {"actor": "ceo", "text": "when?", "key": "q"}
    assert "when?" in client.post(f"/incidents/{incident}/ask", data=asked).text
    away = {"actor": "ada", "person": "ada", "start": "2031-01-01T09:00", "end": "2031-01-02T09:00", "key": "a"}
    assert "is away" in client.post("/on-call/absence", data=away).text
    refused = client.post("/on-call/absence", data={**away, "end": "never", "key": "b"})
    assert (refused.status_code, "the times cannot be read" in refused.text) == (400, True)


@pytest.mark.covers("I2", "I3")
@pytest.mark.parametrize("by_header", [True, False], ids=["If-Match", "body"])
def test_who_decides_second_is_told_who_did_what(doors: Doors, incident: str, by_header: bool) -> None:
    at = f"/v1/incidents/{incident}"
    tag = doors.client.get(at).headers["ETag"]
    doors.write("POST", f"{at}/roles", {"role": "commander", "person": "ada"}, by="ada", key=f"{at} {by_header}")
    late: dict[str, dict[str, object]] = {
        "roles": {"role": "commander", "person": "bo"},
        "actions": {"mitigation": "post-notice", "arguments": {"text": "wait"}},
        "phase": {"action": "investigate"},
        "resolution": {"verify": False, "reason": "over"},
        "severity": {"severity": "sev3", "reason": "better"},
        "systems": {"system": "model:other", "reason": "too"},
        "merge": {"into": "2000-001", "reason": "same"},
        "unmerge": {"reason": "not the same"},
        "handovers": {"role": "commander", "to": "kim", "summary": "all is known"},
        "takeovers": {"role": "operations", "reason": "nobody there"},
    }
    for part, body in late.items():
        headers = {"Idempotency-Key": f"late {part}", "X-Steek-Actor": "bo"}
        seen: dict[str, Any] = {} if by_header else {"expected_version": int(tag.strip('"'))}
        refused = doors.client.post(
            f"{at}/{part}", json=body | seen, headers=headers | ({"If-Match": tag} if by_header else {})
        )
        assert (refused.status_code, refused.json()["code"]) == (412, "stale_write"), part
        assert "changed by ada while you were looking" in refused.json()["title"]
        assert refused.json()["details"]["since"] == ["ada: ada is commander"]
    both = doors.client.post(
        f"{at}/phase", json={"action": "investigate", "expected_version": 1}, headers={"If-Match": '"2"'}
    )
    assert (both.status_code, both.json()["code"]) == (400, "input")


@pytest.mark.covers("I5")
def test_a_timeline_is_read_page_by_page_and_then_only_what_is_new(doors: Doors, incident: str) -> None:
    at = f"/v1/incidents/{incident}"
    for number in range(5):
        doors.write("POST", f"{at}/notes", {"text": f"note {number}"}, key=f"{at} {number}")
    told = doors.get(f"{at}/timeline?kind=incident.noted&limit=2")
    assert [one["text"] for one in told["items"]] == ["note 3", "note 4"]
    earlier = doors.get(f"{at}/timeline?kind=incident.noted&limit=3&before={told['next_before']}")
    assert [one["text"] for one in earlier["items"]] == ["note 0", "note 1", "note 2"]
    assert earlier["next_before"] is None
    assert doors.get(f"{at}/timeline?after={told['latest']}")["items"] == []
    old = {"text": "seen long ago", "said_at": "2020-01-01T00:00:00Z"}
    doors.write("POST", f"{at}/notes", old, key=f"{at} old")
    assert [one["text"] for one in doors.get(f"{at}/timeline?after={told['latest']}")["items"]] == ["seen long ago"]
    assert doors.get(f"{at}/timeline?since=2100-01-01T00:00:00Z")["items"] == []
    assert {one["own"] for one in doors.get(f"{at}/timeline?own=true")["items"]} == {True}
    assert doors.client.get(f"{at}/timeline?before=nothing").status_code == 404
    assert doors.client.get(f"{at}/timeline?since=2020-01-01T00:00:00").status_code == 400
    assert doors.get(f"{at}/next")["items"][0]["title"] == "name a commander"


@pytest.mark.covers("I3", "I10", "N4")
def test_stakeholders_look_and_ask_in_the_view_of_their_row(doors: Doors, incident: str) -> None:
    here, page = f"/v1/incidents/{incident}", f"/incidents/{incident}/status"
    doors.write("PUT", "/v1/oncall/stakeholders/money", {"person": "cfo@shop", "part": "finance"})
    said = {"text": "the join is broken", "doing": "it goes back", "outside": "Orders are late.", "impact": "many"}
    doors.write("POST", f"{here}/updates", said, by="com")
    cfo, boss, eve = (doors.stranger(name) for name in ("cfo@shop", "boss@shop", "eve@shop"))
    assert eve.get(page).status_code == eve.get(f"{here}/status").status_code == 403
    assert eve.get("/v1/incidents/2026-999/status").text == eve.get(f"{here}/status").text.replace(incident, "2026-999")
    for asked in ("", "?sees=everything", "?form=markdown", "?sees=everything&form=markdown"):
        seen = cfo.get(f"{here}/status{asked}").json()
        assert [each["text"] for each in seen.get("entries", [])] == ["Orders are late."], seen
        assert "known" not in seen
    assert "entries" in cfo.get(f"{here}/status?sees=outsider").json()
    assert "severity" not in cfo.get(f"{here}/status?sees=outsider").json()
    assert boss.get(f"{here}/status").json()["known"] == "the join is broken"
    shown = cfo.get(page).text
    assert "Orders are late." in shown
    private = ("join", "goes back", "orders_model", "orders are missing", "ada", ">com", "On-call", "/incidents?")
    assert [each for each in private if each in shown] == []
    assert "it goes back" in boss.get(page).text
    # Nothing else opens to them, and what they ask they read the answer of.
    assert cfo.get(f"/incidents/{incident}").url.path == page
    assert eve.get(f"/incidents/{incident}").status_code == 403
    for path in ("/incidents", "/on-call", here, f"{here}/updates", f"{here}/timeline"):
        assert cfo.get(path).status_code == boss.get(path).status_code == 403, path
    form = {"text": "what does it cost?", "key": "cost", "actor": "somebody else"}
    answer = cfo.post(f"/incidents/{incident}/ask", data=form)
    assert (answer.status_code, "what does it cost?" in answer.text) == (200, True)
    (question,) = doors.get(f"{here}/status")["questions"]
    assert (question["asked_by"], question["asked_as"]) == ("cfo@shop", "summary")
    shown = doors.client.get(page).text
    assert "sees the summary" in shown
    assert "No target reaches cfo@shop (finance), boss@shop (business)" in shown
    refused = doors.client.post(
        f"{here}/questions/1/answer", json={"text": "orders_model is ours"}, headers={"Idempotency-Key": "no"}
    )
    assert (refused.status_code, "orders_model" in refused.text) == (400, True)
    doors.write("POST", f"{here}/questions/1/answer", {"text": "Little."}, by="com")
    assert "Little." in cfo.get(page).text
    asked = {"text": "and now?"}
    assert eve.post(f"{here}/questions", json=asked, headers={"Idempotency-Key": "eve"}).status_code == 403
    assert cfo.post(f"{here}/questions", json=asked, headers={"Idempotency-Key": "cfo"}).status_code == 201
    assert cfo.post(f"{here}/updates", json=asked, headers={"Idempotency-Key": "cfo"}).status_code == 403


@pytest.mark.covers("I3", "I9")
def test_the_business_agrees_on_the_page_that_it_sees(doors: Doors, incident: str) -> None:
    here, page = f"/v1/incidents/{incident}", f"/incidents/{incident}/status"
    call = {"mitigation": "fall-back", "of": "business", "arguments": {"model": "orders_model"}, "reason": "too high"}
    asked = doors.write("POST", f"{here}/agreements", call, key=f"{incident} fall back")
    doors.write("PUT", "/v1/oncall/stakeholders/money", {"person": "cfo@shop", "part": "finance"})
    boss, cfo = doors.stranger("boss@shop"), doors.stranger("cfo@shop")
    assert "You are asked" not in cfo.get(page).text
    shown = boss.get(f"/incidents/{incident}")
    assert (shown.url.path, "You are asked" in shown.text, "fall back" in shown.text) == (page, True, True)
    form = {"key": "say", "agreement_version": str(asked["version"]), "say": "agree", "answer": "do", "actor": "ada"}
    refused = cfo.post(f"/incidents/{incident}/agreements/{asked['id']}", data=form)
    assert refused.status_code == 403
    answer = boss.post(f"/incidents/{incident}/agreements/{asked['id']}", data=form)
    assert (answer.status_code, answer.url.path) == (200, page)
    (agreement,) = (one for one in doors.get(f"{here}/agreements")["items"] if one["id"] == asked["id"])
    assert (agreement["state"], agreement["answered_by"], agreement["answer"]) == ("agreed", "boss@shop", "do")


@pytest.mark.covers("I10", "N4")
def test_the_console_asks_for_words_that_are_names_and_corrects(doors: Doors, incident: str) -> None:
    room, page = f"/incidents/{incident}", f"/incidents/{incident}/status"
    client = doors.client
    form = {"actor": "com", "text": "x", "outside": "The core is late.", "outside-next": "30", "key": "w"}
    told = client.post(f"{room}/updates", data=form).text
    assert "Outsiders read nothing of it yet" in told
    assert 'name="meant:core" required' in told
    approval = {"actor": "com", "number": "1", "key": "wa"}
    assert client.post(f"{room}/approve", data=approval).status_code == 400
    assert "It promises more by" in client.post(f"{room}/approve", data={**approval, "meant:core": "on"}).text
    link = client.post(f"{room}/publish", data={"actor": "com", "title": "Late orders", "key": "wp"}).text
    assert "Change its title" in link
    again = {"actor": "com", "number": "1", "text": "", "reason": "not so", "key": "wc"}
    assert "taken back" in client.post(f"{room}/correct-outside", data=again).text
    doors.write("POST", f"/v1{room}/updates/1/correction", {"text": "It is late.", "reason": "so it is"}, by="com")
    assert "corrected" in client.get(page).text
