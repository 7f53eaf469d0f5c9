"""Changes of the world outside come in as plain JSON and as CloudEvents, each once, and can be listed."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from api_world import Api
from httpx import Response

EVENT = {
    "specversion": "1.0",
    "id": "dep-7",
    "source": "https://ci.example/deployments",
    "type": "org.example.deployed",
    "subject": "model:shop_demand",
    "time": "2024-03-11T09:30:00+02:00",
    "datacontenttype": "application/json",
    "data": {"summary": "version 12 is out", "subject": {"id": "theirs"}},
}


def tell(api: Api, body: object, kind: str, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": kind, "X-Steek-Actor": "ci"} | {name.replace("_", "-"): v for name, v in headers.items()}
    return api.client.post("/v1/changes", content=content, headers=sent)


def structured(api: Api, **changed: Any) -> Response:
    return tell(api, {**EVENT, **changed}, "application/cloudevents+json; charset=utf-8")


@pytest.mark.covers("O12", "N4")
def test_the_three_modes_of_cloudevents_tell_the_same_change_once(api: Api) -> None:
    first = structured(api)
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["kind"], told["subject"], told["actor"]) == ("external.changed", "model:shop_demand", "ci")
    assert told["at"] == "2024-03-11T07:30:00+00:00"
    assert told["payload"] == {"summary": "version 12 is out", "source": "https://ci.example/deployments"}
    headers = {f"ce_{name}": quote(str(EVENT[name])) for name in ("specversion", "id", "source", "type", "subject")}
    binary = tell(api, EVENT["data"], "application/json", **headers, ce_time=str(EVENT["time"]))
    assert (binary.status_code, binary.json()) == (201, told)
    other = {**EVENT, "id": "dep-8", "data": "rolled back", "subject": None}
    batch = tell(api, [EVENT, other], "application/cloudevents-batch+json")
    assert batch.json()["items"][0] == told
    assert batch.json()["items"][1]["payload"]["summary"] == "rolled back"
    assert batch.json()["items"][1]["subject"] == "system:https://ci.example/deployments"
    assert api.platform.ledger.count() == batch.json()["items"][1]["sequence"]


@pytest.mark.covers("O12")
def test_an_expected_change_says_until_when_and_what_it_moves(api: Api) -> None:
    plain = {"subject": "campaign:fair", "summary": "a fair", "until": "2024-03-20T00:00:00Z", "expected": True}
    said = api.post("/v1/changes", {**plain, "at": "2024-03-10T00:00:00Z", "on": ["dataset:sales"]}).json()
    assert said["payload"]["expected"] == {
        "since_at": "2024-03-10T00:00:00+00:00",
        "until_at": "2024-03-20T00:00:00+00:00",
        "on": ["dataset:sales"],
    }
    # As extensions, for senders whose data are fixed; without a time it begins now.
    by_event = structured(api, id="fair", time=None, data=None, expected="true", until="2024-03-20T00:00:00Z").json()
    assert by_event["payload"]["expected"]["since_at"] == api.platform.clock.now().isoformat()
    listed = api.get("/v1/changes", since="2024-03-01T00:00:00Z", until="2024-03-31T00:00:00Z", about="campaign:")
    assert [(each["summary"], each["expected"], each["actor"]) for each in listed["items"]] == [("a fair", True, "ada")]
    assert (
        api.post("/v1/changes", {"subject": "campaign:x", "summary": "x", "expected": True}, key="k").status_code == 400
    )


@pytest.mark.covers("O12", "N3")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"specversion": "0.3"}, "specversion of the event is '0.3'; allowed: '1.0'"),
        ({"id": ""}, "id of the event must be a text, and not empty"),
        ({"source": None}, "source of the event"),
        ({"time": "yesterday"}, "time of the event is 'yesterday'"),
        ({"data": {"until": "never"}}, "data of the event has the wrong form"),
        ({"data": None, "data_base64": "%%"}, "data_base64 of the event is not base64"),
        ({"data": None, "data_base64": base64.b64encode(b"{").decode()}, "the body is not JSON"),
        ({"data": {"until": "2024-01-01T00:00:00Z"}}, "a change ends after it begins"),
        ({"data": {"on": ["sales"], "summary": "x"}}, "'sales' is not a name of the form kind:name@version"),
    ],
)
def test_a_wrong_event_is_refused_by_what_is_wrong_and_nothing_is_written(
    reading: Api, changed: dict[str, Any], message: str
) -> None:
    before = reading.platform.ledger.count()
    refused = structured(reading, **changed)
    assert (refused.status_code, message in refused.json()["title"]) == (400, True), refused.text
    batch = tell(reading, [{**EVENT, "id": "fine"}, {**EVENT, **changed}], "application/cloudevents-batch+json")
    assert batch.status_code == 400
    assert reading.platform.ledger.count() == before


@pytest.mark.covers("N3")
def test_bodies_that_are_no_json_of_that_form_are_refused(reading: Api) -> None:
    for kind in ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json"):
        for body in (b"", b"{", b"[1]", b"7", b"\xff", b"[" * 50_000):
            refused = tell(reading, body, kind, Idempotency_Key="k")
            assert (refused.status_code, refused.json()["code"]) == (400, "unreadable"), (kind, body[:5], refused.text)
    assert tell(reading, {"subject": "a:b", "summary": "x"}, "application/json").json()["title"].endswith("is missing")


@pytest.mark.covers("O12")
def test_a_batch_is_one_whatever_the_case_of_its_type_and_words_are_plain(api: Api) -> None:
    kind = {"content-type": "Application/CloudEvents-Batch+JSON; charset=utf-8"}
    assert api.client.post("/v1/changes", content=b"[]", headers=kind).json() == {"items": []}
    told = {"specversion": "1.0", "id": "x", "source": "a@b\n", "type": "t", "data": {"summary": "a\x00\u202e\nb"}}
    (one,) = api.client.post("/v1/changes", content=json.dumps([told]).encode(), headers=kind).json()["items"]
    assert (one["subject"], one["payload"]["summary"]) == ("system:a_b", "a b")
