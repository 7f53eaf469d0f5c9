"""Everything that a replay left behind, in a form in which two runs can be compared.

Left out is only what differs between two undisturbed runs too: elapsed time and memory, the random parts of ids and
the hashes over them, the order of what happened at the same time (and with it the last digits of sums over it), and
how often a question was asked again.
"""

import hashlib
import io
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import polars as pl

Rows = Counter[str]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OUTCOMES = re.compile(r"dataset:outcomes@(\d+)")
_MEASURED_KEYS = frozenset({"duration_s", "latency_ms", "repeated", "took_ms", "took_s"})
_MEASURED_TEXTS = ((re.compile(r"latency p95: [^\"]*"), "latency p95"), (re.compile(r"\d+ MB in use, .*"), "memory"))
# Where somebody looks for new events, and how far; which files of the log were read.
# What was read twice after a crash was read twice; each process that served is a replica of its own.
_LEFT_OUT_TABLES = frozenset(
    {
        "incident_cadences",
        "notices",
        "notice_members",
        "subscription_cursors",
        "prediction_positions",
        "reads",
        "serving_replicas",
        "steek_version",
    }
)
# Each vault makes its own keys, so that pseudonyms and sealed values of two runs differ; how many there are does not.
_KEYED_COLUMNS = {"pseudonym", "sealed"}
# Reminders come by the clock of the machine, while a replay's clock jumps; whether one comes in time is chance.
# Each process says with which settings it began.
_LEFT_OUT_EVENTS = frozenset({"incident.update_overdue", "settings.recorded", "settings.changed", "binary.recorded"})
_REMINDER = re.compile(r"- \S+ \S+ UTC the update due at [^\n]* did not come\n?")
_LEFT_OUT_COLUMNS = {
    "events": {"sequence", "id", "recorded_at", "previous_hash", "hash"},
    "incident_pages": {"calls", "counted_from_at"},
    "lineage_edges": {"event_sequence"},
    "evaluation_runs": {"number"},
    "monitor_health": {"took_ms"},
    "prediction_collections": {"ranges", "repeated"},
    "pseudonym_originals": _KEYED_COLUMNS | {"key_name"},
}
_LEFT_OUT_LAKE_COLUMNS = ("latency_ms",)
# What profiles say of it is no more the same than itself.
_TIMED = "latency_ms"
# Sketches draw lots and list what is equally frequent in the order in which it came.
_SKETCHES = ("distinct", "quantiles", "hitters", "hitter_rows", "hitter_error", "places", "place_rows")
_DIGITS = 9
# Of larger tables only the sum over all rows is compared.
_MOST_ROWS_IN_WORDS = 5_000


def read_end_state(data: Path) -> dict[str, Rows]:
    """Name of each table, of the databases and of the lake, to its rows with their counts."""
    state = {f"state {name}": rows for name, rows in _read_database(data / "steek.db").items()}
    state |= {f"lake {name}": rows for name, rows in _read_lake(data / "lake").items()}
    state["online store"] = _read_online_store(data / "online.db")
    state["artifacts"] = Counter(
        f"{path.name} holds {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in (data / "artifacts").rglob("*")
        if path.is_file()
    )
    return state


def differences(one: Mapping[str, Rows], other: Mapping[str, Rows], *, shown: int = 3) -> list[str]:
    """What is in one state and not in the other, a few rows of each table; [] when they are the same."""
    found: list[str] = []
    for name in sorted(one.keys() | other.keys()):
        here, there = one.get(name, Counter()), other.get(name, Counter())
        for rows, where in ((here - there, "only in the first"), (there - here, "only in the second")):
            found += [f"{name}, {where}, {sum(rows.values())} rows: {row[:1500]}" for row in sorted(rows)[:shown]]
    return found


