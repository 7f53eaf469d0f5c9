"""What the lake holds: tables with their files and sizes, versions, and what each transformation did to the volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Literal

from sqlalchemy import RowMapping, func, select

from steek.data.lake.compacting import Files, files_of
from steek.data.lake.delta import open_table, storage_errors
from steek.data.lake.horizons import horizons
from steek.data.lake.pins import Pin, pinned_by_runs, read_pins
from steek.data.lake.tables import ended_versions
from steek.data.tables import derivations, table_versions
from steek.kernel.errors import NotFoundError, ResourceError
from steek.ledger import Database

VolumeVerdict = Literal["pass", "warn", "undecided"]
_HISTORY = 28
_LEAST_HISTORY = 3
# A volume that leaves less than half or more than twice what it usually leaves.
_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class TableSummary:
    """A table as it is now. `rows` is None where a file does not tell its own."""

    name: str
    latest_version: int
    changed_at: datetime
    files: int
    size_bytes: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A recorded version. `rows` are those of the change; `kept_by` names pins and runs that need it."""

    version: int
    at: datetime
    operation: str
    rows: int
    key: str
    is_readable: bool
    kept_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transformation:
    """One derivation of a window: the code that ran, and the volume before and after.

    Args:
        window_start_at: Window that was derived, to `window_end_at`.
        table_version: Version that holds the result; None when nothing was written.
        definition_hash: Of the source code of the transformation.
        inputs: Versions that were read.
        rows: Rows written.
        expected_rows: Median of up to 28 earlier windows of the same code; None with fewer than 3 of them.
        verdict: warn outside half to twice the expected, pass inside, undecided where nothing is expected.
    """

    window_start_at: datetime
    window_end_at: datetime
    table_version: int | None
    definition_hash: str
    inputs: dict[str, int]
    rows: int
    expected_rows: float | None
    verdict: VolumeVerdict
    at: datetime


@dataclass(frozen=True, slots=True)
class TableDetail:
    """A table with what keeps its versions and what made it; `protocol` says what a reader without steek must know."""

    summary: TableSummary
    protocol: str
    first_readable_version: int
    pins: tuple[Pin, ...]
    kept_by_runs: dict[int, str]
    transformations: tuple[Transformation, ...]


def judge_volume(rows: int, earlier: Sequence[int]) -> tuple[float | None, VolumeVerdict]:
    """What earlier windows of the same code lead one to expect, and whether `rows` is that.

    >>> judge_volume(100, [98, 105, 101])
    (101, 'pass')
    """
    if len(earlier) < _LEAST_HISTORY:
        return None, "undecided"
    expected = median(earlier)
    return expected, "pass" if expected / _FACTOR <= rows <= expected * _FACTOR else "warn"


class LakeInspection:
    """Questions about tables; reads the log of a table, never its rows.

    Args:
        location: Folder or object storage URI of the lake.
        options: Object storage options.
        database: Where versions, pins and derivations are recorded.
    """

    def __init__(self, location: str | Path, options: dict[str, str], database: Database) -> None:
        text = str(location)
        self._location = text.rstrip("/") if "://" in text else str(Path(text).resolve())
        self._options = options
        self._database = database

    def tables(self) -> list[TableSummary]:
        """All tables, by name."""
        query = select(table_versions.c.name, func.max(table_versions.c.version), func.max(table_versions.c.at))
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(table_versions.c.name).order_by(table_versions.c.name)).all()
        return [self._summary(*row)[0] for row in rows]

    def table(self, name: str, *, limit: int = 5) -> TableDetail:
        """One table with its newest `limit` transformations.

        Raises:
            NotFoundError: no such table.
        """
        versions = self.versions(name)
        newest, readable = versions[0], [each.version for each in versions if each.is_readable]
        summary, protocol = self._summary(name, newest.version, newest.at)
        with self._database.reading() as connection:
            pins, runs = read_pins(connection, name), pinned_by_runs(connection, name)
        made = tuple(self.transformations(name, limit=limit))
        return TableDetail(summary, protocol, min(readable), tuple(pins), runs, made)

    def versions(self, name: str, *, limit: int | None = None) -> list[KnownVersion]:
        """Recorded versions, newest first.

        Raises:
            NotFoundError: no such table.
        """
        query = select(table_versions).where(table_versions.c.name == name).order_by(table_versions.c.version.desc())
        gone = select(ended_versions.c.version).where(ended_versions.c.name == name)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()
            ended = set(connection.execute(gone).scalars())
            kept: dict[int, list[str]] = {}
            for pin in read_pins(connection, name):
                kept.setdefault(pin.version, []).append(f"pin {pin.key}")
            for version, run in pinned_by_runs(connection, name).items():
                kept.setdefault(version, []).append(run)
            known = connection.execute(select(table_versions.c.name).distinct()).scalars().all()
        if not rows:
            raise NotFoundError.among("table with data", name, known)
        erased_before = horizons(self._database, [name]).get(name, 0)
        return [_to_version(row, row["version"] >= erased_before and row["version"] not in ended, kept) for row in rows]

    def transformations(self, name: str, *, limit: int = 20) -> list[Transformation]:
        """Derivations that made the table, newest first; empty for a table that arrives from outside."""
        query = select(derivations).where(derivations.c.dataset == name).order_by(derivations.c.sequence.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit + _HISTORY)).mappings().all()
        return [_to_transformation(row, rows[at + 1 :]) for at, row in enumerate(rows[:limit])]

    def _summary(self, name: str, version: int, at: datetime) -> tuple[TableSummary, str]:
        uri = f"{self._location}/{name}"
        with storage_errors(uri):
            table = open_table(uri, self._options, version)
            if table is None:
                message = f"table {name!r} is recorded at version {version}, but there is nothing at {uri}"
                raise ResourceError(message, next_step="Check lake_uri, or restore the folder from a backup.")
            files: Files = files_of(table)
            needs = table.protocol()
        told = f"Delta reader {needs.min_reader_version}, writer {needs.min_writer_version}"
        return TableSummary(name, version, at, files.count, files.size_bytes, files.rows), told


def _to_version(row: RowMapping, is_readable: bool, kept: dict[int, list[str]]) -> KnownVersion:
    kept_by = tuple(kept.get(row["version"], ()))
    return KnownVersion(row["version"], row["at"], row["operation"], row["rows"], row["key"], is_readable, kept_by)


def _to_transformation(row: RowMapping, earlier: Sequence[RowMapping]) -> Transformation:
    # A window that is derived again must not be the measure of itself.
    same = [
        each["rows"]
        for each in earlier
        if each["definition_hash"] == row["definition_hash"] and each["window_start_at"] != row["window_start_at"]
    ]
    expected, verdict = judge_volume(row["rows"], same[:_HISTORY])
    return Transformation(
        window_start_at=row["window_start_at"],
        window_end_at=row["window_end_at"],
        table_version=row["table_version"],
        definition_hash=row["definition_hash"],
        inputs=row["inputs"],
        rows=row["rows"],
        expected_rows=expected,
        verdict=verdict,
        at=row["at"],
    )
