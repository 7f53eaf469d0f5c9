"""Which columns a function of lazy frames reads for each column of its result, told by Polars itself.

The function is run on empty inputs that write down which of their columns the optimised plan of one result column
asks for. That is an upper bound: nothing else can have an influence. Where the function looks at its data while it
builds the plan, nothing is claimed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
from polars.io.plugins import register_io_source

Effect = Literal["value", "rows"]
Schema = Mapping[str, Any]
# Another type that the same work can be done on: where it shows in the result, the values went there.
_SIBLING: dict[Any, Any] = {
    pl.Int64: pl.Int32(),
    pl.Float64: pl.Float32(),
    pl.Date: pl.Datetime("us"),
    pl.Datetime: pl.Datetime("ms", "UTC"),
}


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column of an input. `effect` "value": its values go in; "rows": it decides which rows there are or how they
    meet, and may or may not go in.
    """

    dataset: str
    column: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Result column to what it comes from; None where nothing is known, with the reason."""

    columns: Mapping[str, tuple[ColumnUse, ...]] | None
    reason: str = ""


@dataclass(slots=True)
class _Watch:
    """Inputs that note what is asked of them."""

    schemas: Mapping[str, Schema]
    asked: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def frames(self) -> dict[str, object]:
        return {name: self._frame(name, dict(schema)) for name, schema in self.schemas.items()}

    def needs(self, frame: pl.LazyFrame) -> set[tuple[str, str]]:
        self.asked.clear()
        frame.collect()
        return set(self.asked)

    def _frame(self, name: str, schema: dict[str, Any]) -> pl.LazyFrame:
        def read(
            wanted: list[str] | None, predicate: pl.Expr | None, _rows: int | None, _batch: int | None
        ) -> Iterator[pl.DataFrame]:
            self.asked.update((name, column) for column in (schema if wanted is None else wanted))
            if predicate is not None:
                self.asked.update((name, column) for column in predicate.meta.root_names())
            empty = pl.DataFrame(schema=schema)
            yield empty if wanted is None else empty.select(wanted)

        return register_io_source(read, schema=schema)


def read_columns(
    function: Callable[..., pl.LazyFrame], inputs: Mapping[str, Schema], *, join: str = "", **fixed: object
) -> ColumnMap:
    """Map the columns of `function`'s result to those of its inputs.

    Args:
        function: Takes one lazy frame per input and returns one; it is run on empty frames a few times.
        inputs: Parameter to column to Polars type.
        join: Parameter that takes a join of two frames, if it has one.
        fixed: Its other parameters.
    """
    watch = _Watch(inputs)
    if join:
        fixed[join] = plain_join
    try:
        frame = function(**watch.frames(), **fixed)
        if watch.asked:
            return ColumnMap(None, "the function looks at its rows while it plans")
        schema = frame.collect_schema()
        for_rows = watch.needs(frame.select(pl.len()))
        needs = {column: watch.needs(frame.select(column)) for column in schema}
    except Exception as error:  # noqa: BLE001 - the function is the user's: whatever it raises, nothing is known
        return ColumnMap(None, f"the function does not run on empty frames ({type(error).__name__})")
    seen = _seen_in_types(function, inputs, schema, for_rows, fixed)
    return ColumnMap(
        {
            column: tuple(
                ColumnUse(*each, "rows" if each in for_rows and (column, each) not in seen else "value")
                for each in sorted(asked)
            )
            for column, asked in needs.items()
        }
    )


def result_schema(
    function: Callable[..., pl.LazyFrame], inputs: Mapping[str, Schema], *, join: str = "", **fixed: object
) -> Schema | None:
    """Columns and types of the function's result; None where it does not run on empty frames."""
    if join:
        fixed[join] = plain_join
    try:
        return function(**_Watch(inputs).frames(), **fixed).collect_schema()
    except Exception:  # noqa: BLE001 - the function is the user's
        return None


def plain_join(
    left: pl.LazyFrame,
    right: pl.LazyFrame,
    *,
    on: str | Sequence[str],
    name: str,  # noqa: ARG001 - the signature of the join that counts
    how: str = "inner",
    at: str | None = None,
    right_at: str | None = None,
    **_told: object,
) -> pl.LazyFrame:
    """The columns of the join that counts, without counting; point in time where it has moments."""
    kind: Any = "inner" if how == "inner" else "left"
    joined = left.join(right, on=on, how=kind)
    if at is None:
        return joined
    moment = f"{at}_right" if right_at in (None, at) else right_at
    assert moment is not None
    return joined.filter(pl.col(at) >= pl.col(moment))


def _seen_in_types(
    function: Callable[..., pl.LazyFrame],
    inputs: Mapping[str, Schema],
    before: Schema,
    for_rows: set[tuple[str, str]],
    fixed: Mapping[str, object],
) -> set[tuple[str, tuple[str, str]]]:
    """(result column, input column) pairs in which a changed type of the one shows in the other.

    A key is among what decides the rows; that it is also handed through shows only here. Keys of the same name are
    changed in all inputs, or they would no longer meet.
    """
    seen: set[tuple[str, tuple[str, str]]] = set()
    for column in sorted({column for _, column in for_rows}):
        changed = {name: _with_sibling(schema, column) for name, schema in inputs.items()}
        if changed == {name: dict(schema) for name, schema in inputs.items()}:
            continue
        try:
            after = function(**_Watch(changed).frames(), **fixed).collect_schema()
        except Exception:  # noqa: BLE001, S112 - it only shows that this type does not suit the function
            continue
        touched = [result for result in before if result in after and after[result] != before[result]]
        holders = [(name, column) for name, schema in inputs.items() if column in schema and (name, column) in for_rows]
        seen |= {(result, holder) for result in touched for holder in holders}
    return seen


def _with_sibling(schema: Schema, column: str) -> dict[str, Any]:
    if column not in schema:
        return dict(schema)
    return {**schema, column: _SIBLING.get(schema[column].base_type(), schema[column])}
