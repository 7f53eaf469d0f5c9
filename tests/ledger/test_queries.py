"""Asking the ledger: every condition alone and together, order, limits, pages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steek.ledger import Draft, Event, Ledger

START = datetime(2017, 10, 2, tzinfo=UTC)
WRITTEN = [
    Draft("batch.committed", "dataset:transactions@1", "store", at=START),
    Draft("batch.committed", "dataset:transactions@2", "store", at=START + timedelta(days=1)),
    Draft("model.trained", "trained:search_ranking@1", "night", at=START + timedelta(days=1, hours=2)),
    Draft("gate.decided", "trained:search_ranking@1", "night", at=START + timedelta(days=1, hours=2)),
    Draft("model.trained", "trained:search@1", "night", at=START + timedelta(days=2)),
    Draft("batch.committed", "dataset:transactions%@3", "store", at=START - timedelta(days=9)),
]


@pytest.fixture
def written(ledger: Ledger) -> list[Event]:
    return ledger.record(*WRITTEN)


def numbers(events: list[Event]) -> list[int]:
    return [event.sequence for event in events]


def test_without_conditions_all_events_come_in_order_of_writing(ledger: Ledger, written: list[Event]) -> None:
    assert ledger.events() == written
    assert ledger.events(newest_first=True) == written[::-1]
    assert numbers(ledger.events(limit=2)) == [1, 2]
    assert numbers(ledger.events(limit=2, newest_first=True)) == [6, 5]


@pytest.mark.usefixtures("written")
def test_conditions_narrow_and_combine(ledger: Ledger) -> None:
    assert numbers(ledger.events(kinds=["model.trained"])) == [3, 5]
    assert numbers(ledger.events(kinds=["model.trained", "gate.decided"])) == [3, 4, 5]
    assert ledger.events(kinds=[]) == []
    assert numbers(ledger.events(subject="trained:search_ranking@1")) == [3, 4]
    assert numbers(ledger.events(subject_prefix="trained:search")) == [3, 4, 5]
    assert numbers(ledger.events(since=START, until=START + timedelta(days=1))) == [1]
    assert numbers(ledger.events(since=START + timedelta(days=1), kinds=["batch.committed"])) == [2]
    assert numbers(ledger.events(after_sequence=2, before_sequence=5)) == [3, 4]


@pytest.mark.usefixtures("written")
def test_a_prefix_is_text_and_not_a_pattern(ledger: Ledger) -> None:
    assert numbers(ledger.events(subject_prefix="dataset:transactions%")) == [6]
    assert ledger.events(subject_prefix="dataset:transaction_") == []


@pytest.mark.usefixtures("written")
def test_times_of_other_zones_mean_the_same_instant(ledger: Ledger) -> None:
    local = (START + timedelta(days=1)).astimezone()
    assert ledger.events(since=local) == ledger.events(since=START + timedelta(days=1))


def test_one_event_by_id(ledger: Ledger, written: list[Event]) -> None:
    assert ledger.event(written[3].id) == written[3]
    assert ledger.event("0190-unknown") is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 7))
def test_pages_of_any_size_hold_each_event_once(ledger: Ledger, size: int) -> None:
    if ledger.count() == 0:
        ledger.record(*WRITTEN)
    forward: list[int] = []
    while page := ledger.events(after_sequence=forward[-1] if forward else 0, limit=size):
        forward += numbers(page)
    backward: list[int] = []
    while page := ledger.events(before_sequence=backward[-1] if backward else 99, limit=size, newest_first=True):
        backward += numbers(page)
    assert forward == backward[::-1] == list(range(1, 7))


@pytest.mark.postgres
@pytest.mark.covers("N1", "D17")
def test_postgresql_keeps_the_same_ledger(postgres_ledger: Ledger) -> None:
    sealed = postgres_ledger.record(*WRITTEN, Draft("route.changed", "model:m", "ariel", {"größe": [1.5, None, "½"]}))
    assert postgres_ledger.events() == sealed
    assert postgres_ledger.verify() == len(WRITTEN) + 1
    assert numbers(postgres_ledger.events(subject_prefix="dataset:transactions%")) == [6]
    assert numbers(postgres_ledger.events(since=START, until=START + timedelta(days=1), kinds=["batch.committed"])) == [
        1
    ]
