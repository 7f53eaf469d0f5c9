"""Lineage: from a trained model up to the receipts, in a ledger of 100,000 events.

The graph is that of a thousand days: each day's batch makes a version of its table from the one before, a snapshot
from that version, a model from the snapshots of a week; the other 97 events of a day draw nothing. Asked is all that
the newest model was made from, which is every batch there ever was.
Ours: `Lineage.upstream`, one indexed query per step of distance, with edges and distances. Peer and limit: one
recursive query in plain `sqlite3` over the same table, which gives names alone.
"""

import sqlite3
from datetime import timedelta

import ledger_world
import measuring
from steek.ledger import Draft, Lineage

EVENTS, ROUNDS, AT_ONCE = 100_000, 3, 5_000
EVENTS_A_DAY, WEEK = 100, 7
_RECURSIVE = """
WITH RECURSIVE up(urn) AS (
    SELECT ?
    UNION
    SELECT upstream FROM lineage_edges JOIN up ON downstream = urn
)
SELECT urn FROM up
"""


def main() -> None:
    with measuring.work_folder() as folder, ledger_world.new_ledger(folder, "lineage") as ledger:
        for first in range(0, EVENTS, AT_ONCE):
            ledger.record(*(_draft(number) for number in range(first, first + AT_ONCE)))
        root = f"trained:search_ranking@{EVENTS // EVENTS_A_DAY - 1}"
        lineage = Lineage(ledger.database)
        connection = sqlite3.connect(folder / "lineage.db")
        graph = lineage.upstream(root)
        spent = measuring.take_turns(
            ROUNDS,
            warm_up=2,
            ours=lambda: lineage.upstream(root),
            recursive=lambda: connection.execute(_RECURSIVE, (root,)).fetchall(),
        )
        found = len(connection.execute(_RECURSIVE, (root,)).fetchall())
        connection.close()
    ours, recursive = measuring.median(spent["ours"]), measuring.median(spent["recursive"])
    farthest = max(graph.distance.values())
    print(f"{len(graph.distance)} things upstream (peer: {found}), the farthest {farthest} steps away")
    measuring.say("Lineage.upstream", ours)
    measuring.say("recursive query in sqlite3", recursive)
    figure = ours.wall_s * 1e3
    measuring.Result(
        name="lineage",
        figure=figure,
        unit=f"ms, all upstream of the newest model among {EVENTS:,} events",
        peer="recursive query in plain sqlite3",
        peer_figure=recursive.wall_s * 1e3,
        limit_figure=recursive.wall_s * 1e3,
        goal="below 1 s: an answer at the command line",
        met=figure < 1000,
    ).end()


def _draft(number: int) -> Draft:
    day, nth = divmod(number, EVENTS_A_DAY)
    at = ledger_world.BEGAN + timedelta(days=day, seconds=nth)
    lines, snapshot = f"dataset:transactions@{day}", f"features:household_product@{day}"
    if nth == 0:
        edges = ((f"receipt:{day:08d}", lines), (f"dataset:transactions@{day - 1}", lines))
        return Draft("batch.committed", lines, "tills@grocer", {"rows": 4000}, at=at, edges=edges)
    if nth == 1:
        return Draft("features.materialised", snapshot, "night", {"rows": 40_000}, at=at, edges=((lines, snapshot),))
    trained = f"trained:search_ranking@{day}"
    if nth == 2:
        made_from = [f"features:household_product@{day - back}" for back in range(min(WEEK, day + 1))]
        edges = tuple((one, trained) for one in made_from)
        return Draft("model.trained", trained, "night", {"version": day}, at=at, edges=edges)
    return Draft("model.evaluated", trained, "night", {"metric": "hit_rate_at_5", "slice": nth, "value": 0.5}, at=at)


if __name__ == "__main__":
    main()
