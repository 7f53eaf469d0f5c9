"""Changes that people and other systems tell: each key once, at the time they happened."""

from datetime import UTC, datetime

import pytest

from steek.kernel import ReplayClock
from steek.kernel.errors import InputError
from steek.ledger import Database, Ledger, Outside, OutsideNote

THEN = datetime(2017, 9, 30, 8, tzinfo=UTC)


@pytest.fixture
def outside(database: Database, ledger: Ledger) -> Outside:
    return Outside(database, ledger)


@pytest.mark.covers("O12")
def test_a_change_is_an_event_at_the_time_it_happened(outside: Outside, ledger: Ledger, clock: ReplayClock) -> None:
    event = outside.note("supplier:9", "Delivers no more fruit.", at=THEN, key="mail 17", actor="buyer@grocer")
    assert ledger.events() == [event]
    assert (event.kind, event.subject, event.actor) == ("external.changed", "supplier:9", "buyer@grocer")
    assert (event.at, event.recorded_at) == (THEN, clock.now())
    assert event.payload == {"summary": "Delivers no more fruit."}
    assert outside.note("campaign:1", "Began.", at=None, key="another", actor="x").at == clock.now()


@pytest.mark.covers("O12", "N3")
def test_telling_it_again_under_its_key_changes_nothing(outside: Outside, ledger: Ledger) -> None:
    first = outside.note("supplier:9", "Delivers no more fruit.", at=THEN, key="mail 17", actor="buyer@grocer")
    again = outside.note("supplier:9", "Said twice.", at=None, key="mail 17", actor="somebody")
    assert again == first
    assert ledger.verify() == 1


@pytest.mark.postgres
@pytest.mark.covers("N1")
def test_postgresql_keeps_each_key_once_too(postgres_ledger: Ledger) -> None:
    outside = Outside(postgres_ledger.database, postgres_ledger)
    told = [outside.note("supplier:9", "Late.", at=THEN, key="mail 17", actor="buyer@grocer") for _ in range(3)]
    assert told == [told[0]] * 3
    assert postgres_ledger.verify() == 1


@pytest.mark.covers("O12", "I6")
def test_a_change_says_what_kind_of_thing_changed_and_what_it_moves(outside: Outside) -> None:
    told = OutsideNote(key="1", subject="host:db1", summary="moved", kind="infrastructure", on=("dataset:products",))
    [event] = outside.take([told], actor="ops")
    assert event.payload == {"summary": "moved", "kind": "infrastructure", "on": ["dataset:products"]}
    with pytest.raises(InputError, match="no kind of change named 'infra'"):
        OutsideNote(key="2", subject="host:db1", summary="moved", kind="infra")
