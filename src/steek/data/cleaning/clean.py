"""The actions of a cleaning list, as declarations name them: `sk.clean.trim("name")`.

They see values as they came: text in batches of CSV and JSON, typed columns otherwise. Rows stay as many as they
were and in their order; what cannot be read is left for validation, which puts the row into quarantine.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from steek.data.cleaning.actions import KEEPS_ROWS, Action, Boundaries
from steek.data.cleaning.values import as_number, write_back
from steek.kernel.code_identity import describe_code
from steek.kernel.errors import DeclarationError, user_code
from steek.measures import Implied

_SAME_OR_LESS = Implied(high_bytes_fraction=1.0)
# Upper and lower case of one letter may differ in UTF-8 length.
_ABOUT_THE_SAME = Implied(high_bytes_fraction=1.5)


def trim(*fields: str) -> Action:
    """Cut white space off both ends of text."""
    return _texts("trim", fields, lambda text: text.str.strip_chars(), trim, _SAME_OR_LESS)


def lower(*fields: str) -> Action:
    """Text in lower case."""
    return _texts("lower", fields, lambda text: text.str.to_lowercase(), lower, _ABOUT_THE_SAME)


def upper(*fields: str) -> Action:
    """Text in upper case."""
    return _texts("upper", fields, lambda text: text.str.to_uppercase(), upper, _ABOUT_THE_SAME)


def blank(*fields: str, values: Sequence[str] = ("", "NA", "N/A", "null", "-")) -> Action:
    """Texts that stand for nothing become null; white space around them does not matter."""
    known = list(values)

    def emptied(text: pl.Expr) -> pl.Expr:
        return pl.when(~text.str.strip_chars().is_in(known)).then(text)

    return _texts("blank", fields, emptied, blank, _SAME_OR_LESS, values=known)


def replace(field: str, mapping: Mapping[str, str]) -> Action:
    """Whole values by others, e.g. {"Calif.": "CA"}; values not in the mapping stay."""
    pairs = dict(mapping)
    return _texts("replace", (field,), lambda text: text.replace(pairs), replace, KEEPS_ROWS, mapping=pairs)


def rename(column: str, *, to: str) -> Action:
    """Give a column the name of its field; a batch that has the field already is left alone."""

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        return rows if to in rows.columns or column not in rows.columns else rows.rename({column: to})

    facts = _facts(rename, column=column, to=to)
    return Action(f"rename {column} to {to}", facts, transform, renames=((column, to),))


def convert(
    field: str, *, from_unit: str, to_unit: str, factor: float = 1.0, offset: float = 0.0, places: int | None = None
) -> Action:
    """A number in another unit: value * factor + offset, rounded to `places` where given.

    Factor and offset are kept with the list's version, the value as it came beside the new one.
    """

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        value = as_number(field, rows.schema[field]) * factor + offset
        return write_back(rows, field, value if places is None else value.round(places))

    facts = _facts(convert, from_unit=from_unit, to_unit=to_unit, factor=factor, offset=offset, places=places)
    return Action(f"convert {field} from {from_unit} to {to_unit}", facts, transform, changes=(field,))


def parse_numbers(field: str, *, decimal: str = ".", thousands: str = ",", remove: str = "") -> Action:
    """Read numbers as people write them, e.g. "$ 1,250.00".

    Args:
        field: Field with text.
        decimal: The decimal sign.
        thousands: What groups digits; it is taken out.
        remove: Every character of this text is taken out too, e.g. "$€ ".
    """
    out = "".join({*thousands, *remove})

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        if not isinstance(rows.schema[field], pl.String):
            return rows
        text = pl.col(field).str.strip_chars()
        for character in sorted(out):
            text = text.str.replace_all(character, "", literal=True)
        plain = text.str.replace(decimal, ".", literal=True) if decimal != "." else text
        return write_back(rows, field, plain.str.strip_chars().cast(pl.Float64, strict=False))

    if decimal in out:
        message = f"the decimal sign {decimal!r} of {field!r} is also taken out"
        raise DeclarationError(message, next_step="Give decimal and thousands different signs.")
    facts = _facts(parse_numbers, decimal=decimal, removed=sorted(out))
    return Action(f"parse numbers in {field}", facts, transform, changes=(field,))


def parse_dates(field: str, *, formats: Sequence[str], timezone: str = "UTC") -> Action:
    """Read instants from text in one of several formats, the first that fits.

    Args:
        field: Field with text.
        formats: As `strptime` writes them, e.g. "%m/%d/%Y %H:%M"; one without hours means midnight, and in UTC,
            where no format has hours, a day, as a field of type date needs it.
        timezone: Where the clocks of the text are. An hour that comes twice in autumn is its first, one that is left
            out in spring cannot be read.
    """
    kept = list(formats)
    days_only = timezone == "UTC" and not any(_has_hours(each) for each in kept)

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        if not isinstance(rows.schema[field], pl.String):
            return rows
        text = pl.col(field).str.strip_chars()
        if days_only:
            return write_back(rows, field, pl.coalesce(text.str.to_date(each, strict=False) for each in kept))
        naive = pl.coalesce(
            text.str.to_datetime(each, time_unit="us", strict=False)
            if _has_hours(each)
            else text.str.to_date(each, strict=False).cast(pl.Datetime("us"))
            for each in kept
        )
        local = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        return write_back(rows, field, local.dt.convert_time_zone("UTC"))

    facts = _facts(parse_dates, formats=kept, timezone=timezone)
    return Action(f"parse dates in {field}", facts, transform, changes=(field,))


def quantise(field: str, *, boundaries: Sequence[float], into: str = "", labels: Sequence[str] = ()) -> Action:
    """Write the band of a number into a new field; the number stays.

    A band holds its lower boundary and not its upper one. Null, NaN and what is no number have no band.

    Args:
        field: Field with numbers.
        boundaries: Rising cuts; n of them make n + 1 bands.
        into: The new field, by default "<field>_band". The contract gains it where it lacks it, with the bands as
            categories and the version of the boundaries in its meaning.
        labels: Names of the bands, the lowest first; by default made from the boundaries.
    """
    cuts = tuple(float(cut) for cut in boundaries)
    bands = Boundaries(field, into or f"{field}_band", cuts, tuple(labels) or _labels(cuts))

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        value = as_number(field, rows.schema[field])
        above = pl.sum_horizontal([(value >= cut).cast(pl.Int32) for cut in cuts])
        known = value.is_not_null() & value.is_not_nan()
        names = dict(enumerate(bands.labels))
        band = above.replace_strict(names, return_dtype=pl.String)
        return rows.with_columns(pl.when(known).then(band).alias(bands.into))

    facts = _facts(quantise, boundaries=bands)
    return Action(f"quantise {field} into {bands.into}", facts, transform, adds=(bands.into,), boundaries=bands)


def custom(
    name: str,
    function: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    changes: Sequence[str],
    adds: Sequence[str] = (),
    implied: Implied = KEEPS_ROWS,
) -> Action:
    """Code of the project: rows to rows.

    Args:
        name: What it does, for people and reports.
        function: Gets rows as they are by then and gives them back, as many, in the same order. Its source and what
            it calls beside or below its file are part of the list's version.
        changes: Fields whose values it may change; it is an error to change another.
        adds: Fields that it writes anew.
        implied: What it implies for the bytes of these fields.
    """

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        with user_code(f"cleaning {name!r}"):
            return function(rows)

    facts: dict[str, object] = {"custom": describe_code(function)}
    return Action(name, facts, transform, changes=tuple(changes), adds=tuple(adds), implied=implied)


def _texts(
    verb: str,
    fields: Sequence[str],
    change: Callable[[pl.Expr], pl.Expr],
    declared: Callable[..., Action],
    implied: Implied,
    **arguments: object,
) -> Action:
    if not fields:
        message = f"clean.{verb} names no field"
        raise DeclarationError(message)

    def transform(rows: pl.DataFrame) -> pl.DataFrame:
        texts = [name for name in fields if isinstance(rows.schema[name], pl.String)]
        return rows.with_columns(change(pl.col(name)).alias(name) for name in texts)

    facts = _facts(declared, fields=list(fields), **arguments)
    return Action(f"{verb} {', '.join(fields)}", facts, transform, changes=tuple(fields), implied=implied)


def _facts(declared: Callable[..., Action], **arguments: Any) -> dict[str, object]:
    # The action's own code is part of its version: a corrected action is another action.
    return {"arguments": arguments, "code": describe_code(declared)}


def _has_hours(format: str) -> bool:
    return "%H" in format or "%I" in format or "%T" in format


def _labels(cuts: Sequence[float]) -> tuple[str, ...]:
    texts = [f"{cut:.15g}" for cut in cuts]
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    return (f"below {texts[0]}", *between, f"{texts[-1]} and more") if texts else ()
