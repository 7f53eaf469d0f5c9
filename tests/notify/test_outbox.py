"""Notices arrive: each state at least once under one key, whatever dies or is down, and a storm as one."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.notify.receiving_end import SILENCE_S, Receiver, receiving

from steek.kernel import ReplayClock, SystemClock
from steek.kernel.errors import IllegalTransitionError, NotFoundError
from steek.kernel.state_machine import transition
from steek.kernel.waiting import wait_until
from steek.ledger import Database, Ledger
from steek.notify import (
    DELIVERY_TRANSITIONS,
    NOTICE_TRANSITIONS,
    Notice,
    NoticePruning,
    Notices,
    OpenTargets,
    Receipt,
    open_targets,
    read_target,
)
from steek.notify.backoff import next_delay_s
from steek.testing.notifier import notice

CHILD = Path(__file__).with_name("sender_child.py")
SECRETS = {"url": "hunter2-in-the-path", "secret": "hunter2-that-signs"}


class Book:
    """A notifier that writes down what it is told; `outcomes` are its next answers, then all is delivered."""

    def __init__(self, *outcomes: Receipt, repeat_every_s: float | None = None) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.repeated: list[list[str]] = []
        self.repeat_every_s = repeat_every_s
        self.takes_pictures = False
        self._outcomes = list(outcomes)

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - the seam
        self.told.append((notice.key, notice.state, key))
        return self._outcomes.pop(0) if self._outcomes else Receipt("delivered")

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - the seam
        self.repeated.append([each.key for each in notices])
        return Receipt("delivered")

    def close(self) -> None:
        pass


class World:
    """An outbox with the given notifiers, each of a target with the given table."""

    def __init__(self, database: Database, ledger: Ledger, clock: ReplayClock) -> None:
        self.database, self.ledger, self.clock = database, ledger, clock

    def notices(self, *books: Book, **tables: dict[str, object]) -> Notices:
        targets = {name: read_target(name, {"kind": "book", **table}) for name, table in tables.items()}
        opened = OpenTargets(targets, dict(zip(targets, books, strict=True)))
        return Notices(self.database, self.ledger, self.clock, opened)

    def later(self, **span: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**span))


@pytest.fixture
def world(database: Database, ledger: Ledger, clock: ReplayClock) -> World:
    return World(database, ledger, clock)


def book(*outcomes: Receipt, **more: Any) -> Book:
    return Book(*outcomes, **more)


@pytest.mark.covers("O11")
def test_each_state_is_told_once_with_a_key_of_its_own(world: World) -> None:
    pager = book()
    notices = world.notices(pager, pager={})
    for state in ("open", "open", "acknowledged", "open", "resolved", "acknowledged"):
        notices.post(notice(state))
        notices.deliver()
    assert [(key, state) for key, state, _ in pager.told] == [
        ("alert-1", "open"),
        ("alert-1", "acknowledged"),
        ("alert-1", "resolved"),
    ]
    assert len({key for _, _, key in pager.told}) == 3
    (delivery,) = notices.deliveries()
    assert (delivery.state, delivery.told, delivery.notice_state) == ("delivered", "resolved", "resolved")
    assert [event.payload["state"] for event in world.ledger.events(kinds=["notice.delivered"])] == [
        "open",
        "acknowledged",
        "resolved",
    ]
    assert {event.subject for event in world.ledger.events()} == {"dataset:transactions"}


@pytest.mark.covers("O11")
def test_what_failed_is_tried_again_later_and_later_and_then_given_up_until_a_person_says_otherwise(
    world: World,
) -> None:
    pager = book(*[Receipt("failed", "answered 503")] * 5)
    notices = world.notices(pager, pager={"most_attempts": 5})
    notices.post(notice("open"))
    waits: list[float] = []
    while (delivery := notices.deliveries()[0]).state == "waiting":
        assert delivery.due_at is not None
        waits.append((delivery.due_at - world.clock.now()).total_seconds())
        world.clock.set(max(world.clock.now(), delivery.due_at))
        notices.deliver()
    assert all(0 <= wait <= 2.0 * 2**attempt for attempt, wait in enumerate(waits[1:]))
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("dead", 5, "answered 503")
    assert len({key for _, _, key in pager.told}) == 1
    assert notices.deliver() == 0
    (given_up,) = world.ledger.events(kinds=["notice.given_up"])
    assert given_up.payload["reason"] == "answered 503"
    assert [(each.name, each.dead) for each in notices.targets()] == [("pager", 1)]

    again = notices.retry("alert-1", key="again", actor="ada")
    assert [(each.state, each.attempts) for each in again] == [("waiting", 0)]
    assert notices.deliver() == 1
    assert notices.retry("alert-1", key="again", actor="ada")[0].state == "delivered"
    assert notices.deliver() == 0
    assert pager.told[-1][2] == pager.told[0][2], "a receiver that has it already can tell"
    assert [event.actor for event in world.ledger.events(kinds=["notice.renewed"])] == ["ada"]
    with pytest.raises(NotFoundError, match="no notice named 'alert-2'; there are: alert-1"):
        notices.retry("alert-2", key="x", actor="ada")
    with pytest.raises(NotFoundError, match="no target of notice alert-1 named 'pagr'"):
        notices.retry("alert-1", "pagr", key="x", actor="ada")


@pytest.mark.covers("O11")
def test_what_is_refused_is_given_up_at_once_and_the_next_state_is_told_all_the_same(world: World) -> None:
    pager = book(Receipt("refused", "answered 400"))
    notices = world.notices(pager, pager={})
    notices.post(notice("open"))
    assert notices.deliver() == 1
    assert notices.deliveries("dead")[0].attempts == 1
    notices.post(notice("resolved"))
    assert notices.deliver() == 1
    assert [state for _, state, _ in pager.told] == ["open", "resolved"]


@pytest.mark.covers("O11", "O8")
def test_a_storm_is_one_notice_for_its_group(world: World) -> None:
    pager, chat = book(), book()
    notices = world.notices(pager, chat, pager={"purposes": ["page"]}, chat={"purposes": ["alert"]})
    storm = [
        notice("open", key=f"a{number}", group="g1", purpose="alert", severity="sev3", title=f"alert {number}")
        for number in range(60)
    ]
    notices.post(*storm, notice("open", key="other", purpose="alert"))
    notices.deliver()
    assert [key for key, _, _ in chat.told] == ["a0", "other"]
    assert pager.told == []
    notices.post(notice("open", key="worse", group="g1", severity="sev1"))
    notices.deliver()
    assert [key for key, _, _ in pager.told] == ["a0"]
    assert len(chat.told) == 2
    one = next(each for each in notices.deliveries() if each.notice == "a0")
    assert (one.members, one.severity, one.purpose) == (61, "sev1", "page")
    # Acknowledged and resolved when all of it is.
    for state in ("acknowledged", "resolved"):
        notices.post(*(notice(state, key=each.key) for each in storm))
        assert notices.deliver() == 0
        notices.post(notice(state, key="worse"))
        assert notices.deliver() == 2
    # What comes after that is a notice of its own.
    notices.post(notice("open", key="a900", group="g1", purpose="alert"))
    notices.deliver()
    assert [key for key, _, _ in chat.told][-1] == "a900"


@pytest.mark.covers("O11")
def test_something_new_in_a_group_that_was_acknowledged_is_told(world: World) -> None:
    pager = book()
    notices = world.notices(pager, pager={})
    for each in (notice("open", group="g"), notice("acknowledged"), notice("open", key="b", group="g")):
        notices.post(each)
        notices.deliver()
    assert [state for _, state, _ in pager.told] == ["open", "acknowledged", "open"]


@pytest.mark.covers("O11")
def test_routes_follow_purpose_severity_owner_and_subject_and_only_pages_break_the_quiet(world: World) -> None:
    quiet = {"quiet_hours": "22:00-07:00", "quiet_zone": "Europe/Amsterdam"}
    world.clock.set(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    tables: dict[str, dict[str, object]] = {
        "pages": {"purposes": ["page"], **quiet},
        "alerts": {**quiet},
        "data": {"owners": ["data@*"], "severities": ["sev1", "sev2"]},
        "ranking": {"owners": ["ranking@*"]},
        "models": {"subjects": ["model:*"]},
    }
    books = {name: book() for name in tables}
    notices = world.notices(*books.values(), **tables)
    notices.post(notice("open"), notice("open", key="b", purpose="alert", severity="sev3"))
    notices.deliver()
    told = {name: [key for key, _, _ in each.told] for name, each in books.items()}
    assert told == {"pages": ["alert-1"], "alerts": ["alert-1"], "data": ["alert-1"], "ranking": [], "models": []}
    (waiting,) = notices.deliveries("waiting")
    assert (waiting.target, waiting.due_at) == ("alerts", datetime(2026, 3, 2, 6, tzinfo=UTC))
    # What is over in the morning is told as over, once.
    notices.post(notice("resolved", key="b"))
    assert notices.deliver() == 0
    world.clock.set(datetime(2026, 3, 2, 6, tzinfo=UTC))
    notices.deliver()
    assert [state for key, state, _ in books["alerts"].told if key == "b"] == ["resolved"]
    notices.post(notice("open", key="nobody", owner="x", purpose="change"))
    assert [each.target for each in notices.deliveries() if each.notice == "nobody"] == [None]


@pytest.mark.covers("O11")
def test_a_target_is_told_no_more_than_its_rate(world: World) -> None:
    pager = book()
    notices = world.notices(pager, pager={"per_minute": 6})
    notices.post(*(notice("open", key=f"a{number}") for number in range(20)))
    counts: list[int] = []
    for _ in range(4):
        counts.append(notices.deliver())
        world.later(seconds=20)
    assert counts == [6, 2, 2, 2]


@pytest.mark.covers("O11")
def test_what_is_open_is_repeated_in_one_go_until_it_is_over(world: World) -> None:
    pager = book(repeat_every_s=60)
    notices = world.notices(pager, pager={})
    notices.post(notice("open"), notice("open", key="b"))
    for _ in range(5):
        notices.deliver()
        world.later(seconds=30)
    assert pager.repeated == [["alert-1", "b"]] * 3
    notices.post(notice("resolved"))
    world.later(seconds=30)
    notices.deliver()
    assert pager.repeated[-1] == ["b"]
    assert len(pager.told) == 3


@pytest.mark.covers("O11")
def test_one_target_that_is_down_holds_up_no_other(world: World, receiver: Receiver) -> None:
    with receiving() as silent:
        silent.answer(0)
        tables = {
            name: {"kind": "webhook", "url": each.url, "secret": "s3cret", "timeout_s": 5}
            for name, each in (("down", silent), ("up", receiver))
        }
        notices = Notices(world.database, world.ledger, world.clock, open_targets(tables))
        with notices.sending(every_s=0.02):
            notices.post(*(notice("open", key=f"a{number}") for number in range(5)))
            assert wait_until(lambda: len(receiver.requests) == 5, SystemClock(), timeout_s=4)
            silent.ending.set()
        assert [each.target for each in notices.deliveries("waiting")] == ["down"] * 5


@pytest.mark.covers("O11")
def test_a_sender_killed_in_the_middle_loses_nothing_and_the_key_says_that_it_is_the_same(
    world: World, receiver: Receiver, tmp_path: Path
) -> None:
    assert SILENCE_S > 1
    table: dict[str, object] = {"kind": "webhook", "url": receiver.url, "secret": "s3cret", "timeout_s": 20}
    notices = Notices(world.database, world.ledger, world.clock, open_targets({"hook": table}))
    notices.post(notice("open"))
    receiver.answer(0)
    child = subprocess.Popen([sys.executable, str(CHILD), str(tmp_path), receiver.url])
    leased = wait_until(lambda: notices.deliveries()[0].attempts == 1, SystemClock(), timeout_s=20)
    child.kill()
    child.wait()
    assert leased
    receiver.ending.set()
    receiver.answer(200)
    assert notices.deliver() == 0, "the attempt may still be under way"
    world.later(seconds=31)
    assert notices.deliver() == 1
    (request,) = receiver.requests
    (delivery,) = notices.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert json.loads(request.body)["delivery"] == request.headers["idempotency-key"]
    assert world.ledger.verify() == 1


@pytest.mark.covers("O11")
def test_many_senders_at_once_tell_each_notice_once(world: World) -> None:
    pager = book()
    senders = [world.notices(pager, pager={"per_minute": 6000}) for _ in range(4)]
    senders[0].post(*(notice("open", key=f"a{number}") for number in range(12)))
    threads = [threading.Thread(target=sender.deliver) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key for key, _, _ in pager.told) == sorted(f"a{number}" for number in range(12))


@pytest.mark.covers("O11")
def test_secrets_are_nowhere_but_in_what_the_receiver_gets(
    world: World, receiver: Receiver, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"{receiver.url}/hooks/{SECRETS['url']}"
    tables: dict[str, dict[str, object]] = {
        "hook": {"kind": "webhook", "url": url, "secret": SECRETS["secret"], "most_attempts": 1},
        "gone": {"kind": "webhook", "url": f"http://127.0.0.1:1/{SECRETS['url']}", "secret": SECRETS["secret"]},
        "wrong": {"kind": "webhook", "url": f"gopher://chat/{SECRETS['url']}", "secret": SECRETS["secret"]},
    }
    opened = open_targets(tables)
    notices = Notices(world.database, world.ledger, world.clock, opened)
    for status in (200, 500, 400):
        receiver.answer(status)
        notices.post(notice("open", key=f"to {status}"))
        notices.deliver()
    tested = [notices.test(name, key="t", actor="ada") for name in tables]
    notices.retry("to 400", key="again", actor="ada")
    assert receiver.requests[0].path.endswith(SECRETS["url"])
    assert [each.outcome for each in tested] == ["refused", "failed", "failed"]
    assert "must begin with http" in tested[2].detail
    told = f"{notices.deliveries()} {notices.targets()} {tested} {opened} {opened.targets!r} {caplog.text}"
    told += str([event.payload for event in world.ledger.events()])
    told += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("steek.db*"))
    for secret in SECRETS.values():
        assert secret not in told


@pytest.mark.covers("O11")
def test_a_test_is_sent_once_for_its_key_and_says_what_came_of_it(world: World) -> None:
    pager = book()
    notices = world.notices(pager, pager={})
    first = notices.test("pager", key="t", actor="ada")
    assert (first.outcome, [state for _, state, _ in pager.told]) == ("delivered", ["open", "resolved"])
    assert notices.test("pager", key="t", actor="ada") == first
    assert len(pager.told) == 2
    with pytest.raises(NotFoundError, match="no target named 'pgaer'"):
        notices.test("pgaer", key="t", actor="ada")


@pytest.mark.covers("O11")
def test_a_strangers_notifier_that_raises_has_failed_and_its_words_are_not_repeated(world: World) -> None:
    class Broken(Book):
        def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - it fails before it looks
            message = "token hunter2"
            raise RuntimeError(message)

    notices = world.notices(Broken(), pager={})
    notices.post(notice("open"))
    notices.deliver()
    assert notices.deliveries()[0].last_error == "the notifier raised RuntimeError"


@given(st.integers(1, 200), st.text(max_size=20), st.one_of(st.none(), st.floats(0, 1e9)))
@hypothesis_settings(max_examples=60)
def test_delays_are_bounded_seeded_and_respect_what_was_asked(attempts: int, seed: str, asked_s: float | None) -> None:
    delay_s = next_delay_s(attempts, seed=seed, retry_after_s=asked_s)
    assert delay_s == next_delay_s(attempts, seed=seed, retry_after_s=asked_s)
    assert min(asked_s or 0.0, 3600.0) <= delay_s <= max(600.0, min(asked_s or 0.0, 3600.0))


def test_every_pair_of_state_and_action_moves_or_raises() -> None:
    for table in (NOTICE_TRANSITIONS, DELIVERY_TRANSITIONS):
        states = {state for state, _ in table} | set(table.values())
        actions = {action for _, action in table}
        for state in states:
            for action in actions:
                known: Any = table
                if (state, action) in known:
                    assert transition(known, state, action, what="x") == known[state, action]
                else:
                    with pytest.raises(IllegalTransitionError):
                        transition(known, state, action, what="x")


@pytest.mark.covers("O11")
def test_what_is_long_over_goes_and_what_is_open_or_waits_stays(world: World) -> None:
    pager = book()
    notices = world.notices(pager, pager={})
    pruning = NoticePruning(world.database, world.clock, world.clock, days=90)
    notices.post(notice("open", key="over"), notice("open", key="mate", group="g"), notice("open", key="open"))
    notices.deliver()
    notices.post(notice("resolved", key="over"))
    notices.deliver()
    notices.post(notice("resolved", key="mate"))
    notices.test("pager", key="t", actor="ada")
    world.later(days=89)
    assert (pruning.count(), pruning.prune()) == (0, 0)
    world.later(days=2)
    assert (pruning.count(), pruning.prune(), pruning.count()) == (2, 2, 0)
    assert sorted(each.notice for each in notices.deliveries()) == ["mate", "open"]
    # Heard of again, it is still over.
    notices.post(notice("resolved", key="over"))
    assert notices.deliver() == 1


@pytest.mark.covers("O11")
def test_words_of_others_are_stored_as_plain_text(world: World) -> None:
    """Terminals obey controls, PostgreSQL takes no NUL, and what turns the direction makes other words of it."""
    hostile = "a\0\x1b[31mb\n\r\n\u202ec\ud800 " + "x" * 1_000_000
    pager = book(Receipt("refused", hostile))
    notices = world.notices(pager, pager={})
    notices.post(notice("open", title=hostile, body=hostile, owner=hostile, labels={"slice": hostile}))
    notices.deliver()
    (one,) = notices.deliveries()
    for text in (one.title, one.last_error):
        assert text is not None
        assert text.startswith("a[31mb c x")
        assert len(text) <= 500
    assert len(one.title) == 300
