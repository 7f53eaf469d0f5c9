"""Group commit: threads that record at once share transactions, and nobody pays for another's mistake."""

import hashlib
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import select, text, update

from steek.kernel.errors import BrokenChainError
from steek.kernel.records import canonical_json
from steek.ledger import Draft, Event, Ledger
from steek.ledger.events import body_hash, event_hash
from steek.ledger.grouping import GroupCommit
from steek.ledger.tables import events


def at_once(count: int, work: object) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]  # pyright: ignore[reportArgumentType]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.mark.covers("D17")
def test_everybody_who_waits_while_one_writes_is_written_together(ledger: Ledger) -> None:
    groups: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def write(drafts: Sequence[Draft]) -> list[Event]:
        groups.append(len(drafts))
        begun.set()
        assert go_on.wait(60)
        with ledger.database.transaction() as connection:
            return ledger.append(connection, *drafts)

    together = GroupCommit(write)
    found: dict[int, list[str]] = {}

    def record(number: int) -> None:
        if number == 7:
            # The last one opens the door; those before it are waiting or on their way.
            assert begun.wait(60)
            go_on.set()
        drafts = tuple(Draft("batch.committed", f"dataset:d{number}@{each}", "store") for each in range(2))
        found[number] = [event.subject for event in together.record(drafts)]

    at_once(8, record)
    assert found == {number: [f"dataset:d{number}@{each}" for each in range(2)] for number in range(8)}
    assert sum(groups) == 16
    assert all(size % 2 == 0 for size in groups)
    assert ledger.verify() == 16


@pytest.mark.covers("D17")
def test_a_draft_that_cannot_be_written_fails_alone(ledger: Ledger) -> None:
    refused: list[int] = []

    def record(number: int) -> None:
        for at in range(10):
            bad = number == 0
            payload: dict[str, object] = {"loss": float("nan") if bad else at}
            try:
                ledger.record(Draft("model.trained", f"trained:m{number}@{at}", "night", payload))
            except ValueError:
                refused.append(number)

    at_once(6, record)
    assert refused == [0] * 10
    assert ledger.verify() == 50
    for number in range(1, 6):
        own = [event.subject for event in ledger.events(subject_prefix=f"trained:m{number}@")]
        assert own == [f"trained:m{number}@{at}" for at in range(10)]


@pytest.mark.postgres
@pytest.mark.covers("D17", "N1")
def test_threads_on_postgresql_share_transactions_and_one_chain(postgres_ledger: Ledger) -> None:
    def record(number: int) -> None:
        for at in range(25):
            subject = f"dataset:d{number}@{at}"
            edges = ((f"receipt:{number}-{at}", subject), ("dataset:seen@1", subject))
            postgres_ledger.record(Draft("batch.committed", subject, "store", {"note": 'ü"\\', "at": at}, edges=edges))

    at_once(6, record)
    assert postgres_ledger.verify() == 150
    with postgres_ledger.database.transaction() as connection:
        connection.execute(update(events).where(events.c.sequence == 77).values(payload={"note": "u", "at": 1}))
    with pytest.raises(BrokenChainError, match="event 77"):
        postgres_ledger.verify()


@pytest.mark.covers("D17")
def test_the_fast_text_is_the_canonical_one(ledger: Ledger) -> None:
    """Chains of earlier versions must verify, so the hashed text may not change by a byte."""
    payload: dict[str, object] = {
        "ü": 'é\u2028\x7f\n"\\/',
        "b": [1.5, 1e22, -0.0, True, None, 10**20],
        "a": {"z": 1, "y": []},
    }
    event = ledger.record(Draft("a.b", "dataset:d@1", "ada", payload))[0]
    body = [event.previous_hash, event.id, event.at, event.recorded_at, event.kind, event.subject, event.actor]
    body += [event.causes, event.payload, event.payload_version]
    assert event.hash == hashlib.sha256(canonical_json(body).encode()).hexdigest()
    named = {name: getattr(event, name) for name in Event.__dataclass_fields__ if name not in ("sequence", "hash")}
    assert event_hash(**named) == event.hash
    with pytest.raises(ValueError, match="JSON"):
        body_hash([float("inf")])


@pytest.mark.covers("D17")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE events SET payload = '{\"n\": 2} ' || payload WHERE sequence = 3", "event 3"),
        ("UPDATE events SET payload = 'gone' WHERE sequence = 3", "event 3"),
        ("UPDATE events SET at = '2017' WHERE sequence = 2", "event 2"),
        ("DELETE FROM events WHERE sequence = 1", "event 1 is missing"),
        ("UPDATE events SET sequence = -5 WHERE sequence = 5", "event 1 is missing before -5"),
    ],
)
def test_rows_that_were_spoilt_by_hand_are_found(ledger: Ledger, change: str, told: str) -> None:
    ledger.record(*(Draft("batch.committed", f"dataset:d@{n}", "store", {"n": n}) for n in range(5)))
    with ledger.database.transaction() as connection:
        connection.execute(text(change))
    with pytest.raises(BrokenChainError, match=told):
        ledger.verify()


@pytest.mark.covers("D17")
def test_events_cut_off_the_end_are_missed_against_a_noted_tip(ledger: Ledger) -> None:
    ledger.record(*(Draft("batch.committed", f"dataset:d@{n}", "store") for n in range(5)))
    noted = ledger.tip()
    assert ledger.verify(known=noted) == 5
    ledger.record(Draft("batch.committed", "dataset:d@6", "store"))
    assert ledger.verify(known=noted) == 6
    with ledger.database.transaction() as connection:
        connection.execute(events.delete().where(events.c.sequence >= 4))
        assert connection.execute(select(events.c.sequence)).scalars().all() == [1, 2, 3]
    assert ledger.verify() == 3
    with pytest.raises(BrokenChainError, match="does not hold event 5"):
        ledger.verify(known=noted)
