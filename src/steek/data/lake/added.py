"""What one version of a table brought: the rows of the files that it added, and the stretch that it replaced."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

import polars as pl

from steek.data.lake.delta import open_table, storage_errors
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window

_ENTRY = {
    "add": pl.Struct({"path": pl.String, "dataChange": pl.Boolean}),
    "commitInfo": pl.Struct({"operationParameters": pl.Struct({"predicate": pl.String})}),
}
_INSTANT = re.compile(r"'(\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|[+-]\d\d:\d\d)?)'")


@dataclass(frozen=True, slots=True)
class Brought:
    """What the log says of one version: files with new rows, and the condition on the rows that they replaced."""

    files: tuple[str, ...]
    predicate: str | None

    @property
    def replaced(self) -> Window | None:
        """The stretch of event time whose rows were replaced; None where the log tells of none."""
        found = _INSTANT.findall(self.predicate or "")
        if len(found) != 2:
            return None
        start, end = (_aware(datetime.fromisoformat(one)) for one in found)
        return Window(start, end)


def brought_by(uri: str, options: dict[str, str], version: int) -> Brought:
    """What one version brought.

    Raises:
        NotFoundError: the log does not tell any more.
    """
    entry = f"{uri}/_delta_log/{version:020}.json"
    try:
        lines = pl.scan_ndjson(entry, schema=_ENTRY, storage_options=options or None).collect()
    except (pl.exceptions.PolarsError, OSError) as cause:
        message = f"the log of {uri} does not tell what version {version} brought"
        raise NotFoundError(message, next_step="Read the whole version instead.") from cause
    added = lines.select(pl.col("add").struct.unnest()).filter("dataChange")
    told = lines.select(pl.col("commitInfo").struct.field("operationParameters").struct.field("predicate"))
    predicates: list[str] = told.to_series().drop_nulls().to_list()
    paths: list[str] = added["path"].drop_nulls().to_list()
    return Brought(tuple(unquote(path) for path in paths), predicates[0] if predicates else None)


def added_rows(uri: str, options: dict[str, str], version: int) -> pl.LazyFrame:
    """Rows of the files that one version added. Where it replaced some rows of a file, the others are among them.

    Raises:
        NotFoundError: the log does not tell any more.
    """
    files = brought_by(uri, options, version).files
    if files:
        return pl.scan_parquet([f"{uri}/{path}" for path in files], storage_options=options or None)
    with storage_errors(uri):
        table = open_table(uri, options, version)
        assert table is not None, "its log was read just now"
        return pl.scan_delta(table, storage_options=options or None).clear()


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
