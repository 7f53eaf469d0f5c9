"""Delivery: in order, at least once across crashes, each subscriber at its own place."""

import subprocess
import sys
from pathlib import Path

import pytest

from steek.ledger import Database, Draft, Event, Ledger, Subscriptions


class Inbox:
    """A handler that remembers subjects and can fail on one of them."""

    def __init__(self, fails_on: str | None = None) -> None:
        self.subjects: list[str] = []
        self.fails_on = fails_on

    def __call__(self, event: Event) -> None:
        if event.subject == self.fails_on:
            raise RuntimeError(event.subject)
        self.subjects.append(event.subject)


def commit(ledger: Ledger, *versions: int) -> None:
    ledger.record(*(Draft("batch.committed", f"dataset:d@{version}", "store") for version in versions))


def subjects(*versions: int) -> list[str]:
    return [f"dataset:d@{version}" for version in versions]


def test_each_subscriber_gets_the_kinds_it_asked_for_in_order_and_once(ledger: Ledger) -> None:
    batches, alerts = Inbox(), Inbox()
    table = {"batches": (["batch.committed"], batches), "alerts": (["alert.fired"], alerts)}
    commit(ledger, 1, 2)
    ledger.record(Draft("alert.fired", "model:m", "steek"))
    assert Subscriptions(ledger, table).deliver() == 3
    commit(ledger, 3)
    assert Subscriptions(ledger, table).deliver() == 1
    assert Subscriptions(ledger, table).deliver() == 0
    assert (batches.subjects, alerts.subjects) == (subjects(1, 2, 3), ["model:m"])


def test_events_that_handlers_write_are_delivered_in_the_same_call(ledger: Ledger) -> None:
    declared = Inbox()

    def declare(event: Event) -> None:
        ledger.record(Draft("incident.declared", f"incident:{event.sequence}", "steek", causes=(event.id,)))

    subscriptions = Subscriptions(
        ledger, {"watch": (["incident.declared"], declared), "declare": (["alert.fired"], declare)}
    )
    ledger.record(Draft("alert.fired", "model:m", "steek"))
    assert subscriptions.deliver() == 2
    assert declared.subjects == ["incident:1"]


@pytest.mark.covers("D17")
def test_a_handler_that_fails_is_asked_again_and_no_event_is_lost(ledger: Ledger) -> None:
    inbox = Inbox(fails_on="dataset:d@2")
    commit(ledger, 1, 2, 3)
    subscriptions = Subscriptions(ledger, {"inbox": (["batch.committed"], inbox)})
    with pytest.raises(RuntimeError, match="dataset:d@2"):
        subscriptions.deliver()
    inbox.fails_on = None
    subscriptions.deliver()
    assert set(inbox.subjects) == set(subjects(1, 2, 3))
    assert inbox.subjects[-2:] == subjects(2, 3)


@pytest.mark.covers("D17")
def test_a_process_killed_between_work_and_cursor_delivers_again(ledger: Ledger, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from steek.kernel import ReplayClock; from steek.ledger import Database, Ledger, Subscriptions\n"
        "ledger = Ledger(Database.open(sys.argv[1]), ReplayClock(Path(sys.argv[2])))\n"
        "def handle(event):\n"
        "    with open(sys.argv[3], 'a') as log: log.write(event.subject + chr(10))\n"
        "    if event.subject == 'dataset:d@3': os.kill(os.getpid(), signal.SIGKILL)\n"
        "Subscriptions(ledger, {'worker': (['batch.committed'], handle)}).deliver()\n"
    )
    commit(ledger, 1, 2, 3, 4)
    log = tmp_path / "handled"
    url = f"sqlite:///{tmp_path / 'steek.db'}"
    command = [sys.executable, "-c", program, url, str(tmp_path / "clock"), str(log)]
    assert subprocess.run(command, check=False).returncode == -9
    assert log.read_text().split() == subjects(1, 2, 3)
    inbox = Inbox()
    Subscriptions(ledger, {"worker": (["batch.committed"], inbox)}).deliver()
    assert inbox.subjects == subjects(1, 2, 3, 4)


def test_two_deliverers_that_meet_never_move_a_cursor_back(ledger: Ledger, database: Database) -> None:
    commit(ledger, 1)
    late = Inbox()

    def slow(event: Event) -> None:
        # While this one is at work, another process delivers the same event and a newer one.
        if not late.subjects:
            late(event)
            commit(ledger, 2)
            Subscriptions(Ledger(database, ledger._clock), {"inbox": (["batch.committed"], late)}).deliver()  # pyright: ignore[reportPrivateUsage]

    Subscriptions(ledger, {"inbox": (["batch.committed"], slow)}).deliver()
    again = Inbox()
    Subscriptions(ledger, {"inbox": (["batch.committed"], again)}).deliver()
    assert late.subjects == subjects(1, 1, 2)
    assert again.subjects == []


def test_more_events_than_one_page_are_all_delivered(ledger: Ledger) -> None:
    commit(ledger, *range(1201))
    inbox = Inbox()
    assert Subscriptions(ledger, {"inbox": (["batch.committed"], inbox)}).deliver() == 1201
    assert inbox.subjects == subjects(*range(1201))


@pytest.mark.postgres
@pytest.mark.covers("N1")
def test_delivery_on_postgresql_goes_on_where_it_stopped(postgres_ledger: Ledger) -> None:
    inbox = Inbox()
    commit(postgres_ledger, 1, 2)
    assert Subscriptions(postgres_ledger, {"inbox": (["batch.committed"], inbox)}).deliver() == 2
    commit(postgres_ledger, 3)
    assert Subscriptions(postgres_ledger, {"inbox": (["batch.committed"], inbox)}).deliver() == 1
    assert inbox.subjects == subjects(1, 2, 3)
