"""Emergency access, groups, refusals and concerns over HTTP and in the console: who gets in, and who does not."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import polars as pl
import pytest
from httpx import Response

from steek.console import build_console
from steek.http import build_api
from steek.platform import Platform, open_project

PROJECT = """
import steek as sk

patients = sk.Dataset(
    "patients",
    contract=sk.Contract(
        "patients",
        "1.0.0",
        (
            sk.Field("patient_id", "integer", key=True, sensitivity="personal", subject="patient"),
            sk.Field("surname", "string", sensitivity="personal"),
            sk.Field("ward", "integer"),
        ),
        owner="privacy@clinic",
    ),
    owner="privacy@clinic",
    mode="replace",
)
oncall = sk.Role("on-call", members=("ana@clinic",))
owners = sk.Role("owner", members=("ben@clinic", "cid@clinic"))
privacy = sk.Role("privacy", members=("pia@clinic",))
support = sk.Policy(
    "patients", to=("on-call",), purposes=("support",), columns={"patient_id": "pseudonym", "surname": "mask"},
    owner="privacy@clinic", reason="Equal patients can be seen to be equal.",
)
"""
SETTINGS = """
modules = "clinic_office"
concern_contacts = "olga@clinic,ben@clinic"
privacy_contact = "privacy@clinic"

[notify.targets.privacy]
kind = "webhook"
url = "http://127.0.0.1:1/"
secret = "s"
owners = ["privacy@*"]

[notify.targets.room]
kind = "webhook"
url = "http://127.0.0.1:1/"
secret = "s"
owners = ["shops@*"]

[notify.targets.trusted]
kind = "webhook"
url = "http://127.0.0.1:1/"
secret = "s"
purposes = ["concern"]
"""
SECRETS = ("Smith-Jones", "Okonkwo", "Tanaka")
OPENING = {"dataset": "patients", "columns": ["surname"], "rows": "ward == 2"}
ASKED = {"openings": [OPENING], "purpose": "labels are swapped", "why_raw": "the wristband has the name"}


class Clinic:
    """A project, and requests to it as somebody."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.app = build_api(platform)
        self.app.mount("/", build_console(platform))
        self.keys = 0
        tokens = (("ana", "member"), ("ben", "owner"), ("pia", "privacy"), ("out", "reader"), ("olga", "reader"))
        self.tokens = {name: self._token(name, role) for name, role in tokens}

    def _token(self, name: str, role: str) -> str:
        roles = (role,) if role in {"member", "owner", "privacy"} else ("on-call",)
        roles = ("member", "privacy") if role == "privacy" else roles
        made = self.platform.tokens.issue(f"{name}@clinic", roles, timedelta(days=1), key=name, actor="t")
        assert made.secret is not None
        return made.secret

    def ask(self, method: str, path: str, by: str | None = None, body: object = None, **form: str) -> Response:
        self.keys += 1
        headers = {"Idempotency-Key": f"k{self.keys}"}
        if by is not None:
            headers["Authorization"] = f"Bearer {self.tokens[by]}"
        content: dict[str, Any] = {} if body is None else {"json": body}
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
            content = {"content": urlencode(form)}

        async def send() -> Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as http:
                return await http.request(method, path, headers=headers, follow_redirects=False, **content)

        return asyncio.run(send())

    def post(self, path: str, by: str, **form: str) -> str:
        """A form of the console, sent by somebody with their token; the page that it leads to."""
        self.keys += 1
        sent = self.ask("POST", path, by, key=f"f{self.keys}", **form)
        assert sent.status_code == 303, (path, sent.status_code, sent.text)
        assert "set-cookie" not in sent.headers
        return sent.headers["location"]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder: Path = tmp_path_factory.mktemp("clinic") / "project"
    folder.mkdir()
    (folder / "clinic_office.py").write_text(PROJECT)
    (folder / "steek.toml").write_text(SETTINGS)
    platform = open_project(folder)
    rows = pl.DataFrame({"patient_id": [1, 2, 3], "surname": SECRETS, "ward": [1, 2, 2]})
    platform.ingestion.ingest("patients", rows, key="p", actor="till")
    made = Clinic(platform)
    platform.incidents.declare("labels are swapped", on="patients", severity="sev2", actor="ana", key="d")
    yield made
    platform.close()


def incident(clinic: Clinic) -> str:
    return clinic.platform.incidents.list()[-1].id


