"""Lineage among a million events: all that the newest model was made from, and all that an old batch reached.

A thousand days of five tables, a derived one, ten feature views and ten models; asked is for everything upstream of
the newest model down to the receipts, and for everything downstream of a batch that came a hundred days ago.
Ours: `Lineage.upstream` and `downstream`: one recursive query, with edges, distances and order. Peer and limit: one
recursive query in plain `sqlite3` over the same table, which gives names alone.
"""

import sqlite3

import ledger_world
import measuring
from steek.ledger import Lineage

ROUNDS = 7
_RECURSIVE = """
WITH RECURSIVE up(urn) AS (
    SELECT ?
    UNION
    SELECT upstream FROM lineage_edges JOIN up ON downstream = urn
)
SELECT urn FROM up
"""
MODEL, BATCH = "trained:model_0@999", "receipt:000900-0"


def main() -> None:
    with measuring.work_folder() as folder, ledger_world.million(folder) as ledger:
        lineage = Lineage(ledger.database)
        connection = sqlite3.connect(folder / "million.db")
        up, down = lineage.upstream(MODEL), lineage.downstream(BATCH)
        spent = measuring.take_turns(
            ROUNDS,
            warm_up=2,
            up=lambda: lineage.upstream(MODEL),
            down=lambda: lineage.downstream(BATCH),
            recursive=lambda: connection.execute(_RECURSIVE, (MODEL,)).fetchall(),
        )
        connection.close()
    medians = {name: measuring.median(rounds) for name, rounds in spent.items()}
    print(
        f"upstream {len(up.distance):,} things and {len(up.edges):,} edges, {max(up.distance.values()):,} steps deep;"
    )
    print(f"downstream {len(down.distance):,} things and {len(down.edges):,} edges")
    measuring.say("Lineage.upstream", medians["up"])
    measuring.say("Lineage.downstream", medians["down"])
    measuring.say("recursive query in sqlite3, up", medians["recursive"])
    figure = max(medians["up"].wall_s, medians["down"].wall_s) * 1e3
    measuring.Result(
        name="lineage",
        figure=figure,
        unit="ms, the slower of upstream and downstream among 1,000,000 events",
        peer="recursive query in plain sqlite3, names alone",
        peer_figure=medians["recursive"].wall_s * 1e3,
        limit_figure=medians["recursive"].wall_s * 1e3,
        goal="under 100 ms",
        met=figure < 100,
    ).end()


if __name__ == "__main__":
    main()
