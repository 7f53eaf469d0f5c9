"""Drafting a contract from data, for a human to finish: what can be seen is written, the rest is asked."""

import re
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from steek.data.contracts.column_types import column_type, looks_like_local_dates, typed
from steek.data.contracts.contract import Contract, Field, FieldType
from steek.data.contracts.personal import suspected_person
from steek.kernel.errors import InputError

# Few enough values to be a list, and each often enough to be one on purpose.
_MOST_CATEGORIES = 20
_LEAST_ROWS_PER_CATEGORY = 5
# Pairs of so many columns are tried as a key of two.
_MOST_KEY_COLUMNS = 8
_KEY_TYPES = ("string", "integer")
_NUMBERS = ("integer", "number")
# The last word of the name: "store_id" and "storeId", but not "paid".
_ID = re.compile(r"((^|_)(id|ids|no|number|key|code)|[a-z0-9](Id|ID|No|Key|Code))$|^(ID|Id)$")


@dataclass(frozen=True, slots=True)
class DraftContract:
    """A contract as far as data can tell it.

    Args:
        contract: What was seen; obeyed by every row it was drafted from.
        questions: By field, what a human must answer; no value of a suspected personal column is in them.
        about: Questions about the dataset as a whole.
        rows: Rows it was drafted from.
    """

    contract: Contract
    questions: dict[str, tuple[str, ...]]
    about: tuple[str, ...]
    rows: int


def infer_contract(frame: pl.DataFrame, dataset: str, *, owner: str, textual: bool) -> DraftContract:
    """Draft the contract of a dataset from some of its rows.

    Drafted are types, nullability, the range seen, short lists of categories, a key that is unique in these rows, and
    suspected personal columns. Units, meaning, source, law, retention and cadence are asked, never made up.

    Args:
        frame: Rows as they were parsed; the more, the better the draft.
        dataset: Name for the dataset.
        owner: Who answers for it.
        textual: The rows came as text (CSV, JSON), so that text may stand for numbers and dates.

    Raises:
        InputError: no columns or no rows, or a column of a type that no contract can have.
    """
    if not frame.height or not frame.width:
        message = f"a contract cannot be drafted from {frame.height} rows of {frame.width} columns"
        raise InputError(message, next_step="Give a file with some typical rows.")
    drafted = [_draft(frame[name], textual=textual) for name in frame.columns]
    # Unique as read: " 1" and "1" are one key.
    key = _key(pl.DataFrame([column.read for column in drafted]), [column.field for column in drafted])
    fields = tuple(_with_key(column.field, key) for column in drafted)
    questions = {column.field.name: column.asked for column in drafted}
    for name in key:
        told = (
            f"key: {' and '.join(key)} {'differs' if len(key) == 1 else 'differ together'} in every one of these rows"
        )
        questions[name] = (*questions[name], f"{told}; is it what one row is about?")
    moments = [field.name for field in fields if field.type == "timestamp" and not field.nullable]
    return DraftContract(
        Contract(dataset, "0.1.0", fields, owner=owner), questions, _about(moments, keyed=bool(key)), frame.height
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """One drafted field, its values as the field's type, and what is asked of it."""

    field: Field
    read: pl.Series
    asked: tuple[str, ...]


def _draft(values: pl.Series, *, textual: bool) -> _Column:
    name = values.name
    type = column_type(values, textual=textual)
    if type is None or name.startswith("_"):
        message = f"column {name!r} has the type {values.dtype}, or a name, that no contract can have"
        raise InputError(message, next_step="Leave the column out, rename it, or flatten it into plain columns first.")
    read = typed(values, Field(name, type), textual=textual)
    person = suspected_person(values, type)
    absent = read.null_count()
    categories = () if person else _categories(read, type)
    low, high = (None, None) if person or _is_id(name) else _bounds(read, type)
    field = Field(
        name,
        type,
        nullable=absent > 0,
        minimum=low,
        maximum=high,
        categories=categories,
        sensitivity="personal" if person else "internal",
    )
    return _Column(field, read, tuple(_questions(field, values, absent=absent, person=person)))


def _questions(field: Field, values: pl.Series, *, absent: int, person: str | None) -> list[str]:
    asked = ["meaning: what does one value say?"]
    if person:
        asked.append(
            f"personal: may hold {person}; if so, say whose (subject) and how it is protected (pseudonym, sealed), "
            "else set classification to internal"
        )
    if field.type in _NUMBERS and not _is_id(field.name):
        asked.append("unit: of what? (customProperties: unit)")
    if absent:
        asked.append(f"required: {absent} of {len(values)} rows have no value; may it be absent?")
    if field.minimum is not None or field.maximum is not None:
        asked.append("minimum, maximum: the range of these rows; which values are allowed?")
    if field.categories:
        asked.append("categories: the values of these rows; may others come?")
    if field.type == "string" and looks_like_local_dates(values):
        asked.append(
            "type: looks like dates with the year last; standardise them to YYYY-MM-DD, and say which is the day"
        )
    return asked


def _bounds(read: pl.Series, type: FieldType) -> tuple[float | None, float | None]:
    if type not in _NUMBERS or read.null_count() == len(read):
        return None, None
    low, high = read.min(), read.max()
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    return low, high


def _categories(read: pl.Series, type: FieldType) -> tuple[str, ...]:
    known = read.drop_nulls()
    if type != "string" or not len(known):
        return ()
    values = known.unique()
    few = len(values) <= min(_MOST_CATEGORIES, len(known) // _LEAST_ROWS_PER_CATEGORY)
    return tuple(sorted(str(value) for value in values)) if few else ()


def _key(frame: pl.DataFrame, fields: list[Field]) -> tuple[str, ...]:
    """The first column, or pair of columns, that differs in every row; named like ids before others."""
    if frame.height < 2:
        return ()
    able = [field.name for field in fields if field.type in _KEY_TYPES and not field.nullable and not field.categories]
    able.sort(key=lambda name: not _is_id(name))
    for name in able:
        if frame[name].n_unique() == frame.height:
            return (name,)
    ids = [name for name in able if _is_id(name)][:_MOST_KEY_COLUMNS]
    for pair in combinations(ids, 2):
        if frame.select(pl.struct(pair).n_unique()).item() == frame.height:
            return pair
    return ()


def _with_key(field: Field, key: tuple[str, ...]) -> Field:
    if field.name not in key:
        return field
    return Field(field.name, field.type, key=True, sensitivity=field.sensitivity)


def _is_id(name: str) -> bool:
    return _ID.search(name) is not None


def _about(moments: list[str], *, keyed: bool) -> tuple[str, ...]:
    asked = ["description: what is one row?", "source, jurisdiction: where do rows come from, and whose law applies?"]
    asked.append("retention, frequency: how long are rows kept, and how often do they come? (slaProperties)")
    asked.append("expectedVolumes: how many rows does a day bring, in total and per slice? (customProperties)")
    if moments:
        asked.append(f"event_time of the dataset's declaration: {' or '.join(moments)}?")
    if not keyed:
        asked.append("key: nothing differs in every one of these rows; which fields together do? (primaryKey: true)")
    return tuple(asked)