@pytest.mark.covers("I12", "D13")
def test_raw_data_over_http_from_the_question_to_the_close(clinic: Clinic) -> None:
    asked = clinic.ask("POST", "/v1/break-glass", "ana", ASKED | {"incident": incident(clinic)})
    assert (asked.status_code, asked.json()["code"]) == (403, "refused")
    clinic.ask("GET", "/v1/datasets/patients/rows?purpose=support", "ana")
    order = ASKED | {"incident": incident(clinic), "minutes": 10}
    # The token of a member gives no role that a policy names, so pseudonyms cannot be tried.
    made = clinic.ask("POST", "/v1/break-glass", "ana", order | {"why_not_first": "my role has no pseudonyms"})
    assert made.status_code == 201, made.text
    grant = f"/v1/break-glass/{made.json()['id']}"
    assert clinic.ask("POST", f"{grant}/rows", "ana", {}).status_code == 403
    for by in ("ana", None):
        assert clinic.ask("POST", f"{grant}/grant", by, {}).status_code == 403
    opened = clinic.ask("POST", f"{grant}/grant", "pia", {"note": "ok", "expected_version": 1})
    assert (opened.status_code, opened.json()["state"]) == (200, "granted")
    rows = clinic.ask("POST", f"{grant}/rows", "ana", {})
    assert (rows.status_code, rows.headers["cache-control"]) == (200, "no-store")
    assert sorted(row["surname"] for row in rows.json()["rows"]) == ["Okonkwo", "Tanaka"]
    assert rows.json()["closed"] == ["patient_id", "ward"]
    for by in ("pia", "ben"):
        assert clinic.ask("POST", f"{grant}/rows", by, {}).status_code == 403
    through = clinic.ask("GET", f"/v1/datasets/patients/rows?purpose=emergency:{made.json()['id']}", "ana")
    assert [set(row) for row in through.json()["rows"]] == [{"surname"}] * 2
    assert len(clinic.ask("GET", f"{grant}/uses", "ben").json()["items"]) == 2
    assert clinic.ask("POST", f"{grant}/end", "ana", {}).json()["state"] == "ended"
    assert clinic.ask("POST", f"{grant}/rows", "ana", {}).status_code == 403
    assert clinic.ask("POST", f"{grant}/review", "ana", {"verdict": "proper", "note": "x"}).status_code == 403
    reviewed = clinic.ask("POST", f"{grant}/review", "ben", {"verdict": "proper", "note": "two queries"})
    assert reviewed.json()["state"] == "reviewed"
    notices = [each for each in clinic.platform.notices.deliveries() if each.notice == f"emergency:{made.json()['id']}"]
    assert [(each.target, each.title) for each in notices] == [
        ("privacy", f"pia@clinic opened raw data to ana@clinic, incident {incident(clinic)}")
    ]
    told = json.dumps([event.payload for event in clinic.platform.ledger.events(limit=1000)])
    assert not [value for value in SECRETS if value in told]


@pytest.mark.covers("I12", "D13", "N4")
def test_narrow_roles_and_outsiders_see_nothing_of_incidents(clinic: Clinic) -> None:
    where = f"/v1/incidents/{incident(clinic)}"
    closed = (
        "/v1/incidents",
        where,
        *(f"{where}/{part}" for part in ("timeline", "groups", "refusals", "suspects", "postmortem")),
        "/v1/break-glass",
        "/v1/notices/targets",
        f"/incidents/{incident(clinic)}/status",
        "/incidents",
        "/v1/concerns",
        "/concerns",
        "/ledger",
    )
    for path in closed:
        assert clinic.ask("GET", path, "out").status_code == 403, path
    for path in ("/v1/break-glass", f"{where}/groups", f"{where}/refusals"):
        assert clinic.ask("POST", path, "out", {}).status_code == 403, path
    assert clinic.ask("GET", f"{where}/timeline", "ana").status_code == 200
    assert clinic.ask("GET", "/v1/concerns", "ana").status_code == 403


