"""Rows in quarantine: which they are, what became of them, and what may be seen of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

import polars as pl

from steek.data.contracts.contract import Contract
from steek.kernel.errors import InputError

RowState = Literal["open", "replayed", "discarded"]
Ranges = Mapping[str, Sequence[Sequence[int]]]
MASK = "***"
REASON_SEPARATOR = "; "
ROWS_SCHEMA = {
    "row": pl.String,
    "reason": pl.String,
    "receipt_id": pl.String,
    "position": pl.Int64,
    "received_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that did not fit.

    Args:
        id: Receipt and position, joined by a colon.
        receipt_id: Batch it came with.
        position: Its number in the batch, from 0.
        received_at: When the batch came.
        reason: What is wrong with it; several reasons are joined by "; ".
        state: open, replayed (sent again and taken in) or discarded (given up by a person).
        row: The row as it came, by column; protected values are masked.
    """

    id: str
    receipt_id: str
    position: int
    received_at: datetime
    reason: str
    state: RowState
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """All open rows with one reason.

    Args:
        reason: Field and fault.
        rows: Open rows that have it, alone or with others.
        receipts: Batches they came with.
        first_at: When the first of them came.
        last_at: When the last of them came.
        example: Id of one of the newest.
    """

    reason: str
    rows: int
    receipts: int
    first_at: datetime
    last_at: datetime
    example: str


def row_id(receipt_id: str, position: int) -> str:
    """The name of a row in quarantine."""
    return f"{receipt_id}:{position}"


def parse_row_id(text: str) -> tuple[str, int]:
    """Receipt and position of a row's name. Raises InputError."""
    receipt_id, colon, position = text.rpartition(":")
    if not colon or not receipt_id or not position.isdecimal():
        message = f"{text!r} is not the id of a row in quarantine"
        raise InputError(message, next_step="It is a receipt and a position, e.g. 3f0c...:17, as the list shows it.")
    return receipt_id, int(position)


def to_ranges(rows: pl.DataFrame) -> dict[str, list[list[int]]]:
    """Positions by receipt as [first, last] stretches; few numbers for many rows.

    >>> to_ranges(pl.DataFrame({"receipt_id": ["a"] * 4, "position": [3, 1, 2, 7]}))
    {'a': [[1, 3], [7, 7]]}
    """
    ranges: dict[str, list[list[int]]] = {}
    for receipt_id, position in rows.select("receipt_id", "position").unique().sort(pl.all()).iter_rows():
        stretches = ranges.setdefault(receipt_id, [])
        if stretches and stretches[-1][1] == position - 1:
            stretches[-1][1] = position
        else:
            stretches.append([position, position])
    return ranges


def from_ranges(ranges: Ranges) -> pl.DataFrame:
    """Columns receipt_id and position of the rows that `to_ranges` was given."""
    stretches = [(id, first, last) for id, listed in ranges.items() for first, last in listed]
    frame = pl.DataFrame(stretches, schema={"receipt_id": pl.String, "first": pl.Int64, "last": pl.Int64}, orient="row")
    positions = pl.int_ranges("first", pl.col("last") + 1).alias("position")
    return frame.select("receipt_id", positions).explode("position", empty_as_null=False, keep_nulls=False)


def count_reasons(rows: pl.DataFrame) -> list[ReasonCount]:
    """Open rows per single reason, the most frequent first."""
    single = rows.with_columns(pl.col("reason").str.split(REASON_SEPARATOR)).explode("reason")
    newest = pl.col("received_at").arg_max()
    counted = single.group_by("reason").agg(
        pl.len().alias("rows"),
        pl.col("receipt_id").n_unique().alias("receipts"),
        pl.col("received_at").min().alias("first_at"),
        pl.col("received_at").max().alias("last_at"),
        pl.format("{}:{}", pl.col("receipt_id").get(newest), pl.col("position").get(newest)).alias("example"),
    )
    ordered = counted.sort(["rows", "reason"], descending=[True, False])
    return [ReasonCount(**row) for row in ordered.iter_rows(named=True)]


def protected_fields(contract: Contract) -> frozenset[str]:
    """Names of the fields whose values are masked."""
    return frozenset(
        field.name
        for field in contract.fields
        if field.pseudonym or field.sealed or field.subject or field.sensitivity.strip().lower() == "personal"
    )


def masked(row: QuarantinedRow, contract: Contract) -> QuarantinedRow:
    """The row without protected values; fields that the contract does not know may be anything, so they are masked."""
    hidden = protected_fields(contract)
    if not hidden:
        return row
    shown = {
        name: value if value is None or (name not in hidden and contract.field(name) is not None) else MASK
        for name, value in row.row.items()
    }
    return replace(row, row=shown)


def to_rows(frame: pl.DataFrame) -> list[QuarantinedRow]:
    """Records of rows of the quarantine table, with their column state."""
    return [
        QuarantinedRow(
            id=row_id(line["receipt_id"], line["position"]),
            receipt_id=line["receipt_id"],
            position=line["position"],
            received_at=line["received_at"],
            reason=line["reason"],
            state=line["state"],
            row=json.loads(line["row"]),
        )
        for line in frame.iter_rows(named=True)
    ]


def parsed(rows: Sequence[str]) -> pl.DataFrame:
    """Rows as they came (JSON objects) as a frame; a column whose values differ in kind becomes text."""
    objects = [cast("dict[str, Any]", json.loads(row)) for row in rows]
    names = list(dict.fromkeys(name for row in objects for name in row))
    return pl.DataFrame([_series(name, [row.get(name) for row in objects]) for name in names])


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds: set[type[object]] = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return pl.Series(name, values, strict=False)
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
