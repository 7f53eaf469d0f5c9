"""Questions about the data of a project, asked as somebody: what is closed to the asker is left out and said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from steek.data.contracts.contract import Contract, Field
from steek.data.datasets import AnyDataset, contract_of
from steek.data.lake.lake import Lake
from steek.data.looking.column_profile import ColumnProfile, profile_columns
from steek.data.volumes import count_volumes
from steek.governance import is_technical
from steek.kernel.errors import InputError, NotFoundError, describe_unknown
from steek.kernel.windows import Window

_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Profiles of the columns of a dataset.

    Args:
        dataset: Name.
        version: Version of the table that was read.
        window: Stretch of event time; None means the whole table.
        slice: Column and value that rows had to have; None means all rows.
        rows: Rows looked at.
        columns: What was found, in the order of the columns.
        closed: Columns that the asker may not see.
    """

    dataset: str
    version: int
    window: Window | None
    slice: tuple[str, str] | None
    rows: int
    columns: tuple[ColumnProfile, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a dataset, with their types; `closed` are columns that the asker may not see."""

    dataset: str
    version: int
    rows: pl.DataFrame
    closed: tuple[str, ...]


class Looking:
    """Answers to people who look at data. Safe to share between threads.

    Args:
        lake: Opened by whoever looks: what they may not see is not in it.
        datasets: Declarations by name, contracts loaded.
    """

    def __init__(self, lake: Lake, datasets: Mapping[str, AnyDataset]) -> None:
        self._lake = lake
        self._datasets = datasets

    def profile(
        self,
        dataset: str,
        *,
        window: Window | None = None,
        slice: tuple[str, str] | None = None,
        version: int | None = None,
    ) -> Profile:
        """What the columns hold.

        Args:
            dataset: Name.
            window: Only rows whose event time is in it; by default all.
            slice: Only rows whose column has this value, as text.
            version: Version of the table; by default the latest.

        Raises:
            NotFoundError: no such dataset, or no data yet.
            InputError: a window for a dataset without event time, or an unknown slice column.
        """
        declared = self._declared(dataset)
        at, rows = self._open(dataset, version)
        rows = self._narrowed(declared, rows, window, slice)
        contract = contract_of(declared)
        amounts = [] if contract is None else [field.name for field in contract.fields if field.unit]
        columns = profile_columns(rows, amounts=amounts)
        looked_at = columns[0].rows if columns else 0
        return Profile(dataset, at, window, slice, looked_at, columns, _closed(contract, [one.name for one in columns]))

    def newest_window(self, dataset: str, *, days: int) -> Window | None:
        """The last `days` days of event time that have rows; None for a dataset without event time or data."""
        declared = self._declared(dataset)
        if declared.event_time is None or self._lake.latest_version(dataset) is None:
            return None
        last: datetime | None = self._lake.scan(dataset).select(pl.col(declared.event_time).max()).collect().item()
        if last is None:
            return None
        end = last + timedelta(microseconds=1)
        return Window(end - timedelta(days=days), end)

    def sample(self, dataset: str, rows: int, *, slice: tuple[str, str] | None = None) -> Sample:
        """Some rows, the newest by event time first where there is one.

        Raises:
            NotFoundError: no such dataset, or no data yet.
            InputError: not between 1 and 10,000 rows, or an unknown slice column.
        """
        if not 1 <= rows <= _MOST_ROWS:
            message = f"a sample of {rows} rows was asked for; between 1 and {_MOST_ROWS} are given"
            raise InputError(message, next_step="Read the table itself for more; it is plain Delta.")
        declared = self._declared(dataset)
        version, frame = self._open(dataset, None)
        frame = self._narrowed(declared, frame, None, slice)
        names = frame.collect_schema().names()
        if declared.event_time in names:
            rest = [name for name, dtype in frame.collect_schema().items() if not dtype.is_nested()]
            rest.remove(str(declared.event_time))
            frame = frame.top_k(rows, by=[str(declared.event_time), *rest]).sort(
                str(declared.event_time), *rest, descending=True
            )
        return Sample(dataset, version, frame.head(rows).collect(), _closed(contract_of(declared), names))

    def volumes(self, dataset: str, window: Window, by: str | None = None) -> pl.DataFrame:
        """Rows per day and slice; see `count_volumes`. All zero when the dataset has no data yet.

        Raises:
            InputError: the dataset has no event time, or no column `by`.
        """
        declared = self._declared(dataset)
        if declared.event_time is None:
            message = f"dataset {dataset!r} has no event time, so it has no volume per window"
            raise InputError(message, next_step="Declare event_time, or look at its receipts.")
        if self._lake.latest_version(dataset) is None:
            schema = {declared.event_time: pl.Datetime("us", "UTC")} | ({} if by is None else {by: pl.String()})
            return count_volumes(pl.LazyFrame(schema=schema), declared.event_time, window, by)
        # With the weights of a sample, so that its rows are scaled back.
        rows = self._lake.scan(dataset, technical=True)
        if by is not None:
            _known(dataset, by, [name for name in rows.collect_schema().names() if not is_technical(name)])
        return count_volumes(rows, declared.event_time, window, by)

    def _open(self, dataset: str, version: int | None) -> tuple[int, pl.LazyFrame]:
        at = self._lake.latest_version(dataset) if version is None else version
        if at is None:
            message = f"dataset {dataset!r} has no data yet"
            raise NotFoundError(message, next_step=f"Bring some: 'steek ingest {dataset} FILE'.")
        return at, self._lake.scan(dataset, version=at)

    def _narrowed(
        self, declared: AnyDataset, rows: pl.LazyFrame, window: Window | None, slice: tuple[str, str] | None
    ) -> pl.LazyFrame:
        if window is not None:
            if declared.event_time is None:
                message = f"dataset {declared.name!r} has no event time, so it has no windows"
                raise InputError(message, next_step="Look at the whole table.")
            moment = pl.col(declared.event_time)
            rows = rows.filter(moment.is_between(window.start_at, window.end_at, closed="left"))
        if slice is not None:
            column, value = slice
            _known(declared.name, column, rows.collect_schema().names())
            rows = rows.filter(pl.col(column).cast(pl.String) == value)
        return rows

    def _declared(self, name: str) -> AnyDataset:
        if name not in self._datasets:
            raise NotFoundError.among("dataset", name, self._datasets)
        return self._datasets[name]


def parse_slice(text: str | None) -> tuple[str, str] | None:
    """A slice as people write it; None stays None.

    Raises:
        InputError: it has no equals sign.

    >>> parse_slice("store_id=367")
    ('store_id', '367')
    """
    if text is None:
        return None
    column, equals, value = text.partition("=")
    if not equals:
        message = f"{text[:80]!r} is not a slice"
        raise InputError(message, next_step="Write it as store_id=367.")
    return column, value


def meaning_of(field: Field) -> str:
    """One field of a contract in a sentence.

    >>> meaning_of(Field("spend", "number", unit="USD", minimum=0, meaning="What was paid."))
    'What was paid. A number in USD, at least 0, always present.'
    """
    bounds: list[str] = []
    if field.minimum is not None:
        bounds.append(f"at least {field.minimum:g}")
    if field.maximum is not None:
        bounds.append(f"at most {field.maximum:g}")
    if field.categories:
        shown = ", ".join(str(value) for value in field.categories[:6])
        more = f" and {len(field.categories) - 6} more" if len(field.categories) > 6 else ""
        bounds.append(f"one of {shown}{more}")
    unit = f" in {field.unit}" if field.unit else ""
    presence = "part of the key" if field.key else "may be absent" if field.nullable else "always present"
    article = "An" if field.type == "integer" else "A"
    told = f"{article} {field.type}{unit}, {', '.join([*bounds, presence])}."
    return f"{field.meaning} {told}".strip()


def protection_of(field: Field) -> str:
    """How a field is protected, in words; empty when it is not.

    >>> protection_of(Field("household_id", "string", sensitivity="personal", subject="household", pseudonym="keyed"))
    'personal; names a household; stored as a keyed pseudonym'
    """
    told = [] if field.sensitivity in {"internal", "public"} else [field.sensitivity]
    if field.subject:
        told.append(f"names a {field.subject}")
    if field.pseudonym:
        told.append(f"stored as a {field.pseudonym} pseudonym")
    if field.sealed:
        told.append("sealed under the key of its subject")
    return "; ".join(told)


def _known(dataset: str, column: str, names: list[str]) -> None:
    if column not in names:
        message, hint = describe_unknown("column", column, names)
        raise InputError(f"dataset {dataset!r}: {message}", next_step=hint)


def _closed(contract: Contract | None, names: list[str]) -> tuple[str, ...]:
    return () if contract is None else tuple(name for name in contract.names if name not in names)
