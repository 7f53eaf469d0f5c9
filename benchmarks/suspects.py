"""Suspects among a million events and a lineage of 10,000 things: what changed before a model went wrong.

Ours: `what_changed`: changes of three weeks by kind and time, the way up the lineage, who was wrong first, what people
found out in incidents before, what did not change; ranked with reasons. On SQLite and on PostgreSQL.
Peer: the same question by a full scan: all events and edges read into polars, changes filtered there, the lineage
walked in Python, and scored by distance and time alone.
"""

import sqlite3
from collections import deque
from datetime import timedelta
from pathlib import Path

import polars as pl

import ledger_world
import measuring
import suspects_world
from steek.incidents.changes import WhatChanged, what_changed
from steek.ledger import Ledger, Lineage
from steek.ledger.changes import CHANGE_KINDS

ROUNDS = 5


def main() -> None:
    with measuring.work_folder() as folder:
        with suspects_world.grown(folder) as ledger:
            found = _ask(ledger)
            print(f"{len(found.suspects)} suspects, {len(found.unchanged)} statements, {found.left_out} left out")
            spent = measuring.take_turns(ROUNDS, ours=lambda: _ask(ledger), scan=lambda: _scan(folder / "suspects.db"))
        with ledger_world.postgres_url() as url, suspects_world.grown(folder, _driver(url)) as ledger:
            spent |= measuring.take_turns(ROUNDS, postgres=lambda: _ask(ledger))
    medians = {name: measuring.median(rounds) for name, rounds in spent.items()}
    measuring.say("what_changed, SQLite", medians["ours"])
    measuring.say("what_changed, PostgreSQL", medians["postgres"])
    measuring.say("full scan into polars", medians["scan"])
    figure = max(medians["ours"].wall_s, medians["postgres"].wall_s) * 1e3
    measuring.Result(
        name="suspects",
        figure=figure,
        unit="ms, the slower of SQLite and PostgreSQL, 1,000,000 events and 10,000 things",
        peer="full scan of events and edges into polars",
        peer_figure=medians["scan"].wall_s * 1e3,
        limit_figure=None,
        goal="under 1 s",
        met=figure < 1_000,
    ).end()


def _ask(ledger: Ledger) -> WhatChanged:
    incident, alerts = suspects_world.outage()
    return what_changed(ledger, Lineage(ledger.database), incident, alerts)


def _scan(path: Path) -> pl.DataFrame:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT at, kind, subject, payload FROM events").fetchall()
    edges = connection.execute("SELECT upstream, downstream FROM lineage_edges").fetchall()
    connection.close()
    since = (suspects_world.ENDED - timedelta(days=8)).strftime("%Y-%m-%d %H:%M:%S.%f")
    events = pl.DataFrame(rows, schema=["at", "kind", "subject", "payload"], orient="row")
    recent = events.filter(pl.col("kind").is_in(CHANGE_KINDS), pl.col("at") >= since)
    near = _distances(edges, f"trained:model_7@{suspects_world.VERSIONS - 1}")
    names = recent["subject"].str.replace("@.*", "").str.replace("deployment:", "trained:")
    distance = names.replace_strict(near, default=None, return_dtype=pl.Int64)
    scored = recent.with_columns(distance=distance).with_columns(score=0.9 ** pl.col("distance").fill_null(20))
    return scored.sort("score", "at", descending=True).head(20)


def _distances(edges: list[tuple[str, str]], root: str) -> dict[str, int]:
    above: dict[str, list[str]] = {}
    for upstream, downstream in edges:
        above.setdefault(downstream, []).append(upstream)
    found, waiting = {root: 0}, deque([root])
    while waiting:
        urn = waiting.popleft()
        for upstream in above.get(urn, ()):
            if upstream not in found:
                found[upstream] = found[urn] + 1
                waiting.append(upstream)
    return {urn.partition("@")[0]: steps for urn, steps in reversed(found.items())}


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


if __name__ == "__main__":
    main()
