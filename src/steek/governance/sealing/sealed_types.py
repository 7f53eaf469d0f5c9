"""Types of sealed fields, for opening them as what they were."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl

_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}


class TypedField(Protocol):
    """A field of a contract: its name, its type in the contract's words, and whether it is sealed."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def sealed(self) -> bool: ...


class TypedContract(Protocol):
    """A contract: its fields."""

    @property
    def fields(self) -> Sequence[TypedField]: ...


def sealed_types(contract: TypedContract) -> dict[str, pl.DataType]:
    """Sealed fields and the column types that `unseal` gives them back in."""
    return {field.name: _TYPES[field.type] for field in contract.fields if field.sealed}
