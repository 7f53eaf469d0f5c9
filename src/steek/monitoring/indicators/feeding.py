"""The service that takes series from outside: once per key, late and repeated values replace."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import isfinite

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.indicators.outside import OUTSIDE_SERIES, slice_of
from steek.monitoring.indicators.tables import series_feeds, series_values
from steek.monitoring.monitor import IndicatorSpec, Monitor

_MOST_VALUES = 100_000
_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class SeriesValue:
    """One value.

    Args:
        at: The moment it is of, aware.
        value: A finite number in the unit of the series.
        by: What it is told apart by, e.g. {"category": "MILK"}.
    """

    at: datetime
    value: float
    by: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class FeedReceipt:
    """What a feed brought: values written, and how many of them replaced one of the same moment and slice."""

    key: str
    series: str
    values: int
    replaced: int
    first_at: datetime | None
    last_at: datetime | None


class OutsideSeries:
    """Series that monitors declare with `outside_series`; safe to share between threads and processes.

    Args:
        database: Where values are.
        ledger: Told what was fed.
        clock: Processing time.
        monitors: Declarations by name.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, monitors: Mapping[str, Monitor]) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        specs = [one.indicator for one in monitors.values() if one.indicator.name == OUTSIDE_SERIES]
        self.declared: Mapping[str, IndicatorSpec] = {spec.target.name: spec for spec in specs}

    def feed(self, series: str, values: Sequence[SeriesValue], *, key: str, actor: str) -> FeedReceipt:
        """Take values; one of the same moment and slice as an earlier one takes its place.

        Args:
            series: A declared series.
            values: In any order; of two of one moment and slice the later in the list counts.
            key: Idempotency key; again with it gives the receipt of the first time.
            actor: Who feeds.

        Raises:
            NotFoundError: no monitor declares the series.
            InputError: a value that is not finite, a moment without a zone, or other columns than declared.
            ConflictError: the key was used for other values.
        """
        rows = self._rows(series, values)
        digest = content_hash([series, sorted((name, at, value) for (name, at), value in rows.items())])
        with self._database.transaction() as connection:
            known = connection.execute(select(series_feeds).where(series_feeds.c.key == key)).mappings().first()
            if known is not None:
                if known["content_hash"] != digest:
                    message = f"key {key!r} was used for other values of series {known['series']!r}"
                    raise ConflictError(message, next_step="Give every feed a key of its own.")
                return _receipt(known["receipt"])
            receipt = self._write(connection, series, rows, key)
            stored = {name: value.isoformat() if isinstance(value, datetime) else value
                      for name, value in asdict(receipt).items()}  # fmt: skip
            row = {"key": key, "series": series, "content_hash": digest, "receipt": stored}
            connection.execute(insert(series_feeds).values(**row, received_at=self._clock.now()))
            payload: dict[str, object] = {name: stored[name] for name in ("values", "replaced", "first_at", "last_at")}
            self._ledger.append(connection, Draft("series.fed", f"series:{series}", actor, payload))
        return receipt

    def _rows(self, series: str, values: Sequence[SeriesValue]) -> dict[tuple[str, datetime], float]:
        if series not in self.declared:
            raise NotFoundError.among("series", series, self.declared)
        if len(values) > _MOST_VALUES:
            message = f"{len(values):,} values at once; allowed are {_MOST_VALUES:,}"
            raise InputError(message, next_step="Feed them in parts.")
        rows: dict[tuple[str, datetime], float] = {}
        for place, one in enumerate(values, start=1):
            if one.at.tzinfo is None or not isfinite(one.value):
                message = f"value {place} of series {series!r} is {one.value} at {one.at.isoformat()}"
                raise InputError(message, next_step="Values are finite numbers, moments have an offset, e.g. +00:00.")
            rows[slice_of(self.declared[series], one.by), one.at] = one.value
        return rows

    def _write(
        self, connection: Connection, series: str, rows: Mapping[tuple[str, datetime], float], key: str
    ) -> FeedReceipt:
        c = series_values.c
        moments = [at for _, at in rows]
        if not moments:
            return FeedReceipt(key, series, 0, 0, None, None)
        span = (c.series == series, c.at >= min(moments), c.at <= max(moments))
        there = {(row.slice, row.at) for row in connection.execute(select(c.slice, c.at).where(*span))}
        now = self._clock.now()
        listed = [
            {"series": series, "slice": name, "at": at, "value": value, "received_at": now}
            for (name, at), value in rows.items()
        ]
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(series_values)
        changed = {name: statement.excluded[name] for name in ("value", "received_at")}
        upsert = statement.on_conflict_do_update(index_elements=["series", "slice", "at"], set_=changed)
        for first in range(0, len(listed), _AT_ONCE):
            connection.execute(upsert, listed[first : first + _AT_ONCE])
        return FeedReceipt(key, series, len(rows), len(there & set(rows)), min(moments), max(moments))

    def latest(self) -> Mapping[str, datetime | None]:
        """Moment of the newest value of every declared series; None for one that was never fed."""
        c = series_values.c
        with self._database.reading() as connection:
            newest = connection.execute(select(c.series, func.max(c.at)).group_by(c.series)).all()
        known: dict[str, datetime] = {row[0]: row[1] for row in newest}
        return {name: known.get(name) for name in sorted(self.declared)}


def _receipt(stored: Mapping[str, object]) -> FeedReceipt:
    first_at, last_at = (None if stored[name] is None else datetime.fromisoformat(str(stored[name]))
                         for name in ("first_at", "last_at"))  # fmt: skip
    values, replaced = stored["values"], stored["replaced"]
    assert isinstance(values, int)
    assert isinstance(replaced, int)
    return FeedReceipt(str(stored["key"]), str(stored["series"]), values, replaced, first_at, last_at)