@pytest.mark.covers("I12")
def test_anybody_raises_a_concern_and_only_its_readers_see_it(clinic: Clinic) -> None:
    about = incident(clinic)
    clinic.platform.incidents.assign(about, "commander", "ben@clinic", "ana", key="c")
    body = {"text": "we were told to guess names", "incident": about, "anonymous": True}
    made = clinic.ask("POST", "/v1/concerns", "out", body)
    assert made.status_code == 201, made.text
    assert made.json()["readers"] == ["olga@clinic"]
    (seen,) = clinic.ask("GET", f"/v1/concerns?incident={about}", "olga").json()["items"]
    assert (seen["raised_by"], seen["text"]) == (None, "we were told to guess names")
    assert clinic.ask("GET", f"/v1/concerns?incident={about}", "ben").json()["items"] == []
    page = clinic.ask("GET", "/concerns", "olga")
    assert ("told to guess" in page.text, page.headers["cache-control"]) == (True, "no-store")
    assert "told to guess" not in clinic.ask("GET", "/concerns", "ben").text
    for path in (f"/incidents/{about}", "/notices", "/ledger"):
        assert "told to guess" not in clinic.ask("GET", path, "ben").text
    told = [each for each in clinic.platform.notices.deliveries() if each.notice == f"concern:{seen['id']}"]
    assert [(each.target, each.title) for each in told] == [("trusted", "Somebody raised a concern")]
    where, ticket = f"/v1/concerns/{seen['id']}", made.json()["ticket"]
    assert clinic.ask("POST", f"{where}/acknowledgement", "ben", {}).status_code == 404
    form = {"actor": "ben@clinic", "version": "1", "key": "seen"}
    assert clinic.ask("POST", f"/concerns/{seen['id']}/acknowledge", "olga", **form).status_code == 303
    answered = clinic.ask("POST", f"{where}/answer", "olga", {"text": "never again", "close": True})
    assert answered.json()["acknowledged_by"] == "olga@clinic"
    followed = clinic.platform.concerns.follow(seen["id"], ticket)
    assert (followed.answer, followed.state) == ("never again", "closed")
    assert clinic.ask("GET", f"{where}/answer", "out").status_code == 404
    events = [event for event in clinic.platform.ledger.events(limit=1000) if "concern" in event.kind]
    assert len(events) >= 3
    assert "out@clinic" not in str(events)
    assert about not in str(events)


@pytest.mark.covers("I9", "I12")
def test_the_business_agrees_with_a_token_of_no_role_in_the_team(clinic: Clinic) -> None:
    incidents, agreements = clinic.platform.incidents, clinic.platform.agreements
    about = incidents.declare("answers are odd", on="patients", severity="sev2", actor="cid", key="business").id
    incidents.assign(about, "commander", "cid", "cid", key="business")
    asked = agreements.ask(about, "post-notice", {"text": "wait"}, of="business", actor="cid", key="business").id
    agreements.name_answerer(about, "business", "out@clinic", reason="on duty", actor="cid", key="business")
    stranger = clinic.ask("POST", f"/v1/agreements/{asked}/agreement", "olga", {"answer": "yes"})
    assert (stranger.status_code, "may not answer for business" in stranger.text) == (403, True)
    agreed = clinic.ask("POST", f"/v1/agreements/{asked}/agreement", "out", {"answer": "for a day"})
    assert (agreed.status_code, agreed.json()["answered_by"]) == (200, "out@clinic")


@pytest.mark.covers("I12")
def test_two_people_work_it_in_the_console(clinic: Clinic) -> None:
    about = clinic.platform.incidents.declare("again", on="patients", severity="sev3", actor="ana", key="d2").id
    page = clinic.ask("GET", f"/incidents/{about}")
    for words in ("Who was harmed?", "Ask for raw data", "I will not do this", "Raise a concern", "/manifesto"):
        assert words in page.text, words
    form = {
        "actor": "ana@clinic", "key": "ask", "dataset": "patients", "columns": "surname", "rows": "ward == 1",
        "purpose": "names", "why_raw": "wristbands", "why_not_first": "no time", "minutes": "5",
    }  # fmt: skip
    assert clinic.ask("POST", f"/incidents/{about}/break-glass", **form).status_code == 303
    (grant,) = clinic.platform.break_glass.list(about)
    where = f"/break-glass/{grant.id}"
    assert clinic.ask("POST", f"{where}/grant", actor="ana@clinic", key="g", version="1").status_code == 403
    assert clinic.ask("POST", f"{where}/grant", actor="pia@clinic", key="g", version="1").status_code == 303
    assert clinic.ask("POST", f"{where}/rows", actor="pia@clinic").status_code == 403
    rows = clinic.ask("POST", f"{where}/rows", actor="ana@clinic")
    assert ("Smith-Jones" in rows.text, "Okonkwo" in rows.text) == (True, False)
    assert rows.headers["cache-control"] == "no-store"
    assert "Smith-Jones" not in clinic.ask("GET", f"/incidents/{about}").text
    assert clinic.ask("POST", f"{where}/end", actor="ana@clinic", key="e").status_code == 303
    groups = {"group.0": "ward 1", "harm.0": "harmed", "why.0": "its labels were swapped", "nobody": ""}
    assert clinic.ask("POST", f"/incidents/{about}/groups", actor="ana@clinic", key="w", **groups).status_code == 303
    refusal = {"actor": "ana@clinic", "what": "role:commander", "reason": "I labelled them", "key": "r"}
    assert clinic.ask("POST", f"/incidents/{about}/refusals", **refusal).status_code == 303
    clinic.platform.incidents.resolve(about, actor="cid", key="r", verify=False, reason="relabelled")
    blocked = clinic.ask("POST", f"/incidents/{about}/advance", actor="cid", action="close", key="x")
    assert ("was not reviewed" in blocked.text, blocked.status_code) == (True, 409)
    done = {"actor": "cid@clinic", "verdict": "proper", "note": "one row", "key": "v"}
    assert clinic.ask("POST", f"{where}/review", **done).status_code == 303
    assert clinic.ask("POST", f"/incidents/{about}/advance", actor="cid", action="close", key="y").status_code == 303
    told = clinic.ask("GET", f"/incidents/{about}").text
    assert "its labels were swapped" in told
    assert "I labelled them" in told