class _Words:
    """Replaces what is random by what it stands for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        events = connection.execute("select id, kind, subject, at from events").fetchall()
        self._events = {id: f"<{kind} {subject} {at}>" for id, kind, subject, at in events}
        versions = connection.execute("select version, key from table_versions where name = 'outcomes'").fetchall()
        self._outcomes = {str(version): key for version, key in versions}

    def plain(self, value: Any) -> Any:
        """A value of a column or of JSON in it, at any depth."""
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value)
            memory = str(items.get("limit", "")).endswith(" MB")
            # A night that was killed while it profiled reports what was left to profile.
            items = {name: item for name, item in items.items() if name != "profiles" or "derived" not in items}
            return {
                self.text(name): None if memory and name == "value" else self.plain(item)
                for name, item in items.items()
                if name not in _MEASURED_KEYS
            }
        if isinstance(value, list):
            return [self.plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, float):
            return float(f"{value:.{_DIGITS}g}")
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        text = _REMINDER.sub("", text)
        text = _UUID.sub(lambda found: self._events.get(found[0], "<id>"), text)
        text = _OUTCOMES.sub(lambda found: f"dataset:outcomes@<{self._outcomes.get(found[1])}>", text)
        for pattern, word in _MEASURED_TEXTS:
            text = pattern.sub(word, text)
        return text

    def outcomes_version(self, version: int | None) -> str | None:
        return self._outcomes.get(str(version))


def _read_database(path: Path) -> dict[str, Rows]:
    connection = sqlite3.connect(path)
    try:
        words = _Words(connection)
        runs = dict(connection.execute("select number, key from evaluation_runs").fetchall())
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: Counter(
                _row(name, record, words, runs)
                for record in _records(connection, name)
                if not (name == "events" and record["kind"] in _LEFT_OUT_EVENTS)
            )
            for name in names
            if name not in _LEFT_OUT_TABLES
        }
    finally:
        connection.close()


def _records(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f'select * from "{name}"')
    columns = [column for column, *_ in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def _row(table: str, record: dict[str, Any], words: _Words, runs: Mapping[int, str]) -> str:
    left_out = _LEFT_OUT_COLUMNS.get(table, set[str]()) | {"sequence"}
    kept = {name: value for name, value in record.items() if name not in left_out}
    if table == "table_versions" and kept["name"] == "outcomes":
        del kept["version"]
    if table == "feed_profiles" and kept["dataset"] == "demographics":
        # Its rows are told by their hashes, which are those of pseudonyms.
        kept |= {"fingerprint": None, "profile": json.loads(kept["profile"]) | {"sketch": None}}
    if table == "outcome_joins":
        kept["table_version"] = words.outcomes_version(kept["table_version"])
    if table == "learned_thresholds" and kept["body"] is not None:
        kept["body"] = _learned(kept["body"])
    if table == "profile_edges" and kept["column"] == _TIMED:
        kept["document"] = None
    if "run" in kept:
        kept["run"] = runs[kept["run"]]
    plain = {name: words.plain(_parsed(value)) for name, value in kept.items()}
    if table == "events":
        plain["causes"] = sorted(plain["causes"])
    return json.dumps(plain, sort_keys=True)


def _learned(body: bytes) -> list[dict[str, Any]]:
    """What was learned, as rows; the order of slices in it says nothing."""
    return pl.read_ipc(io.BytesIO(body)).sort("slice").to_dicts()


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _read_lake(folder: Path) -> dict[str, Rows]:
    tables = sorted(log.parent for log in folder.rglob("_delta_log"))
    return {str(table.relative_to(folder)): _lake_rows(pl.read_delta(str(table))) for table in tables}


def _lake_rows(frame: pl.DataFrame) -> Rows:
    keyed = ["household_id", "_sealed"] if "_sealed" in frame.columns else []
    kept = frame.drop(*_LEFT_OUT_LAKE_COLUMNS, *keyed, strict=False)
    if set(_SKETCHES) <= set(kept.columns):
        kept = kept.filter(pl.col("column") != _TIMED).drop(_SKETCHES)
        kept = kept.with_columns(pl.col(pl.Float64).round_sig_figs(_DIGITS))
    nested = [name for name, kind in kept.schema.items() if isinstance(kind, pl.List)]
    as_text = [pl.col(name).cast(pl.List(pl.String)).list.join(" ", ignore_nulls=False) for name in nested]
    as_hex = [pl.col(name).bin.encode("hex") for name, kind in kept.schema.items() if kind == pl.Binary]
    plain = kept.with_columns(*as_text, *as_hex)
    plain = plain.select(sorted(plain.columns))
    if len(plain) > _MOST_ROWS_IN_WORDS:
        total = plain.hash_rows(seed=1).cast(pl.UInt128).sum()
        return Counter([f"{len(plain)} rows that add up to {total}"])
    parts = [pl.col(name).cast(pl.String).fill_null("-") for name in plain.columns]
    return Counter(plain.select(row=pl.concat_str(parts, separator=" | "))["row"].to_list())


def _read_online_store(path: Path) -> Rows:
    connection = sqlite3.connect(path)
    try:
        views = Counter(f"{view} as of {as_of}" for view, as_of in connection.execute("select * from views_v1"))
        blobs = connection.execute("select view, key, blob from blobs_v1")
        return views + Counter(f"{view} {key} {hashlib.sha256(blob).hexdigest()}" for view, key, blob in blobs)
    finally:
        connection.close()
