"""The hash chain: what was written comes back, and nothing can be changed, taken out or put in unnoticed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from steek.kernel import ReplayClock
from steek.kernel.errors import BrokenChainError
from steek.ledger import Database, Draft, Ledger, metadata
from steek.ledger.events import GENESIS
from steek.ledger.tables import events

NOON = datetime(2017, 10, 2, 12, tzinfo=UTC)
KINDS = ("batch.committed", "model.trained", "route.changed", "alert.fired")
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_é", max_size=5), inner, max_size=3),
    max_leaves=8,
)
drafts = st.builds(
    Draft,
    kind=st.sampled_from(KINDS),
    subject=st.text("abcdefghij0123456789", min_size=1, max_size=12).map(lambda name: f"dataset:{name}@1"),
    actor=st.sampled_from(["steek", "night 2017-10-01", "ariel@grocer"]),
    payload=st.dictionaries(st.text("abcdef", min_size=1, max_size=6), json_values, max_size=4),
    at=st.none()
    | st.datetimes(
        datetime(2017, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2018, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]),
    ),
    causes=st.lists(st.sampled_from(["a", "b", "c"]), max_size=2).map(tuple),
)
Tamper = Callable[[dict[str, Any]], dict[str, Any]]
TAMPERING: dict[str, Tamper] = {
    "id": lambda row: {"id": row["id"][:-1] + ("0" if row["id"][-1] != "0" else "1")},
    "at": lambda row: {"at": row["at"] + timedelta(microseconds=1)},
    "recorded_at": lambda row: {"recorded_at": row["recorded_at"] - timedelta(microseconds=1)},
    "kind": lambda row: {"kind": row["kind"] + "d"},
    "subject": lambda row: {"subject": row["subject"] + "2"},
    "actor": lambda _: {"actor": "somebody else"},
    "causes": lambda row: {"causes": [*row["causes"], "z"]},
    "payload": lambda row: {"payload": {**row["payload"], "added": None}},
    "payload_version": lambda row: {"payload_version": row["payload_version"] + 1},
    "previous_hash": lambda _: {"previous_hash": "f" * 64},
    "hash": lambda row: {"hash": row["hash"][1:] + ("0" if row["hash"][0] != "0" else "1")},
}


def test_the_table_of_tampering_names_every_field_of_an_event() -> None:
    assert set(TAMPERING) == set(events.c.keys()) - {"sequence"}


def fresh_ledger(clock: ReplayClock) -> Ledger:
    database = Database.open("sqlite://")
    metadata.create_all(database.engine, tables=[events])
    return Ledger(database, clock)


@pytest.mark.covers("D17")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(drafts, min_size=1, max_size=8))
def test_events_come_back_as_they_were_written_and_verify(clock: ReplayClock, written: list[Draft]) -> None:
    ledger = fresh_ledger(clock)
    sealed = [*ledger.record(*written[:3]), *ledger.record(*written[3:])]
    assert ledger.events() == sealed
    assert ledger.verify() == len(written) == ledger.count()
    assert [event.sequence for event in sealed] == list(range(1, len(written) + 1))
    assert [event.previous_hash for event in sealed] == [GENESIS, *(event.hash for event in sealed[:-1])]
    ledger.database.close()


@pytest.mark.covers("D17")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(drafts, min_size=2, max_size=6), field=st.sampled_from(sorted(TAMPERING)), data=st.data())
def test_a_change_of_any_one_field_of_any_event_is_found(
    clock: ReplayClock, written: list[Draft], field: str, data: st.DataObject
) -> None:
    ledger = fresh_ledger(clock)
    ledger.record(*written)
    victim = data.draw(st.integers(1, len(written)))
    with ledger.database.transaction() as connection:
        row = dict(connection.execute(select(events).where(events.c.sequence == victim)).mappings().one())
        connection.execute(update(events).where(events.c.sequence == victim).values(TAMPERING[field](row)))
    with pytest.raises(BrokenChainError, match=rf"event {victim} .* is not what was written"):
        ledger.verify()
    ledger.database.close()


@pytest.fixture
def five(ledger: Ledger) -> Ledger:
    ledger.record(*(Draft(KINDS[number % 4], f"dataset:d@{number}", "steek", {"n": number}) for number in range(5)))
    return ledger


@pytest.mark.covers("D17")
@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_an_event_that_was_taken_out_leaves_a_gap_that_is_named(five: Ledger, missing: int) -> None:
    with five.database.transaction() as connection:
        connection.execute(delete(events).where(events.c.sequence == missing))
    with pytest.raises(BrokenChainError, match=f"event {missing} is missing before {missing + 1}"):
        five.verify()


def test_two_events_that_changed_places_are_found(five: Ledger) -> None:
    with five.database.transaction() as connection:
        for before, after in ((2, 99), (3, 2), (99, 3)):
            connection.execute(update(events).where(events.c.sequence == before).values(sequence=after))
    with pytest.raises(BrokenChainError, match=r"event 2 .* is not what was written"):
        five.verify()


def test_an_event_put_in_later_is_found(five: Ledger) -> None:
    with five.database.transaction() as connection:
        for sequence in (5, 4):
            connection.execute(update(events).where(events.c.sequence == sequence).values(sequence=sequence + 1))
        third = dict(connection.execute(select(events).where(events.c.sequence == 3)).mappings().one())
        connection.execute(insert(events).values({**third, "sequence": 4, "id": "forged", "actor": "nobody"}))
    with pytest.raises(BrokenChainError, match=r"event 4 .* is not what was written"):
        five.verify()


def test_the_error_of_a_broken_chain_says_what_to_do(five: Ledger) -> None:
    with five.database.transaction() as connection:
        connection.execute(delete(events).where(events.c.sequence == 1))
    with pytest.raises(BrokenChainError) as raised:
        five.verify()
    assert raised.value.next_step == "Restore the database from a backup and compare."


def test_an_empty_ledger_verifies(ledger: Ledger) -> None:
    assert ledger.verify() == 0


@pytest.mark.covers("D17")
def test_a_transaction_that_fails_leaves_neither_state_nor_event(five: Ledger) -> None:
    def change_and_fail() -> None:
        with five.database.transaction() as connection:
            five.append(connection, Draft("route.changed", "model:m", "steek"))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        change_and_fail()
    assert five.verify() == 5
    five.record(Draft("route.changed", "model:m", "steek"))
    assert five.verify() == 6


def test_appending_nothing_writes_nothing(five: Ledger) -> None:
    assert five.record() == []
    assert five.count() == 5


def test_event_time_is_kept_apart_from_processing_time(ledger: Ledger, clock: ReplayClock) -> None:
    clock.set(NOON)
    happened, untold = ledger.record(
        Draft("external.changed", "supplier:7", "ariel@grocer", at=NOON - timedelta(days=3)),
        Draft("batch.committed", "dataset:d@1", "store"),
    )
    assert (happened.at, happened.recorded_at) == (NOON - timedelta(days=3), NOON)
    assert (untold.at, untold.recorded_at) == (NOON, NOON)


def test_a_payload_that_json_cannot_hold_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ledger.record(Draft("model.trained", "trained:m@1", "steek", {"loss": float("nan")}))
    assert ledger.count() == 0


def test_ids_sort_by_the_time_of_writing(ledger: Ledger, clock: ReplayClock) -> None:
    ids: list[str] = []
    for minute in range(5):
        clock.set(NOON + timedelta(minutes=minute))
        ids += [event.id for event in ledger.record(Draft("batch.committed", "dataset:d@1", "store"))]
    assert ids == sorted(ids)


@pytest.mark.covers("D17")
def test_a_frozen_reader_sees_a_whole_transaction_or_none(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger(Database.open(f"sqlite:///{tmp_path / 'steek.db'}"), ReplayClock(tmp_path / "clock"))
    with ledger.database.transaction() as connection:
        ledger.append(connection, Draft("batch.committed", "dataset:d@1", "store"))
        assert other.count() == 0
        ledger.append(connection, Draft("batch.committed", "dataset:d@2", "store"))
    assert other.count() == 2
    other.database.close()
