"""Errors are problems (RFC 9457) and the door is shut to others."""

from typing import Any

import pytest
from api_world import Api
from shop_world import NIGHTS, sales_of

from steek.http.problems import HTTP_STATUS
from steek.kernel import errors
from steek.kernel.errors import SteekError

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SteekError)]
FIELDS = {"type", "title", "status", "code", "next_step", "details", "instance"}


@pytest.mark.covers("N3")
def test_every_error_has_a_status() -> None:
    assert {kind.code for kind in CLASSES} == set(HTTP_STATUS)
    assert all(400 <= status < 600 for status in HTTP_STATUS.values())


@pytest.mark.covers("N3")
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_every_error_is_a_problem_with_its_next_step(
    reading: Api, kind: type[SteekError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise kind("seven is not a door", next_step="Open door 6.", details={"door": 7})

    monkeypatch.setattr(reading.platform.ledger, "count", fail)
    response = reading.client.get("/readyz")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == HTTP_STATUS[kind.code]
    assert response.json() == {
        "type": f"urn:steek:error:{kind.code}",
        "title": "seven is not a door",
        "status": HTTP_STATUS[kind.code],
        "code": kind.code,
        "next_step": "Open door 6.",
        "details": {"door": 7},
        "instance": "/readyz",
    }


@pytest.mark.covers("N3")
def test_a_fault_of_our_own_is_a_problem_too(reading: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.platform.ledger, "count", lambda: 1 // 0)
    response = reading.client.get("/readyz")
    assert (response.status_code, set(response.json())) == (500, FIELDS)
    assert response.json()["title"] == "steek failed here with ZeroDivisionError"


BAD: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/v1/nowhere", None, 404, "GET /v1/nowhere is no address of this API"),
    ("GET", "/v1/models/shop_demnd", None, 404, "no model named 'shop_demnd'"),
    ("GET", "/v1/models/shop_demand/versions/nine/gate", None, 400, "path.version"),
    ("GET", "/v1/models/shop_demand/versions/9/gate", None, 404, "no gate has decided on shop_demand@9"),
    ("GET", "/v1/models/shop_demand/versions?limit=0", None, 400, "query.limit"),
    ("GET", "/v1/datasets/sails/receipts", None, 404, "no dataset named 'sails'"),
    ("GET", "/v1/datasets/sails/quarantine", None, 404, "no dataset named 'sails'"),
    ("GET", "/v1/receipts/none", None, 404, "no receipt 'none'"),
    ("GET", "/v1/nights/someday", None, 400, "path.day"),
    ("GET", "/v1/workflows/none", None, 404, "no workflow 'none' was ever started"),
    ("GET", "/v1/monitors/lines out/series", None, 404, "no monitor named 'lines out'"),
    ("GET", "/v1/incidents/2031-001", None, 404, "no incident named '2031-001'"),
    ("GET", "/v1/incidents/2031-001/menu", None, 404, "no incident named '2031-001'"),
    ("GET", "/v1/ledger/events/none", None, 404, "no event with id 'none'"),
    ("GET", "/v1/lineage?of=sales", None, 400, "not a name of the form kind:name@version"),
    ("POST", "/v1/status", {}, 404, "POST /v1/status is no address of this API"),
    ("POST", "/v1/incidents", {"title": "x"}, 400, "neither a system nor an alert"),
    ("POST", "/v1/incidents", {"title": "x", "on": "shop_demand", "severity": "bad"}, 400, "allowed: sev1, sev2, sev3"),
    ("POST", "/v1/incidents", {"title": "", "on": "shop_demand"}, 400, "title"),
    ("POST", "/v1/models/shop_demand/rollback", {"to": "best"}, 400, "cannot roll back to 'best'"),
    ("POST", "/v1/models/shop_guess/deploy", {"version": 1}, 403, "verdict on trained:shop_guess@1 is undecided"),
    ("POST", "/v1/extractions", {"dataset": "sales", "days": ["2024-03-11"]}, 400, "arrives from outside"),
    ("POST", "/v1/extractions", {"dataset": "maker_lines", "days": []}, 400, "no day was named"),
    ("POST", "/v1/extractions", {"dataset": "maker_lines", "days": ["soon"]}, 400, "body.days.0"),
    ("POST", "/v1/retrainings", {"model": "none", "known_until": "2024-03-11"}, 404, "no model named 'none'"),
    ("POST", "/v1/monitors/evaluations?day=2024-03-11&monitor=none", None, 404, "no monitor named 'none'"),
    ("POST", "/v1/alerts/none/acknowledgement", None, 404, "no alert named 'none'"),
    ("POST", "/v1/changes", {"subject": "fair", "summary": "x"}, 400, "kind:name@version"),
]


@pytest.mark.covers("N3")
@pytest.mark.parametrize(("method", "path", "body", "status", "title"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_request_is_a_problem_and_changes_nothing(
    reading: Api, method: str, path: str, body: object, status: int, title: str
) -> None:
    events = reading.platform.ledger.count()
    headers = {"Idempotency-Key": "bad"}
    response = reading.client.request(method, path, json=body, headers=headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == FIELDS
    assert title in response.json()["title"]
    assert reading.platform.ledger.count() == events


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/incidents", {"title": "x", "on": "shop_demand"}),
        ("/v1/models/shop_demand/rollback", {}),
        ("/v1/extractions", {"dataset": "maker_lines", "days": ["2024-03-11"]}),
        ("/v1/changes", {"subject": "event:fair", "summary": "x"}),
    ],
)
def test_a_write_without_a_key_is_told_to_send_one(reading: Api, path: str, body: object) -> None:
    response = reading.post(path, body, key=None)
    assert (response.status_code, response.json()["title"]) == (400, "the header Idempotency-Key is missing")


@pytest.mark.covers("N3", "D1")
def test_a_batch_that_is_too_large_or_of_no_known_kind_is_refused(api: Api) -> None:
    path, events = "/v1/datasets/sales/batches", api.platform.ledger.count()
    large = api.send(path, b"x" * 100_001, "text/csv")
    assert (large.status_code, large.json()["title"]) == (413, "the batch is larger than 100,000 bytes")
    assert "max_batch_bytes" in large.json()["next_step"]
    strange = api.send(path, sales_of(NIGHTS[0]).write_csv().encode(), "text/html")
    assert (strange.status_code, strange.json()["code"]) == (400, "unreadable")
    assert "allowed: application/vnd.apache.parquet" in strange.json()["title"]
    assert api.platform.ledger.count() == events


def test_a_form_that_is_too_large_is_refused(reading: Api) -> None:
    response = reading.post("/v1/incidents", {"title": "x" * 1_000_001, "on": "shop_demand"})
    assert (response.status_code, response.json()["title"]) == (413, "the request has more than 1,000,000 bytes")


HEADERS: list[tuple[str, dict[str, str], bool]] = [
    ("own", {}, True),
    ("localhost", {"Host": "localhost:8321"}, True),
    ("own page", {"Origin": "http://127.0.0.1:8321", "Sec-Fetch-Site": "same-origin"}, True),
    ("rebound name", {"Host": "evil.example:8321"}, False),
    ("no host", {"Host": ""}, False),
    ("other site", {"Sec-Fetch-Site": "cross-site"}, False),
    ("other port", {"Sec-Fetch-Site": "same-site"}, False),
    ("other origin", {"Origin": "http://evil.example"}, False),
    ("opaque origin", {"Origin": "null"}, False),
]


@pytest.mark.covers("N3")
@pytest.mark.parametrize(("headers", "allowed"), [case[1:] for case in HEADERS], ids=[case[0] for case in HEADERS])
def test_only_this_machines_own_callers_may_write(api: Api, headers: dict[str, str], allowed: bool) -> None:
    events = api.platform.ledger.count()
    body = {"subject": "event:fair", "summary": "x"}
    response = api.client.post("/v1/changes", json=body, headers={"Idempotency-Key": "k", **headers})
    assert response.status_code == (201 if allowed else 403), response.text
    assert api.platform.ledger.count() == events + allowed
    if not allowed:
        assert (set(response.json()), response.json()["code"]) == (FIELDS, "refused")


def test_a_foreign_host_may_not_even_read(reading: Api) -> None:
    assert reading.client.get("/v1/status", headers={"Host": "evil.example"}).status_code == 403
    assert reading.client.get("/v1/status", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