@pytest.mark.covers("I1", "I3", "I5", "I10", "O12")
def test_two_members_work_an_incident_with_their_tokens_and_no_typed_name(clinic: Clinic) -> None:
    # Each form says that somebody else sends it; the record says whose token it was.
    said = {"title": "wards are mixed up", "on": "patients", "severity": "sev2", "actor": "pia@clinic"}
    where = clinic.post("/incidents", "ana", **said).partition("?")[0]
    page = clinic.ask("GET", where, "pia").text
    names = set(re.findall(r'<input name="actor"[^>]*>', page))
    assert names
    assert all('value="pia@clinic" readonly' in field for field in names)
    assert "readonly" not in "".join(re.findall(r'<input name="actor"[^>]*>', clinic.ask("GET", where).text))
    typed = {"actor": "ana@clinic"}
    reached = [{"kind": "target", "value": "room"}]
    clinic.platform.oncall.set_contacts("pia@clinic", reached, actor="pia@clinic", key="pia")
    clinic.platform.paging.page(where.rpartition("/")[2], "pia@clinic", actor="ana@clinic", key="call")
    clinic.post(f"{where}/acknowledge", "pia", **typed)
    clinic.post(f"{where}/roles", "pia", role="commander", person="pia@clinic", **typed)
    clinic.post(f"{where}/notes", "ana", text="bed 4 too", actor="")
    clinic.post(f"{where}/updates", "pia", text="we look at the wards", **typed)
    clinic.post(f"{where}/ask", "ana", text="since when?", actor="pia@clinic")
    clinic.post(f"{where}/answer", "pia", question="1", text="since nine", **typed)
    clinic.post(f"{where}/hypotheses", "ben", text="the door list was swapped", **typed)
    story = clinic.platform.ledger.events(subject=f"incident:{where.rpartition('/')[2]}", limit=100)
    by = {event.kind: event.actor for event in story}
    assert by["incident.declared"] == by["incident.asked"] == by["incident.noted"] == "ana@clinic"
    assert by["incident.page_acknowledged"] == by["incident.role_assigned"] == by["incident.answered"] == "pia@clinic"
    assert (by["incident.updated"], by["incident.hypothesis_stated"]) == ("pia@clinic", "ben@clinic")
    # A form that is turned away comes back with the name that acts.
    turned = clinic.ask("POST", f"{where}/severity", "ana", severity="sev9", reason="worse", actor="pia@clinic")
    assert 'name="actor" value="ana@clinic" readonly' in turned.text
    # Persons' data stay the owner's, and whoever has neither role posts nothing here.
    assert clinic.ask("POST", "/privacy/erasures", "ana", actor="ben@clinic", key="e").status_code == 403
    assert clinic.ask("POST", f"{where}/notes", "out", text="x", actor="ana@clinic").status_code == 403


@pytest.mark.covers("I12")
def test_the_console_raises_without_a_name_and_shows_the_ticket_once(clinic: Clinic) -> None:
    page = clinic.ask("GET", f"/concerns/new?incident={incident(clinic)}")
    assert "past the commander" in page.text
    form = {"text": "<b>quietly</b>", "key": "q", "actor": "", "incident": ""}
    made = clinic.ask("POST", "/concerns/raise", **form)
    assert (made.status_code, "shown only now" in made.text, made.headers["cache-control"]) == (200, True, "no-store")
    assert "shown only now" not in clinic.ask("POST", "/concerns/raise", **form).text
    assert "&lt;b&gt;quietly" in clinic.ask("GET", "/concerns", "olga").text
    assert clinic.ask("GET", "/concerns").status_code == 403
    manifesto = clinic.ask("GET", "/manifesto")
    assert "I may refuse" in manifesto.text
    assert "Their data are closed to me" in manifesto.text


@pytest.mark.covers("I12")
def test_the_manifesto_of_the_console_is_that_of_the_documentation() -> None:
    root = Path(__file__).parents[2]
    shown = root / "src" / "steek" / "incidents" / "ethics" / "manifesto.md"
    assert shown.read_text() == (root / "docs" / "manifesto.md").read_text()
