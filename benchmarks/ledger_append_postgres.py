"""The ledger on PostgreSQL: writing events from eight threads, one event a call, durable; verification; lineage.

Ours: `Ledger.record`: threads that record at once share a commit. Peer and limit: the same rows by plain `psycopg`
into a table without indices, hash, edges or lock, eight connections, each row in a transaction of its own.
"""

import itertools
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import ledger_world
import measuring
from steek.ledger import Lineage

WRITERS, EVENTS, ROUNDS = 8, 200, 4
_TABLE = "CREATE TABLE IF NOT EXISTS bare (sequence bigint, subject text, payload json, hash text)"


def main() -> None:
    psycopg = import_module("psycopg")
    with (
        measuring.work_folder() as folder,
        ledger_world.postgres_url() as url,
        ledger_world.million(folder, url) as ledger,
    ):
        numbers = itertools.count(10_000_000)
        connections: list[Any] = [psycopg.connect(url, autocommit=True) for _ in range(WRITERS)]
        connections[0].execute(_TABLE)

        def insert(writer: int) -> None:
            for number in range(EVENTS):
                row = (number, f"dataset:transactions@{number}", '{"rows": 4000}', "0" * 64)
                connections[writer].execute("INSERT INTO bare VALUES (%s, %s, %s, %s)", row)

        def record(_: int) -> None:
            for _number in range(EVENTS):
                ledger.record(*ledger_world.drafts(next(numbers), 1))

        spent = measuring.take_turns(ROUNDS, record=lambda: _all(record), insert=lambda: _all(insert))
        lineage = Lineage(ledger.database)
        asked = measuring.take_turns(
            5,
            up=lambda: lineage.upstream("trained:model_0@999"),
            down=lambda: lineage.downstream("receipt:000900-0"),
        )
        with measuring.stopwatch() as clock:
            verified = ledger.verify()
        for connection in connections:
            connection.close()
    count = WRITERS * EVENTS
    ours, bare = measuring.median(spent["record"]), measuring.median(spent["insert"])
    measuring.say("Ledger.record, 8 writers", ours, f"{count / ours.wall_s:,.0f} events/s")
    measuring.say("bare rows, 8 writers", bare, f"{count / bare.wall_s:,.0f} rows/s")
    measuring.say(f"verify {verified:,} events", clock())
    measuring.say("Lineage.upstream", measuring.median(asked["up"]))
    measuring.say("Lineage.downstream", measuring.median(asked["down"]))
    figure = count / ours.wall_s
    measuring.Result(
        name="ledger_append_postgres",
        figure=figure,
        unit="events/s, one a call, 8 writers",
        peer="bare psycopg rows, one a transaction, 8 connections",
        peer_figure=count / bare.wall_s,
        limit_figure=count / bare.wall_s,
        goal="at least 1,000 events/s",
        met=figure >= 1000,
    ).end()


def _all(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
