"""A million events of ninety days, 70,000 of them changes, over a lineage of 10,000 things; and an incident in it."""

import contextlib
import hashlib
import itertools
import json
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ledger_world import BEGAN, ledger_at
from steek.incidents import AlertEvidence, Incident, Severity, Span
from steek.incidents.lifecycle import State
from steek.ledger import Ledger

EVENTS, NODES, DAYS, VERSIONS = 1_000_000, 10_000, 90, 10
SOURCES, DERIVED, VIEWS, MODELS = 200, 300, 300, 200
BROKEN = "model:model_7"
ENDED = BEGAN + timedelta(days=DAYS)
# Per thousand events; what is left are evaluations, the loop's own work.
_SHARES = (
    ("features.materialised", 40),
    ("route.changed", 25),
    ("dataset.replaced", 25),
    ("external.changed", 10),
    ("feature.changed", 5),
    ("contract.changed", 3),
    ("settings.changed", 2),
)
_COLUMNS = "sequence, id, at, recorded_at, kind, subject, actor, causes, payload, payload_version, previous_hash, hash"


@contextlib.contextmanager
def grown(folder: Path, url: str | None = None) -> Generator[Ledger]:
    """The ledger; rows are written as they would be read, without their chain, which this does not ask for."""
    for old in folder.glob("suspects.db*"):
        old.unlink()
    with ledger_at(url or f"sqlite:///{folder / 'suspects.db'}", folder / "suspects.clock") as ledger:
        with ledger.database.transaction() as connection:
            fill = _copy if connection.dialect.name == "postgresql" else _insert
            fill(connection, "events", _COLUMNS, _events())
            fill(connection, "lineage_edges", "upstream, downstream, event_sequence, at", _edges())
        if url is not None:
            with ledger.database.transaction() as connection:
                connection.exec_driver_sql("ANALYZE")
        yield ledger


def outage() -> tuple[Incident, tuple[AlertEvidence, ...]]:
    """A model that answers wrongly since the last day, with the alert that shows it."""
    onset = Span(ENDED - timedelta(days=1), ENDED)
    alert = AlertEvidence("a1", "e1", "mean", BROKEN, None, 0.2, 0.5, None, onset, ENDED, ENDED)
    values: dict[str, Any] = dict.fromkeys(Incident.__dataclass_fields__)
    values |= {"id": "2017-001", "title": "wrong", "subject": BROKEN, "systems": (BROKEN,), "severity": Severity.SEV2}
    values |= {"state": State.DETECTION, "version": 1, "machine": True, "frozen": True, "roles": {}}
    values |= {"declared_at": ENDED, "declared_by": "steek", "changed_by": "steek"}
    return Incident(**values), (alert,)


def _events() -> Iterator[tuple[object, ...]]:
    kinds = [kind for kind, share in _SHARES for _ in range(share)]
    kinds += ["model.evaluated"] * (1_000 - len(kinds))
    step = timedelta(days=DAYS) / EVENTS
    for number in range(EVENTS):
        # A prime spreads the kinds over the thousand.
        kind = kinds[number * 617 % 1_000]
        at = BEGAN + step * number
        payload = {"unknown_fraction": {"key": number % 7 / 100}} if kind == "dataset.replaced" else {"rows": number}
        digest = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        yield (
            number + 1, f"{number:036d}", at, at, kind, _subject(kind, number), "night", "[]", json.dumps(payload),
            1, digest * 2, digest * 2,
        )  # fmt: skip


def _subject(kind: str, number: int) -> str:
    name = number // 1_000
    subjects = {
        "features.materialised": f"features:view_{name % VIEWS}@{number}",
        "route.changed": f"deployment:model_{name % MODELS}@{number}",
        "dataset.replaced": f"dataset:source_{name % SOURCES}@{number}",
        "external.changed": f"campaign:{number}",
        "feature.changed": f"features:view_{name % VIEWS}",
        "contract.changed": f"dataset:source_{name % SOURCES}",
        "settings.changed": "settings:work",
    }
    return subjects.get(kind, f"trained:model_{name % MODELS}@{number}")


def _edges() -> Iterator[tuple[object, ...]]:
    """Sources, derived datasets, views and models in ten versions each; every version is made of the last three."""
    layers = (
        ("dataset:source", SOURCES),
        ("dataset:derived", DERIVED),
        ("features:view", VIEWS),
        ("trained:model", MODELS),
    )
    for version in range(VERSIONS):
        at = BEGAN + timedelta(days=DAYS * (version + 1) / (VERSIONS + 1))
        for (upper, uppers), (lower, lowers) in itertools.pairwise(layers):
            for number in range(lowers):
                made = f"{lower}_{number}@{version}"
                for back in range(min(3, version + 1)):
                    yield f"{upper}_{(number * 7 + back) % uppers}@{version - back}", made, 1 + version, at
        for number in range(SOURCES):
            if version:
                yield f"dataset:source_{number}@{version - 1}", f"dataset:source_{number}@{version}", 1 + version, at


def _insert(connection: Any, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * (columns.count(",") + 1))
    plain = (tuple(_text(value) for value in row) for row in rows)
    connection.connection.driver_connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", plain)


def _text(value: object) -> object:
    # As SQLAlchemy writes it to SQLite.
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _copy(connection: Any, table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
    with connection.connection.driver_connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
