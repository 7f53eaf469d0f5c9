"""Statements about examples: what a batch says, checked and in the types of the store."""

from typing import Any

import polars as pl

from steek.data.contracts.column_types import column_type
from steek.data.contracts.contract import Field, FieldType
from steek.data.labels.declaration import ANNOTATOR, LABEL, POSITION, STATED_AT, Labels
from steek.data.validation.converting import converted
from steek.kernel.errors import InputError, describe_unknown


def read_statements(declared: Labels, raw: pl.DataFrame, *, textual: bool, stored: pl.Schema | None) -> pl.DataFrame:
    """A batch as statements: the example's columns, label, annotator, stated_at (null: as known), position.

    Args:
        declared: Whose labels.
        raw: Columns of the example and `label`; `annotator` where a person said it, `stated_at` where the statement
            is older than its arrival.
        textual: Text may stand for numbers and moments.
        stored: Schema of the table, whose types entities must have; None before the first batch, which decides.

    Raises:
        InputError: missing or unknown columns, values that cannot be read or are not allowed, or two statements of
            one annotator about one example. No value is repeated in the message.
    """
    _check_columns(declared, raw)
    columns = [*declared.example, LABEL, *(name for name in (ANNOTATOR, STATED_AT) if name in raw.columns)]
    fields = {name: Field(name, _type(declared, name, raw, textual=textual, stored=stored)) for name in columns}
    read = raw.select(converted(fields[name], raw.schema[name], textual=textual).value.alias(name) for name in columns)
    _check_values(declared, raw, read)
    if ANNOTATOR not in read.columns:
        read = read.with_columns(pl.lit(None, pl.String).alias(ANNOTATOR))
    if STATED_AT not in read.columns:
        read = read.with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias(STATED_AT))
    read = read.with_row_index(POSITION)
    _check_once(declared, read)
    ordered = [*declared.example, LABEL, ANNOTATOR, STATED_AT, POSITION]
    return read.select(ordered).with_columns(pl.col(POSITION).cast(pl.Int64))


def _check_columns(declared: Labels, raw: pl.DataFrame) -> None:
    needed = [*declared.example, LABEL]
    missing = [name for name in needed if name not in raw.columns]
    if missing:
        message = f"the batch of labels {declared.name!r} lacks the columns {', '.join(missing)}"
        raise InputError(message, next_step=f"It has: {', '.join(raw.columns) or 'no columns'}.")
    allowed = [*needed, ANNOTATOR, STATED_AT]
    unknown = [name for name in raw.columns if name not in allowed]
    if unknown:
        message, hint = describe_unknown("column", unknown[0], allowed)
        raise InputError(f"labels {declared.name!r}: {message}", next_step=hint or "Take the column out.")


def _type(declared: Labels, name: str, raw: pl.DataFrame, *, textual: bool, stored: pl.Schema | None) -> FieldType:
    if name in (declared.moment, STATED_AT):
        return "timestamp"
    if name == LABEL:
        return declared.type
    if name == ANNOTATOR:
        return "string"
    if stored is not None and name in stored:
        found = column_type(pl.Series(name, [], stored[name]), textual=False)
    else:
        found = column_type(raw[name], textual=textual)
    if found is None:
        message = f"labels {declared.name!r}: column {name!r} of type {raw.schema[name]} cannot name an example"
        raise InputError(message, next_step="Name examples by text, numbers, dates or moments.")
    return found


def _check_values(declared: Labels, raw: pl.DataFrame, read: pl.DataFrame) -> None:
    for name in [*declared.example, LABEL]:
        lost = read[name].null_count()
        if lost:
            absent = raw[name].null_count()
            message = f"labels {declared.name!r}: {name} is absent in {absent} rows and unreadable in {lost - absent}"
            raise InputError(message, next_step="Every statement names its example and says a label.")
    if declared.type == "number" and not read[LABEL].is_finite().all():
        message = f"labels {declared.name!r}: some labels are no finite numbers"
        raise InputError(message, next_step="Leave them out.")
    if declared.values:
        odd = read.filter(~pl.col(LABEL).is_in(list(declared.values))).height
        if odd:
            listed = ", ".join(str(value) for value in declared.values)
            message = f"labels {declared.name!r}: {odd} of {read.height} rows have a label that is not one of {listed}"
            raise InputError(message, next_step="Correct them, or declare the value.")


def _check_once(declared: Labels, read: pl.DataFrame) -> None:
    twice: Any = read.select(pl.struct(*declared.example, ANNOTATOR).is_duplicated().sum()).item()
    if twice:
        message = f"labels {declared.name!r}: {twice} rows speak about an example that another row speaks about too"
        raise InputError(message, next_step="Send one statement per example and annotator; the next batch may correct.")
