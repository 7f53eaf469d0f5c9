"""Conformance of `steek.notify.Notifier`: what the sender relies on, whatever system is told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from steek.notify import Notice, Notifier, Receipt

_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MOST_S = 10.0
Answer = Callable[[int], None]
Taken = Callable[[], Sequence[str]]


class NotifierConformance:
    """Subclass in a test module and give four fixtures; every test is inherited.

    `notifier` tells a receiver that the tests run, with a timeout of at most two seconds. `answer` is a function that
    makes the receiver answer with an HTTP status from now on; 0 means that it takes the request and never answers.
    `taken` is a function that gives what the receiver understood so far, oldest first, as "open", "acknowledged",
    "resolved". `secrets` are the texts that must not be told.
    """

    def test_states_of_a_notice_arrive_in_order(self, notifier: Notifier, taken: Taken) -> None:
        for state in ("open", "acknowledged", "resolved"):
            receipt = notifier.send(notice(state), key=f"key-{state}", at=_AT)
            assert receipt.outcome == "delivered", receipt
        assert list(taken()) == ["open", "acknowledged", "resolved"]

    def test_anything_printable_arrives(self, notifier: Notifier, taken: Taken) -> None:
        odd = notice("open", title='"Käse" <b>\u2014 \U0001f9c0 & \\n %s {x} ' + "long " * 300, body="a\n\n\tb\x7f")
        assert notifier.send(odd, key="odd", at=_AT).outcome == "delivered"
        assert list(taken()) == ["open"]

    def test_a_picture_is_no_hindrance(self, notifier: Notifier, taken: Taken) -> None:
        pictured = notice("open", picture_png=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
        assert notifier.send(pictured, key="picture", at=_AT).outcome == "delivered"
        assert list(taken()) == ["open"]

    def test_a_receiver_in_trouble_is_asked_again(self, notifier: Notifier, answer: Answer) -> None:
        for status in (429, 500, 503):
            answer(status)
            assert notifier.send(notice("open"), key="k", at=_AT).outcome == "failed", status
        answer(200)
        assert notifier.send(notice("open"), key="k", at=_AT).outcome == "delivered"

    def test_every_call_ends(self, notifier: Notifier, answer: Answer) -> None:
        answer(0)
        began_s = monotonic()
        receipt = notifier.send(notice("open"), key="k", at=_AT)
        assert receipt.outcome == "failed"
        assert monotonic() - began_s < _MOST_S

    def test_nothing_told_holds_a_secret(self, notifier: Notifier, answer: Answer, secrets: Sequence[str]) -> None:
        receipts: list[Receipt] = []
        for status in (200, 404, 500):
            answer(status)
            receipts.append(notifier.send(notice("open"), key="k", at=_AT))
        held: Any = notifier
        told = f"{notifier!r} {notifier} {receipts} {vars(held)}"
        assert not any(secret in told for secret in secrets)

    def test_repeating_is_said_and_done(self, notifier: Notifier, taken: Taken) -> None:
        if notifier.repeat_every_s is None:
            assert notifier.repeat([notice("open")], at=_AT).outcome == "delivered"
            assert list(taken()) == []
            return
        assert notifier.repeat_every_s > 0
        both = [notice("open"), notice("open", key="other")]
        assert notifier.repeat(both, at=_AT).outcome == "delivered"
        assert list(taken()) == ["open", "open"]

    def test_closing_twice_is_fine(self, notifier: Notifier) -> None:
        notifier.close()
        notifier.close()


def notice(state: Any, **changed: Any) -> Notice:
    """A notice as monitoring makes them."""
    fields: dict[str, Any] = {
        "key": "alert-1",
        "title": "lines per store: 0 rows, 31 to 59 rows expected (store 367)",
        "body": "Began between 09:00 and 10:00.",
        "severity": "sev2",
        "subject": "dataset:transactions",
        "at": _AT - timedelta(minutes=5),
        "purpose": "page",
        "owner": "data@grocer",
        "url": "http://127.0.0.1:8321/alerts/alert-1",
        "state": state,
        "labels": {"monitor": "lines per store", "slice": "store_id=367"},
    }
    return Notice(**{**fields, **changed})
