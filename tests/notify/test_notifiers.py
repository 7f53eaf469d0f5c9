"""Every notifier of steek's own keeps the promises of the seam, and speaks its receiver's language."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.notify.receiving_end import Receiver

from steek.kernel.errors import SettingsError
from steek.kernel.secret import Secret
from steek.notify import Notifier, is_genuine, open_notifier, read_target, signature
from steek.notify.posting import Posted, receipt_of_api, retry_after_s
from steek.testing.notifier import NotifierConformance, notice

TIMEOUT_S = 0.8
SECRET = "hunter2-of-the-pager"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def opened(kind: str, **options: object) -> Notifier:
    return open_notifier(read_target("night", {"kind": kind, "timeout_s": TIMEOUT_S, **options}))


class Conformance(NotifierConformance):
    @pytest.fixture
    def answer(self, receiver: Receiver) -> Callable[[int], None]:
        return receiver.answer

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [SECRET]

    @pytest.fixture
    def taken(self, receiver: Receiver) -> Callable[[], list[str]]:
        return lambda: [state for request in receiver.requests for state in self.states(request.path, request.body)]

    def states(self, path: str, body: bytes) -> list[str]:
        raise NotImplementedError


@pytest.mark.covers("O11")
class TestWebhook(Conformance):
    @pytest.fixture(params=["base64", "multipart"])
    def notifier(self, receiver: Receiver, request: pytest.FixtureRequest) -> Notifier:
        return opened("webhook", url=f"{receiver.url}/in/{SECRET}", secret=SECRET, picture=request.param)

    def states(self, path: str, body: bytes) -> list[str]:  # noqa: ARG002 - one form for all
        return [_document(body)["state"]]


@pytest.mark.covers("O11")
class TestAlertmanager(Conformance):
    @pytest.fixture
    def notifier(self, receiver: Receiver) -> Notifier:
        return opened("alertmanager", url=receiver.url.replace("//", f"//steek:{SECRET}@"), repeat_every_s=60)

    def states(self, path: str, body: bytes) -> list[str]:
        assert path == "/api/v2/alerts"
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        return [
            "resolved"
            if datetime.fromisoformat(alert["endsAt"]) <= now
            else "acknowledged"
            if "acknowledged" in alert["annotations"]
            else "open"
            for alert in json.loads(body)
        ]


@pytest.mark.covers("O11")
class TestPagerDuty(Conformance):
    @pytest.fixture
    def notifier(self, receiver: Receiver) -> Notifier:
        return opened("pagerduty", url=receiver.url, routing_key=SECRET)

    def states(self, path: str, body: bytes) -> list[str]:
        assert path == "/v2/enqueue"
        event = json.loads(body)
        assert event["routing_key"] == SECRET
        words = {"trigger": "open", "acknowledge": "acknowledged", "resolve": "resolved"}
        return [words[event["event_action"]]]


@pytest.mark.covers("O11")
@pytest.mark.filterwarnings("ignore:'imghdr'")  # Apprise's own
class TestChat(Conformance):
    @pytest.fixture
    def notifier(self, receiver: Receiver) -> Notifier:
        pytest.importorskip("apprise", reason="pip install 'steek[notify]'")
        return opened("apprise", url=f"json://127.0.0.1:{receiver.port}/{SECRET}")

    def states(self, path: str, body: bytes) -> list[str]:  # noqa: ARG002 - one form for all
        title = json.loads(body)["title"].partition(":")[0]
        return [title.lower() if title in ("Acknowledged", "Resolved") else "open"]


def _document(body: bytes) -> dict[str, Any]:
    if body.startswith(b"{"):
        return json.loads(body)
    boundary = body.partition(b"\r\n")[0]
    head, _, content = body.split(boundary)[1].partition(b"\r\n\r\n")
    assert b'name="notice"' in head
    return json.loads(content)


@pytest.mark.covers("O11")
def test_a_webhook_is_signed_over_its_time_and_bytes_and_carries_the_chart(receiver: Receiver) -> None:
    picture = b"\x89PNG\r\n\x1a\n1234"
    for form in ("base64", "multipart"):
        hook = opened("webhook", url=receiver.url, secret=SECRET, picture=form)
        for _ in range(2):
            hook.send(notice("open", picture_png=picture), key="k1", at=AT)
        first, again = receiver.requests[-2:]
        assert first == again, "an attempt that is made again is the same to the byte"
        timestamp, given = first.headers["steek-timestamp"], first.headers["steek-signature"]
        assert first.headers["idempotency-key"] == "k1"
        assert is_genuine(SECRET, timestamp, first.body, f"v1=00, {given}", now=AT + timedelta(minutes=4))
        assert not is_genuine(SECRET, timestamp, first.body, given, now=AT + timedelta(minutes=6))
        assert not is_genuine(SECRET, timestamp, first.body + b" ", given, now=AT)
        assert not is_genuine(SECRET, str(int(timestamp) + 1), first.body, given, now=AT)
        assert not is_genuine("other", timestamp, first.body, given, now=AT)
        assert not is_genuine(SECRET, "²", first.body, given, now=AT)
        document = _document(first.body)
        assert (document["schema"], document["delivery"], document["key"]) == ("steek.notice/1", "k1", "alert-1")
        if form == "base64":
            assert base64.b64decode(document["picture"]["base64"]) == picture
        else:
            assert picture + b"\r\n--steek-k1--\r\n" in first.body
            assert first.headers["content-type"] == "multipart/form-data; boundary=steek-k1"
    assert signature("k", 1, b"x").startswith("v1=")


@pytest.mark.covers("O11")
def test_alertmanager_is_told_labels_that_do_not_change_and_an_end_a_few_repeats_ahead(receiver: Receiver) -> None:
    sent = opened("alertmanager", url=receiver.url, repeat_every_s=30)
    labels = {"monitor": "lines per store", "slice": "store_id=367", "9 odd-name": "x", "empty": ""}
    for state in ("open", "acknowledged", "resolved"):
        sent.send(notice(state, labels=labels), key=state, at=AT)
    alerts = [json.loads(request.body)[0] for request in receiver.requests]
    assert alerts[0]["labels"] == alerts[1]["labels"] == alerts[2]["labels"]
    assert alerts[0]["labels"] == {
        "alertname": "lines per store",
        "monitor": "lines per store",
        "slice": "store_id=367",
        "_9_odd_name": "x",
        "severity": "sev2",
        "purpose": "page",
        "subject": "dataset:transactions",
        "owner": "data@grocer",
        "job": "steek",
        "steek_notice": "alert-1",
    }
    assert [alert["endsAt"] for alert in alerts] == [
        "2026-03-01T12:02:00+00:00",
        "2026-03-01T12:02:00+00:00",
        "2026-03-01T12:00:00+00:00",
    ]
    # Told of something that begins later than now, it still begins before it ends.
    sent.send(notice("resolved", at=AT + timedelta(minutes=3)), key="late", at=AT)
    late = json.loads(receiver.requests[-1].body)[0]
    assert late["startsAt"] <= late["endsAt"]


@pytest.mark.covers("O11")
def test_pagerduty_gets_events_with_a_dedup_key_and_changes_of_their_own(receiver: Receiver) -> None:
    pager = opened("pagerduty", url=receiver.url, routing_key=SECRET, purposes=["page", "change"])
    pager.send(notice("open", title="x" * 2000), key="k", at=AT)
    pager.send(notice("resolved"), key="k", at=AT)
    pager.send(notice("open", purpose="change", title="a new supplier"), key="k", at=AT)
    opened_, resolved, changed = [json.loads(request.body) for request in receiver.requests]
    assert (opened_["dedup_key"], opened_["payload"]["severity"], len(opened_["payload"]["summary"])) == (
        "alert-1",
        "error",
        1024,
    )
    assert resolved == {"routing_key": SECRET, "event_action": "resolve", "dedup_key": "alert-1"}
    assert receiver.requests[2].path == "/v2/change/enqueue"
    assert (changed["payload"]["summary"], "dedup_key" in changed) == ("a new supplier", False)


@pytest.mark.covers("O11")
def test_what_a_receiver_refuses_is_not_tried_again_and_its_patience_is_believed(receiver: Receiver) -> None:
    hook = opened("webhook", url=receiver.url, secret=SECRET)
    receiver.status, receiver.more_headers = 429, {"retry-after": "17"}
    assert hook.send(notice("open"), key="k", at=AT).retry_after_s == 17.0
    for status in (301, 400, 401, 404, 410):
        receiver.status, receiver.more_headers = status, {"location": "http://127.0.0.1:1/elsewhere"}
        receipt = hook.send(notice("open"), key="k", at=AT)
        assert (receipt.outcome, receipt.status, receipt.detail) == ("refused", status, f"answered {status}: ok")


def test_a_secret_tells_where_it_came_from_only() -> None:
    secret = Secret(SECRET, "env:PAGER")
    assert [f"{secret}", repr(secret), str([secret])] == [
        "Secret(env:PAGER)",
        "Secret(env:PAGER)",
        "[Secret(env:PAGER)]",
    ]
    with pytest.raises(TypeError):
        json.dumps({"secret": secret})


@pytest.mark.covers("O11")
def test_the_status_counts_whatever_becomes_of_the_body(receiver: Receiver) -> None:
    """Told again until it is given up, a pager would ring thirty times for one trouble."""
    hook = opened("webhook", url=receiver.url, secret=SECRET)
    receiver.more_headers = {"content-encoding": "gzip"}
    assert hook.send(notice("open"), key="k", at=AT).outcome == "delivered"
    receiver.status = 400
    assert hook.send(notice("open"), key="k", at=AT).outcome == "refused"
    # Retry-After as a moment is by the receiver's own clock.
    at = {"date": "Sun, 01 Mar 2026 11:59:50 GMT", "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}
    assert retry_after_s(at) == 40.0
    assert [retry_after_s({"retry-after": asked}) for asked in ("7", "-5", "²", "soon")] == [7.0, None, None, None]


@pytest.mark.covers("O11")
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", "delivered"),
        ('{"status":"success","errors":[]}', "delivered"),
        ("<!doctype html><title>Sign in</title>", "failed"),
        ('{"status": "error", "error": "bad"}', "failed"),
        ('{"errors": ["no such service"]}', "failed"),
    ],
)
def test_a_200_that_is_not_of_the_api_is_no_delivery(text: str, outcome: str) -> None:
    """A portal in between says 200 to everything."""
    assert receipt_of_api(Posted(200, text, None)).outcome == outcome


@pytest.mark.covers("O11")
def test_an_address_that_cannot_be_read_is_said_without_it() -> None:
    for url in ("https://[hunter2", "https://host:99999/hunter2"):
        with pytest.raises(SettingsError, match="must begin with http") as told:
            opened("pagerduty", url=url, routing_key=SECRET)
        assert "hunter2" not in str(told.value)
        assert repr(opened("webhook", url=url, secret=SECRET)) == "Webhook((no address))"


@pytest.mark.covers("O11")
@pytest.mark.filterwarnings("ignore:'imghdr'")  # Apprise's own
def test_strangers_words_are_text_in_mails_and_call_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    apprise = pytest.importorskip("apprise", reason="pip install 'steek[notify]'")
    told: list[dict[str, Any]] = []

    def notify(_self: object, **given: Any) -> bool:
        told.append(given)
        return True

    monkeypatch.setattr(apprise.Apprise, "notify", notify)
    words = '@everyone <a href="http://evil">sign in</a>'
    opened("apprise", url="json://127.0.0.1:1").send(notice("open", title=words, body=words), key="k", at=AT)
    assert told[0]["body_format"] == "text"
    assert "@everyone" not in told[0]["title"] + told[0]["body"]
