"""Alertmanager's webhook brings what others say is wrong: each alert once, from firing to resolved."""

from typing import Any

import pytest
from api_world import Api

OPEN = "0001-01-01T00:00:00Z"


def alert(fingerprint: str = "f1", **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1"},
        "annotations": {"summary": "the disk of db-1 is full"},
        "startsAt": "2024-03-11T08:00:00.123456789Z",
        "endsAt": OPEN,
        "generatorURL": "http://prometheus/graph",
        "fingerprint": fingerprint,
    }
    return told | changed


def webhook(*alerts: dict[str, Any], **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "steek",
        "truncatedAlerts": 0,
    }
    told |= {"groupLabels": {}, "commonLabels": {}, "externalURL": "http://am", "alerts": list(alerts)}
    return told | changed


def kinds(api: Api) -> list[str]:
    return [
        event.kind for event in api.platform.ledger.events(kinds=["external.alert_fired", "external.alert_resolved"])
    ]


@pytest.mark.covers("O11", "N4")
def test_an_alert_fires_once_and_is_resolved_once_whatever_is_repeated_or_late(api: Api) -> None:
    first = api.post("/v1/alertmanager", webhook(alert(), alert("f2")), key=None)
    assert first.status_code == 200, first.text
    one = first.json()["items"][0]
    assert (one["state"], one["name"], one["subject"]) == ("firing", "DiskFull", "alert:DiskFull")
    again = api.post("/v1/alertmanager", webhook(alert(), alert("f2")), key=None)
    assert again.json() == first.json()
    over = alert(status="resolved", endsAt="2024-03-11T09:00:00Z")
    for _ in range(2):
        assert api.post("/v1/alertmanager", webhook(over)).json()["items"][0]["state"] == "resolved"
    # What comes late changes nothing; what starts anew is another.
    assert api.post("/v1/alertmanager", webhook(alert())).json()["items"][0]["state"] == "resolved"
    api.post("/v1/alertmanager", webhook(alert(startsAt="2024-03-11T10:00:00Z")))
    assert kinds(api) == ["external.alert_fired"] * 2 + ["external.alert_resolved", "external.alert_fired"]
    still = api.get("/v1/alertmanager", open_only=True)["items"]
    assert sorted(each["fingerprint"] for each in still) == ["f1", "f2"]
    events = api.platform.ledger.events(kinds=["external.alert_resolved"])
    assert events[0].at.isoformat() == "2024-03-11T09:00:00+00:00"


@pytest.mark.covers("O11")
def test_an_alert_is_about_what_its_labels_name(api: Api) -> None:
    told = [
        alert("a", labels={"alertname": "X", "subject": "dataset:sales"}),
        alert("b", labels={"alertname": "X", "model": "shop_demand"}),
        alert("c", labels={"alertname": "X", "subject": "no urn"}),
        alert("d", status="resolved", labels={}, annotations={}, endsAt=OPEN),
    ]
    taken = api.post("/v1/alertmanager", webhook(*told, truncatedAlerts=3)).json()
    assert [each["subject"] for each in taken["items"]] == [
        "dataset:sales",
        "model:shop_demand",
        "alert:X",
        "alert:alert",
    ]
    assert taken["truncated"] == 3
    assert taken["items"][3]["state"] == "resolved"


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (webhook(version="3"), "the webhook has version '3'; this is version 4"),
        (webhook(alert(status="suppressed")), "status of alert 'f1' is 'suppressed'; allowed: firing, resolved"),
        (webhook(alert(fingerprint="")), "an alert has no fingerprint"),
        (webhook(alert(startsAt="soon")), "body.alerts.0.startsAt"),
        ({"alerts": []}, "body.version"),
    ],
)
def test_what_is_no_webhook_of_that_version_is_refused_as_a_whole(
    reading: Api, body: dict[str, Any], message: str
) -> None:
    refused = reading.post("/v1/alertmanager", body)
    assert (refused.status_code, message in refused.json()["title"]) == (400, True), refused.text
    assert kinds(reading) == []


@pytest.mark.covers("O11")
def test_labels_that_are_no_names_and_ends_before_their_start_are_set_right(api: Api) -> None:
    odd = alert("odd", labels={"model": "ranker@blue", "alertname": "a\n\x00\u202eb"}, status="resolved")
    (one,) = api.post("/v1/alertmanager", webhook(odd | {"endsAt": "2020-01-01T00:00:00Z"})).json()["items"]
    assert (one["subject"], one["name"]) == ("model:ranker_blue", "a b")
    assert one["ended_at"] == one["started_at"]
