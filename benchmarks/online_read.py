"""Online features: the matrix of one ranking request, about 200 candidates x 21 features of four views.

Ours: `FeatureReader.matrix` over the SQLite online store: one packed block per leading entity value, found by numpy.
Warm means its blocks are in memory, as for the popular categories; cold means each request is the first since a
publication and reads its blocks from the file.
Peer: what one would write first: one SQLite table per view with one row per entity, one SELECT per candidate and view
with a prepared statement, all in one read transaction. It knows nothing of snapshots that are too old.
"""

import contextlib
import itertools
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import grocer_store as store
import measuring
from steek.features import FeatureReader
from steek.platform import Platform

REQUESTS, ROUNDS = 100, 7
VIEWS = ("category_product", "store_product", "promotion", "household_product")


def main() -> None:
    with measuring.work_folder() as folder:
        platform = store.open_store(folder)
        reader = _reader(platform)
        asked = store.searches(platform, reader, REQUESTS)
        names = store.feature_names(platform)
        with contextlib.closing(_naive_store(platform, folder / "naive.db")) as naive:
            selects = _selects(platform, names)
            different = _different(asked, naive, selects)
            spent = measuring.take_turns(
                ROUNDS,
                warm=lambda: [_ours(reader, names, one) for one in asked],
                cold=lambda: [_ours(_reader(platform), names, one) for one in asked],
                naive=lambda: [_naive(naive, selects, one) for one in asked],
            )
        candidates = sum(len(one.candidates) for one in asked) / len(asked)
        print(f"{REQUESTS} requests, {candidates:.0f} candidates on average, {len(names)} features; per request:")
        each = {
            name: measuring.Spent(spent_.wall_s / REQUESTS, spent_.cpu_s / REQUESTS)
            for name, spent_ in ((name, measuring.median(rounds)) for name, rounds in spent.items())
        }
        measuring.say("FeatureReader.matrix, warm", each["warm"])
        measuring.say("FeatureReader.matrix, cold", each["cold"], "and a new reader each time")
        measuring.say("one row per entity, per key", each["naive"])
        print(f"  {different} values differ between the two")
        figure = each["warm"].wall_s * 1e6
        measuring.Result(
            name="online_read",
            figure=figure,
            unit="us per matrix of 200 candidates",
            peer="SQLite, one row per entity, one SELECT per candidate and view",
            peer_figure=each["naive"].wall_s * 1e6,
            limit_figure=None,
            goal="at most 100 us, and a twentieth of the peer",
            met=figure <= 100 and figure <= each["naive"].wall_s * 1e6 / 20,
        ).end()
        platform.close()


def _reader(platform: Platform) -> FeatureReader:
    return FeatureReader(platform.online, platform.project.views, platform.project.moments)


def _ours(reader: FeatureReader, names: Sequence[str], one: store.Search) -> object:
    return reader.matrix(names, one.query, one.candidates, "product_id", one.moment)


def _naive_store(platform: Platform, path: Path) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    for name in VIEWS:
        view = platform.project.views[name]
        snapshot = platform.features.snapshots(name)[-1]
        frame = platform.features.read([snapshot], snapshot.columns).drop("as_of").collect()
        columns = ", ".join(f'"{column}"' for column in frame.columns)
        connection.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(view.entity)})) WITHOUT ROWID")
        marks = ", ".join("?" * frame.width)
        connection.execute("BEGIN")
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", frame.iter_rows())
        connection.execute("COMMIT")
    return connection


def _selects(platform: Platform, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Statement, leading column, and number of features, view by view in the order of the names."""
    selects: list[tuple[str, str, int]] = []
    for name, group in itertools.groupby(names, key=lambda feature: feature.partition(".")[0]):
        columns = [feature.partition(".")[2] for feature in group]
        leading, member = platform.project.views[name].entity
        wanted = ", ".join(f'"{column}"' for column in columns)
        selects.append((f"SELECT {wanted} FROM {name} WHERE {leading} = ? AND {member} = ?", leading, len(columns)))
    return selects


def _naive(connection: sqlite3.Connection, selects: Sequence[tuple[str, str, int]], one: store.Search) -> object:
    connection.execute("BEGIN")
    rows: list[list[float]] = []
    for candidate in one.candidates.tolist():
        row: list[float] = []
        for statement, leading, width in selects:
            found = connection.execute(statement, (one.query[leading], candidate)).fetchone()
            row.extend(found if found is not None else (np.nan,) * width)
        rows.append(row)
    connection.execute("COMMIT")
    return np.array(rows, dtype=np.float32)


def _different(asked: Sequence[store.Search], naive: sqlite3.Connection, selects: list[tuple[str, str, int]]) -> int:
    return sum(
        int(np.count_nonzero(~np.isclose(one.matrix, np.asarray(_naive(naive, selects, one)), equal_nan=True)))
        for one in asked[:10]
    )


if __name__ == "__main__":
    main()
