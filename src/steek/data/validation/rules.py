"""What a contract says of one field, as conditions on one row."""

import sys
from dataclasses import dataclass

import polars as pl

from steek.data.contracts.contract import Field

_LISTED = 8
# Up to here comparing one by one is twice as fast as looking a text up in a set.
_FEW = 4
_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong with a row.

    Args:
        reason: Field and fault, e.g. "amount: below 0"; never a value of the row.
        bad: True where it is wrong; false or null elsewhere.
    """

    reason: str
    bad: pl.Expr


def rules_of(field: Field, *, marked: bool) -> list[Rule]:
    """The rules of a field, in the order in which they are told.

    Args:
        field: Of the contract.
        marked: The frame has a column that says where the value could not be read as the field's type.
    """
    value = pl.col(field.name)
    found: list[Rule] = []
    absent = value.is_null()
    if marked:
        unreadable = pl.col(f"_unreadable {field.name}")
        found.append(Rule(f"{field.name}: cannot be read as {field.type}", unreadable))
        absent = absent & ~unreadable
    if not field.nullable:
        found.append(Rule(f"{field.name}: missing", absent))
    if field.type == "number":
        found.append(Rule(f"{field.name}: not a finite number", ~value.is_finite()))
    if field.minimum is not None:
        found.append(Rule(f"{field.name}: below {field.minimum:g}", value < field.minimum))
    if field.maximum is not None:
        found.append(Rule(f"{field.name}: above {field.maximum:g}", value > field.maximum))
    if field.categories:
        listed = ", ".join(str(item) for item in field.categories[:_LISTED])
        more = f" and {len(field.categories) - _LISTED} more" if len(field.categories) > _LISTED else ""
        found.append(Rule(f"{field.name}: not one of {listed}{more}", ~value.is_in(list(field.categories))))
    return found


def fits_of(field: Field, *, marked: bool) -> pl.Expr | None:
    """One condition that holds where no rule of the field is broken; false or null elsewhere, None: always holds.

    Cheaper than the rules, which say what is wrong: one comparison covers bounds, NaN, infinities and absence.
    """
    value = pl.col(field.name)
    parts: list[pl.Expr] = []
    if field.type == "number":
        low, high = field.minimum, field.maximum
        parts.append(value.is_between(-_LARGEST if low is None else low, _LARGEST if high is None else high))
    elif field.minimum is not None and field.maximum is not None:
        parts.append(value.is_between(field.minimum, field.maximum))
    elif field.minimum is not None:
        parts.append(value >= field.minimum)
    elif field.maximum is not None:
        parts.append(value <= field.maximum)
    if field.categories:
        parts.append(_is_listed(value, field))
    if not field.nullable:
        return pl.all_horizontal(parts) if parts else value.is_not_null()
    if marked:
        parts.append(~pl.col(f"_unreadable {field.name}"))
        return pl.all_horizontal(parts[:-1] or [pl.lit(value=True)]).fill_null(value=True) & parts[-1]
    return pl.all_horizontal(parts).fill_null(value=True) if parts else None


def _is_listed(value: pl.Expr, field: Field) -> pl.Expr:
    if field.type == "string" and len(field.categories) <= _FEW:
        return pl.any_horizontal([value == item for item in field.categories])
    return value.is_in(list(field.categories))
