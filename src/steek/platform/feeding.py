"""Values of series from outside, as they come in files and requests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from steek.kernel.errors import InputError, UnreadableError
from steek.monitoring import SeriesValue

_READERS = {".csv": pl.read_csv, ".ndjson": pl.read_ndjson, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}


def read_series_file(path: Path) -> list[SeriesValue]:
    """Values of a CSV, NDJSON or Parquet file with columns `at`, `value`, and those it is told apart by.

    A moment without an offset, or a bare day, is taken for UTC.

    Raises:
        InputError: a column is missing, or something is no moment or number.
        UnreadableError: there is no such file, or it is of another format.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        message = f"{path.name} is of no format that a series is read from; allowed: {', '.join(_READERS)}"
        raise UnreadableError(message)
    try:
        frame = reader(path)
    except (OSError, pl.exceptions.PolarsError) as cause:
        message = f"{path.name} cannot be read: {cause}"
        raise UnreadableError(message) from cause
    return series_values(frame.to_dicts())


def series_values(rows: Sequence[Mapping[str, Any]]) -> list[SeriesValue]:
    """Rows as values: `at`, `value`, and everything else tells them apart.

    Raises:
        InputError: a row lacks one of the two, or it is no moment or number.
    """
    return [_value(place, row) for place, row in enumerate(rows, start=1)]


def _value(place: int, row: Mapping[str, Any]) -> SeriesValue:
    at, value = _moment(row.get("at")), row.get("value")
    if at is None or isinstance(value, bool) or not isinstance(value, int | float):
        message = f"row {place} has at={row.get('at')!r} and value={value!r}"
        raise InputError(message, next_step="A row has `at`, such as 2017-10-15T06:00Z, and `value`, a number.")
    by = {name: str(told) for name, told in row.items() if name not in ("at", "value")}
    return SeriesValue(at, float(value), by)


def _moment(value: object) -> datetime | None:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
