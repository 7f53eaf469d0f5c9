"""What a contract says of one field, as conditions on one row."""

from dataclasses import dataclass

import polars as pl

from steek.data.contracts.contract import Field

_LISTED = 8


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
