"""Reading over HTTP: as whom, what comes back, and what never does."""

import asyncio
import base64
import io
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from httpx import Response
from tests.real_year import real_year

from steek.console import build_console
from steek.governance import ReadQuery, list_reads
from steek.http import build_api
from steek.kernel.windows import Window
from steek.platform import Platform, open_project

HERE = Path(__file__).parent
ROWS = "/v1/datasets/demographics/rows"
DAY = timedelta(days=1)


def households() -> pl.DataFrame:
    """All 801 households that told about themselves."""
    columns = ("household_id", "age", "income", "home_ownership", "household_size")
    return pl.read_parquet(real_year() / "demographics.parquet").select(columns)


class Office:
    """The project, and requests to it from one machine or another."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.app = build_api(platform)
        self.app.mount("/", build_console(platform))

    def ask(
        self,
        path: str,
        token: str | None = None,
        *,
        method: str = "GET",
        client: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
        body: object = None,
        **parameters: Any,
    ) -> Response:
        sent = {**(headers or {}), **({} if token is None else {"Authorization": f"Bearer {token}"})}

        async def send() -> Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(client, 5000))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as http:
                return await http.request(method, path, headers=sent, params=parameters or None, json=body)

        return asyncio.run(send())

    def token(self, principal: str, *roles: str, key: str | None = None, life: timedelta = DAY) -> str:
        made = self.platform.tokens.issue(principal, roles, life, key=key or f"{principal} {roles}", actor="ed")
        assert made.secret is not None
        return made.secret


def open_office(folder: Path, **settings: str) -> Office:
    if not folder.exists():
        shutil.copytree(HERE / "household_office", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Office(open_project(folder, overrides=settings))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_office(tmp_path_factory.mktemp("office") / "project")
    made.platform.ingestion.ingest("demographics", households(), key="year", actor="till")
    now = made.platform.clock.now()
    visits = pl.DataFrame(
        {
            "household_id": [1, 2, 3],
            "store_id": [7, 7, 8],
            "spent_usd": [1.5, 2.5, 9.0],
            "visited_at": [now - 2 * DAY, now - 60 * DAY, now - DAY],
        }
    )
    made.platform.ingestion.ingest("visits", visits, key="visits", actor="till")
    yield made
    made.platform.close()


@pytest.mark.covers("D13", "I12")
def test_rows_come_as_the_policy_of_the_token_gives_them(office: Office) -> None:
    found = office.ask(ROWS, office.token("ana@grocer"), purpose="research", limit=1000)
    assert found.status_code == 200, found.text
    body = found.json()
    owners = households().filter(pl.col("home_ownership") == "Homeowner")
    assert len(body["rows"]) == owners.height
    assert set(body["rows"][0]) == {"age", "income", "home_ownership", "household_size"}
    assert {row["income"] for row in body["rows"]} == {"•••"}
    assert (body["closed"], found.headers["X-Steek-Version"]) == (["household_id"], "1")
    (read,) = list_reads(office.platform.database, ReadQuery(principal="ana@grocer"), 1)
    assert (read.purpose, read.dataset, read.verdict) == ("research", "demographics", "partly")
    assert read.token is not None


@pytest.mark.covers("D13")
def test_rows_come_as_json_lines_or_arrow_too(office: Office) -> None:
    ask: dict[str, Any] = {"purpose": "research", "columns": "age,home_ownership", "where": "age == '65+'", "limit": 5}
    token = office.token("ana@grocer", key="forms")
    lines = office.ask(ROWS, token, headers={"Accept": "application/x-ndjson"}, **ask)
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert rows == [{"age": "65+", "home_ownership": "Homeowner"}] * 5
    arrow = office.ask(ROWS, token, headers={"Accept": "application/vnd.apache.arrow.stream"}, **ask)
    assert pl.read_ipc_stream(io.BytesIO(arrow.content)).to_dicts() == rows
    old = office.ask(ROWS, token, version=1, **ask)
    assert old.json()["rows"] == rows
    assert office.ask(ROWS, token, version=9, **ask).status_code == 404


@pytest.mark.covers("D13", "I12")
def test_a_condition_cannot_ask_about_what_is_closed(office: Office) -> None:
    token = office.token("ana@grocer", key="conditions")
    for where in ("household_id == 1", "income is None and household_id > 2", "nothing == 1"):
        refused = office.ask(ROWS, token, purpose="research", where=where)
        assert (refused.status_code, refused.json()["code"]) == (400, "input")
        assert "closed to ana@grocer or not there" in refused.json()["title"]
    masked = office.ask(ROWS, token, purpose="research", where="income == '50-74K'")
    assert masked.json()["rows"] == []
    for where, said in (("age > 3", "types"), ("age == open('x')", "not allowed here"), ("age ==", "cannot be read")):
        wrong = office.ask(ROWS, token, purpose="research", where=where)
        assert (wrong.status_code, said in wrong.json()["title"]) == (400, True), wrong.text
    assert office.ask(ROWS, token, purpose="research", limit=10_001).status_code == 400


@pytest.mark.covers("D13", "I12")
def test_without_a_policy_for_the_purpose_nothing_comes(office: Office) -> None:
    ana, stranger = office.token("ana@grocer", key="purposes"), office.token("eve@elsewhere")
    for token, purpose in ((ana, "marketing"), (ana, ""), (stranger, "research")):
        refused = office.ask(ROWS, token, purpose=purpose)
        assert (refused.status_code, refused.json()["code"]) == (403, "refused")
    bob = office.ask(ROWS, office.token("bob@grocer"), purpose="anything")
    assert set(bob.json()["rows"][0]) == {"home_ownership", "household_size"}
    owner = office.ask(ROWS, purpose="curiosity")
    assert set(owner.json()["rows"][0]) == {"home_ownership", "household_size"}


@pytest.mark.covers("D13")
def test_only_recent_rows_and_nothing_that_a_derived_dataset_inherits(office: Office) -> None:
    token = office.token("ana@grocer", key="recent")
    rows = office.ask("/v1/datasets/visits/rows", token, purpose="research").json()["rows"]
    assert sorted(row["spent_usd"] for row in rows) == [1.5, 9.0]
    assert all("household_id" not in row for row in rows)


@pytest.mark.covers("D13")
def test_a_token_is_who_it_is(office: Office) -> None:
    token = office.token("ana@grocer", "member", key="identity")
    claimed = office.ask(ROWS, token, headers={"X-Steek-Actor": "ed@grocer"}, purpose="research")
    assert (claimed.status_code, "cannot act as somebody else" in claimed.json()["title"]) == (403, True)
    noted = office.ask(
        "/v1/changes",
        token,
        method="POST",
        headers={"Idempotency-Key": "fair"},
        body={"subject": "event:fair", "summary": "a fair"},
    )
    assert (noted.status_code < 300, noted.json()["actor"]) == (True, "ana@grocer")


@pytest.mark.covers("D13")
def test_a_token_of_a_reader_changes_nothing(office: Office) -> None:
    before = office.platform.ledger.count()
    for path in ("/v1/changes", "/v1/datasets/visits/batches", "/v1/access/tokens"):
        body = {"principal": "ana@grocer", "roles": ["owner"]}
        refused = office.ask(path, office.token("bob@grocer", key=path), method="POST", body=body)
        assert (refused.status_code, "reads only" in refused.json()["title"]) == (403, True)
    member = office.token("ana@grocer", "member", key="escalation")
    assert office.ask("/privacy/erasures", member, method="POST").status_code == 403
    body = {"principal": "ana@grocer", "roles": ["owner"]}
    headers = {"Idempotency-Key": "up"}
    assert office.ask("/v1/access/tokens", member, method="POST", headers=headers, body=body).status_code == 403
    for path in ("/v1/access/reads", "/v1/access/usage", "/v1/access/tokens"):
        assert office.ask(path, member).status_code == 403
    assert office.platform.ledger.count() == before + 4


PERSONAL_ADDRESSES = (
    "/v1/labels",
    "/v1/erasures",
    "/v1/privacy/keys",
    "/v1/feed/held",
    "/v1/receipts",
    "/v1/datasets/demographics/quarantine",
    "/v1/datasets/demographics/quality",
    "/v1/datasets/demographics/anonymity",
    "/v1/quarantine/r:1",
    "/v1/ledger/events",
    "/v1/access/policies",
    "/v1/lake/tables",
    "/openapi.json",
    "/privacy",
    "/data/demographics/quarantine",
    "/ledger",
    "/v1/datasets/demographics/rows/../quarantine",
    "/v1/datasets/demographics//quarantine",
)


@pytest.mark.covers("D13", "I12")
def test_a_token_of_a_reader_sees_rows_and_nothing_that_tells_of_persons(office: Office) -> None:
    reader, member = office.token("ana@grocer", key="reader"), office.token("ana@grocer", "member", key="team")
    for path in PERSONAL_ADDRESSES:
        refused = office.ask(path, reader, client="192.0.2.7")
        assert refused.status_code == 403, path
        assert office.ask(path, member, client="192.0.2.7").status_code != 401, path
    for path in ("/v1/datasets", "/v1/datasets/demographics", "/v1/status", "/", "/data", "/data/demographics"):
        assert office.ask(path, reader, headers={"X-Steek-Purpose": "research"}).status_code == 200, path


@pytest.mark.covers("D13", "D15", "I12")
def test_only_an_owner_erases_and_searches_for_persons(office: Office) -> None:
    member = office.token("ana@grocer", "member", key="eraser")
    body = {"kind": "household", "value": "1", "reason": "asked", "delay": "0s"}
    for path in ("erasures", "erasures/x/cancellation", "erasure-runs", "erasure-searches", "retention/runs"):
        headers = {"Idempotency-Key": path}
        refused = office.ask(f"/v1/{path}", member, method="POST", headers=headers, body=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "refused"), path
    assert office.ask("/v1/erasures", member).status_code == 200
    assert office.ask("/v1/erasure-searches", method="POST", body=body).status_code == 200


@pytest.mark.covers("D13")
def test_headers_of_a_proxy_make_nobody_local(office: Office) -> None:
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Steek-Actor"):
        told = office.ask("/v1/status", client="192.0.2.7", headers={name: "127.0.0.1"})
        assert told.status_code == 401, name
    both = office.ask("/v1/status", headers={"X-Steek-Actor": "service:erasure", "X-Steek-Purpose": "maintenance"})
    assert both.status_code == 400
    assert "not one of this house's services" in both.json()["title"]


@pytest.mark.covers("D13")
@pytest.mark.parametrize("given", ["Bearer", "Bearer steek_0_0", "Basic !", "Digest x", "", "Bearer " + "x" * 5000])
def test_a_wrong_token_is_no_token(office: Office, given: str) -> None:
    refused = office.ask(ROWS, headers={"Authorization": given}, purpose="research")
    assert (refused.status_code, refused.json()["code"]) == (401, "refused")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert "steek_0_0" not in refused.text


@pytest.mark.covers("D13")
def test_callers_from_elsewhere_need_a_token(office: Office) -> None:
    token = office.token("ana@grocer", key="elsewhere")
    assert office.ask("/v1/status", client="192.0.2.7").status_code == 401
    assert office.ask("/", client="192.0.2.7").status_code == 401
    assert office.ask("/healthz", client="192.0.2.7").status_code == 200
    assert office.ask(ROWS, token, client="192.0.2.7", purpose="research").status_code == 200
    basic = base64.b64encode(f"ana:{token}".encode()).decode()
    assert office.ask("/", client="192.0.2.7", headers={"Authorization": f"Basic {basic}"}).status_code == 200


@pytest.mark.covers("D13")
def test_a_token_can_be_required_on_this_machine_too(tmp_path: Path) -> None:
    strict = open_office(tmp_path / "project", require_token="true")
    for path in ("/v1/status", "/", "/v1/ledger/events", "/openapi.json"):
        assert strict.ask(path).status_code == 401, path
    assert strict.ask("/v1/status", strict.token("ed", "owner")).status_code == 200
    strict.platform.close()


@pytest.mark.covers("D13", "N4")
def test_tokens_are_made_and_ended_over_http(office: Office) -> None:
    body, headers = {"principal": "job:weekly-report", "expires": "7d"}, {"Idempotency-Key": "weekly"}
    made = office.ask("/v1/access/tokens", method="POST", headers=headers, body=body)
    assert made.status_code == 201, made.text
    secret, token = made.json()["secret"], made.json()["token"]
    assert datetime.fromisoformat(token["expires_at"]) - datetime.fromisoformat(token["issued_at"]) == 7 * DAY
    again = office.ask("/v1/access/tokens", method="POST", headers=headers, body=body)
    assert (again.json()["token"], again.json()["secret"]) == (token, None)
    assert office.ask(ROWS, secret, purpose="research").status_code == 200
    path = f"/v1/access/tokens/{token['id']}/revocation"
    ended = [office.ask(path, method="POST", headers={"Idempotency-Key": "end"}).json() for _ in range(2)]
    assert (ended[0], ended[0]["state"]) == (ended[1], "revoked")
    assert office.ask(ROWS, secret, purpose="research").status_code == 401
    told = office.ask("/v1/access/tokens").text + office.ask("/v1/ledger/events", limit=1000).text
    assert secret.split("_", 2)[2] not in told
    wrong = office.ask("/v1/access/tokens/nothing/revocation", method="POST", headers={"Idempotency-Key": "x"})
    assert wrong.status_code == 404


@pytest.mark.covers("D13", "N4")
def test_who_may_what_and_why_is_told(office: Office) -> None:
    told = office.ask("/v1/access/explanation", principal="ana@grocer", dataset="demographics", purpose="research")
    body = told.json()
    assert (body["verdict"], body["columns"]["income"], body["columns"]["household_id"]) == ("partly", "mask", "deny")
    assert "only rows with home_ownership == 'Homeowner'" in body["text"]
    token = office.token("bob@grocer", key="curious")
    asked: dict[str, Any] = {"dataset": "demographics", "purpose": "research"}
    assert office.ask("/v1/access/explanation", token, principal="bob@grocer", **asked).status_code == 200
    assert office.ask("/v1/access/explanation", token, principal="ana@grocer", **asked).status_code == 403
    assert len(office.ask("/v1/access/policies").json()["items"]) == 2
    assert [role["name"] for role in office.ask("/v1/access/roles").json()["items"]] == ["analyst", "help-desk"]
    assert office.ask("/v1/access/explanation", principal="x", dataset="demografics").status_code == 404
    services = office.ask("/v1/access/explanation", principal="service:features", purpose="training", dataset="visits")
    assert services.json()["columns"]["household_id"] == "deny"


@pytest.mark.covers("D13")
def test_the_record_of_reads_is_told_and_leaves_as_lines_or_events(office: Office) -> None:
    token = office.token("ana@grocer", key="record")
    for _ in range(2):
        assert office.ask(ROWS, token, purpose="research").status_code == 200
    newest = office.ask("/v1/access/reads", principal="ana@grocer", limit=1).json()
    assert newest["items"][0]["rule"].startswith("policy demographics to analyst")
    assert newest["next_before"] == newest["items"][0]["sequence"]
    by_user = office.ask("/v1/access/usage", by="user").json()["items"]
    assert by_user[0]["name"] == "ana@grocer"
    lines = office.ask("/v1/access/reads", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    events = office.ask("/v1/access/reads", headers={"Accept": "application/cloudevents-batch+json"}).json()
    assert len(lines) == len(events) > 1
    assert {event["source"] for event in events} == {"steek:household-office"}
    none = office.ask(
        "/v1/access/reads", headers={"Accept": "application/cloudevents-batch+json"}, dataset="nothing"
    ).json()
    assert none == []


@pytest.mark.covers("D13", "I12")
def test_looking_at_data_goes_through_the_same_gate(office: Office) -> None:
    token = office.token("ana@grocer", key="looking")
    sample = office.ask("/v1/datasets/visits/sample", rows=3)
    assert sample.status_code == 200, sample.text
    assert "household_id" not in sample.json()["rows"][0]
    as_ana = office.ask("/v1/datasets/visits/sample", token, rows=3, headers={"X-Steek-Purpose": "research"})
    assert len(as_ana.json()["rows"]) == 2
    assert office.ask("/v1/datasets/visits/sample", token, rows=3).status_code == 403


@pytest.mark.covers("D13")
def test_services_derive_from_what_is_open_to_them(office: Office) -> None:
    now = office.platform.clock.now()
    start = datetime(now.year, now.month, now.day, tzinfo=UTC) - 2 * DAY
    office.platform.derivation.derive("store_visits", Window(start, start + DAY * 3), key="d", actor="x")
    (read,) = list_reads(office.platform.database, ReadQuery(principal="service:derivation", dataset="visits"), 1)
    assert (read.kind, read.purpose, sorted(read.columns)) == (
        "service",
        "derivation",
        ["spent_usd", "store_id", "visited_at"],
    )
