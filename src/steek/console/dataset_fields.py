"""The columns of a dataset: what each means, how it is protected, and what it holds as a small picture."""

from dataclasses import dataclass

from steek.charts import HistogramBar, codes_spec, histogram_spec
from steek.console.drawings import Drawing, Drawings
from steek.console.words import count, percent
from steek.data import ColumnProfile, Contract, Field, Profile, meaning_of, protection_of

_TOP = 6
# Below this share the commonest value says nothing: the column numbers things.
_TELLING = 0.02
_WIDTH, _HEIGHT = 220, 56


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One column. `meaning` and `protection` come from the contract, the rest from the profile; "" and None without.

    `is_closed`: the visitor may not see its values.
    """

    name: str
    meaning: str
    protection: str
    is_closed: bool
    facts: str
    range: str
    picture: Drawing | None
    table: tuple[tuple[str, str], ...]


def field_lines(
    drawings: Drawings, contract: Contract | None, profile: Profile | None, *, is_open: bool
) -> tuple[FieldLine, ...]:
    """Fields of the contract in their order, then columns that it does not name; all closed unless `is_open`."""
    found = {} if profile is None else {column.name: column for column in profile.columns}
    fields = () if contract is None else contract.fields
    named = {field.name for field in fields}
    closed = set(() if profile is None else profile.closed) if is_open else named
    lines = [_line(drawings, field.name, field, found.get(field.name), field.name in closed) for field in fields]
    return (*lines, *(_line(drawings, name, None, found[name], False) for name in found if name not in named))


def _line(
    drawings: Drawings, name: str, field: Field | None, column: ColumnProfile | None, is_closed: bool
) -> FieldLine:
    unit = "" if field is None else field.unit
    return FieldLine(
        name=name,
        meaning="" if field is None else meaning_of(field),
        protection="" if field is None else protection_of(field),
        is_closed=is_closed,
        facts="" if column is None else _facts(column),
        range="" if column is None else _range(column, unit),
        picture=None if column is None else _picture(drawings, column, unit),
        table=() if column is None else _table(column),
    )


def _facts(column: ColumnProfile) -> str:
    absent = f"{percent(column.null_fraction)} absent" if column.nulls else "none absent"
    return absent if column.kind == "other" else f"{absent}, {count(column.distinct)} different"


def _range(column: ColumnProfile, unit: str) -> str:
    if column.minimum is None or column.kind == "code":
        return ""
    if column.kind == "moment":
        return f"{str(column.minimum)[:16]} to {str(column.maximum)[:16]}"
    mean = "" if column.mean is None else f", {column.mean:,.4g} on average"
    return f"{_plain(column.minimum)} to {_plain(column.maximum)}{f' {unit}' if unit else ''}{mean}"


def _plain(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _picture(drawings: Drawings, column: ColumnProfile, unit: str) -> Drawing | None:
    if len(column.bins) > 1:
        bars = [HistogramBar(bin.lower, bin.upper, bin.rows) for bin in column.bins]
        spec = histogram_spec(bars, unit=unit, width=_WIDTH, height=_HEIGHT)
        return drawings.add(spec, f"{column.name}: {_range(column, unit)}", width=_WIDTH, height=_HEIGHT)
    if column.kind == "code" and len(column.top) > 1 and column.top[0][1] > _TELLING * column.rows:
        top = column.top[:_TOP]
        spoken = f"{column.name}: commonest {', '.join(value for value, _ in top[:3])}"
        return drawings.add(codes_spec(top, width=_WIDTH - 80), spoken, width=_WIDTH, height=18 * len(top))
    return None


def _table(column: ColumnProfile) -> tuple[tuple[str, str], ...]:
    """The numbers behind the picture: a bin or value, and its rows."""
    if column.bins:
        return tuple((_bin_words(bin.lower, bin.upper), count(bin.rows)) for bin in column.bins)
    return tuple((value, count(rows)) for value, rows in column.top)


def _bin_words(lower: float | None, upper: float | None) -> str:
    """A bin in words.

    >>> _bin_words(None, 2.0), _bin_words(2.0, 4.5), _bin_words(4.5, None)
    ('below 2', '2 to 4.5', '4.5 and more')
    """
    if lower is None:
        return f"below {upper:.4g}"
    return f"{lower:.4g} and more" if upper is None else f"{lower:.4g} to {upper:.4g}"
