"""The record of nights."""

from datetime import date, timedelta

import pytest

from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger
from steek.loop import Night, Nights

FIRST, SECOND = date(2017, 10, 1), date(2017, 10, 2)


@pytest.fixture
def nights(database: Database, ledger: Ledger, clock: ReplayClock) -> Nights:
    return Nights(database, ledger, clock)


@pytest.mark.covers("T2")
def test_a_night_goes_from_its_first_stage_to_its_report(nights: Nights, ledger: Ledger, clock: ReplayClock) -> None:
    began = clock.now()
    assert nights.get(FIRST) is None
    nights.start(FIRST)
    nights.stage(FIRST, "training search_ranking")
    assert nights.get(FIRST) == Night(FIRST, "training search_ranking", began, None, {})
    clock.set(began + timedelta(hours=6))
    nights.finish(FIRST, {"models": {"search_ranking": {"version": 1}}})
    finished = nights.get(FIRST)
    assert finished == Night(
        FIRST, "finished", began, began + timedelta(hours=6), {"models": {"search_ranking": {"version": 1}}}
    )
    assert [(event.kind, event.subject, event.payload) for event in ledger.events()] == [
        ("night.started", "night:2017-10-01", {}),
        ("night.finished", "night:2017-10-01", {"report": {"models": {"search_ranking": {"version": 1}}}}),
    ]


@pytest.mark.covers("T2")
def test_beginning_and_ending_are_said_once_however_often_they_are_repeated(
    nights: Nights, ledger: Ledger, clock: ReplayClock
) -> None:
    began = clock.now()
    nights.start(FIRST)
    nights.finish(FIRST, {"data": 1})
    clock.set(began + timedelta(hours=1))
    nights.start(FIRST)
    nights.finish(FIRST, {"data": 2})
    assert nights.get(FIRST) == Night(FIRST, "finished", began, began, {"data": 1})
    assert [event.kind for event in ledger.events()] == ["night.started", "night.finished"]


def test_the_last_nights_come_first(nights: Nights) -> None:
    for day in (FIRST, SECOND):
        nights.start(day)
    assert [night.day for night in nights.latest(5)] == [SECOND, FIRST]
    assert [night.day for night in nights.latest()] == [SECOND]
