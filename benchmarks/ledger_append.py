"""The ledger: writing events, one transaction for each, as most services do.

Ours: `Ledger.record`: takes the write lock, reads the tip, seals the event into the hash chain, writes it with its
two edges of lineage, commits durably. Peer and limit: the same row into a bare SQLite table with the same indices and
durability (WAL, synchronous=FULL), without hash, lock at the start, or edges. Also told: a hundred events at
once, and eight threads that record one event a call, which share commits; the goal is about those.
"""

import itertools
import threading
from collections.abc import Callable

import ledger_world
import measuring

EVENTS, ROUNDS, AT_ONCE, WRITERS = 400, 5, 100, 8


def main() -> None:
    with (
        measuring.work_folder() as folder,
        ledger_world.new_ledger(folder, "append") as ledger,
        ledger_world.bare_sqlite(folder / "bare.db") as bare,
    ):
        ours, theirs = itertools.count(), itertools.count()

        def record(at_once: int, events: int = EVENTS) -> None:
            for _ in range(events // at_once):
                ledger.record(*ledger_world.drafts(next(ours) * AT_ONCE, at_once))

        def insert(at_once: int) -> None:
            for _ in range(EVENTS // at_once):
                ledger_world.insert(bare, next(theirs) * AT_ONCE, at_once)

        spent = measuring.take_turns(
            ROUNDS,
            record=lambda: record(1),
            insert=lambda: insert(1),
            record_writers=lambda: _at_once(record),
            record_many=lambda: record(AT_ONCE),
            insert_many=lambda: insert(AT_ONCE),
        )
    per_s = {name: EVENTS / measuring.median(rounds).wall_s for name, rounds in spent.items()}
    print(f"{EVENTS} events a round; median of {ROUNDS} rounds")
    for name, note in (
        ("record", "Ledger.record, one a transaction"),
        ("insert", "bare SQLite, one a transaction"),
        ("record_writers", f"Ledger.record, {WRITERS} writers, one a call"),
        ("record_many", f"Ledger.record, {AT_ONCE} a transaction"),
        ("insert_many", f"bare SQLite, {AT_ONCE} a transaction"),
    ):
        measuring.say(note, measuring.median(spent[name]), f"{per_s[name]:,.0f} events/s")
    measuring.Result(
        name="ledger_append",
        figure=per_s["record_writers"],
        unit=f"events/s, one a call, {WRITERS} writers",
        peer="bare SQLite insert with the same durability",
        peer_figure=per_s["insert"],
        limit_figure=per_s["insert"],
        goal="at least 1,000 events/s",
        met=per_s["record_writers"] >= 1000,
    ).end()


def _at_once(record: Callable[[int, int], None]) -> None:
    threads = [threading.Thread(target=record, args=(1, EVENTS // WRITERS)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
