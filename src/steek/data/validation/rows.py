"""A contract compiled into one pass over a batch: rows that obey it, and rows that do not, with the reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.validation.converting import Converted, converted
from steek.data.validation.keys import SeenKeys
from steek.data.validation.rules import Rule, fits_of, rules_of
from steek.kernel.errors import ContractViolationError, describe_unknown

_BAD = "_bad"
_REPEATED = "_repeated"


@dataclass(frozen=True, slots=True)
class Validated:
    """A batch after validation; `accepted` and `quarantined` together have as many rows as the batch.

    Args:
        accepted: Rows that obey the contract, with its columns, order and types.
        quarantined: Columns row (the row as it came, as JSON), reason, position (its number in the batch, from 0).
        missing_columns: Nullable fields that the batch did not have at all.
        reasons: How many rows each single reason hit; a row may have several.
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    missing_columns: tuple[str, ...]
    reasons: dict[str, int]


def validate(contract: Contract, raw: pl.DataFrame, *, textual: bool) -> Validated:
    """Split a batch by its contract.

    Args:
        contract: What each row must obey.
        raw: The batch as it was parsed.
        textual: The batch came as text (CSV, JSON): text may stand for numbers, booleans, dates and moments.

    Raises:
        ContractViolationError: unknown columns, missing required columns, or a column of an impossible type.
            The whole batch is wrong then, and no row of it is looked at.
    """
    return Validator(contract, raw.schema, textual=textual).validate(raw)


class Validator:
    """A contract compiled for the columns of one batch, whose chunks are then validated one after the other.

    Remembers the keys of accepted rows (8 bytes a row), so that a key is unique across the chunks of the batch, and
    counts rows, so that positions are those in the batch. One object for one batch and one thread.

    Args:
        contract: What each row must obey.
        schema: Columns and types that every chunk has.
        textual: As for `validate`.

    Raises:
        ContractViolationError: as for `validate`.
    """

    def __init__(self, contract: Contract, schema: Mapping[str, Any], *, textual: bool) -> None:
        self.missing_columns = _compare_columns(contract, list(schema))
        columns = [converted(field, schema.get(field.name), textual=textual) for field in contract.fields]
        marked = {column.name for column in columns if column.unreadable is not None}
        rules = [rule for field in contract.fields for rule in rules_of(field, marked=field.name in marked)]
        self._names = contract.names
        self._given = list(schema)
        self._columns = _expressions(columns)
        fits = [fit for field in contract.fields if (fit := fits_of(field, marked=field.name in marked)) is not None]
        # Kleene logic: one no decides whatever is unknown beside it; what stays unknown is a value that is missing.
        self._bad = ~pl.all_horizontal(fits).fill_null(value=False) if fits else pl.lit(value=False)
        self._keys = [field.name for field in contract.fields if field.key]
        self._seen = SeenKeys()
        self._rules = rules + _key_rule(self._keys)
        self._rows = 0

    def validate(self, chunk: pl.DataFrame, *, came: pl.DataFrame | None = None) -> Validated:
        """Split one chunk.

        Args:
            chunk: Rows with the columns and types that the validator was made for.
            came: The same rows, in the same order, as they were before anything was done to them: what the
                quarantine keeps. None: `chunk` itself.
        """
        first, self._rows = self._rows, self._rows + chunk.height
        judged = _select(chunk, self._columns).with_columns(self._bad.alias(_BAD)).collect()
        if self._keys:
            judged = self._mark_repeats(judged)
        bad = judged[_BAD]
        if not bad.any():
            return Validated(judged.select(self._names), _no_quarantine(), self.missing_columns, {})
        accepted = judged.lazy().filter(~pl.col(_BAD)).select(self._names).collect()
        positions = bad.arg_true().cast(pl.Int64)
        # Only the few rows that failed are asked why: every reason is a question to one row alone.
        failed = judged[positions]
        told = _explain((came if came is not None else chunk)[positions], failed, self._rules, positions + first)
        return Validated(accepted, told, self.missing_columns, _count(failed, self._rules))

    def _mark_repeats(self, judged: pl.DataFrame) -> pl.DataFrame:
        # Only a row that is otherwise good may stand for its key; the first such row does.
        good = ~judged[_BAD]
        whole = bool(good.all())
        repeated = self._seen.repeats((judged if whole else judged.filter(good)).select(self._keys))
        if not repeated.any():
            return judged.with_columns(pl.lit(value=False).alias(_REPEATED))
        marks = (
            repeated
            if whole
            else pl.repeat(value=False, n=judged.height, eager=True).scatter(good.arg_true(), repeated)
        )
        return judged.with_columns(marks.alias(_REPEATED), (judged[_BAD] | marks).alias(_BAD))


def _expressions(columns: list[Converted]) -> list[pl.Expr]:
    marks = [column.unreadable.alias(_mark(column.name)) for column in columns if column.unreadable is not None]
    return [*(column.value.alias(column.name) for column in columns), *marks]


def _select(raw: pl.DataFrame, columns: list[pl.Expr]) -> pl.LazyFrame:
    # A batch may lack every column that decides its height: literals alone would give one row.
    return raw.lazy().with_columns(columns) if raw.height else raw.lazy().with_columns(columns).head(0)


def _compare_columns(contract: Contract, given: list[str]) -> tuple[str, ...]:
    unknown = [name for name in given if contract.field(name) is None]
    if unknown:
        hints = [describe_unknown("field", name, contract.names)[1] for name in unknown]
        message = f"the batch has columns that the contract of {contract.dataset!r} does not know: {', '.join(unknown)}"
        asked = " ".join(dict.fromkeys(hint for hint in hints if hint))
        step = f"{asked} Fields: {', '.join(contract.names)}.".strip()
        raise ContractViolationError(message, next_step=step, details={"unknown_columns": unknown})
    absent = [field for field in contract.fields if field.name not in given]
    required = [field.name for field in absent if not field.nullable]
    if required:
        message = f"the batch lacks required columns of {contract.dataset!r}: {', '.join(required)}"
        step = f"It has: {', '.join(given) or 'no columns'}."
        raise ContractViolationError(message, next_step=step, details={"missing_columns": required})
    return tuple(field.name for field in absent)


def _mark(name: str) -> str:
    return f"_unreadable {name}"


def _key_rule(keys: list[str]) -> list[Rule]:
    return [Rule(f"{', '.join(keys)}: repeats the key of an earlier row", pl.col(_REPEATED))] if keys else []


def _explain(came: pl.DataFrame, failed: pl.DataFrame, rules: list[Rule], positions: pl.Series) -> pl.DataFrame:
    reasons = [pl.when(rule.bad).then(pl.lit(rule.reason)) for rule in rules]
    reason = failed.select(pl.concat_str(reasons, separator="; ", ignore_nulls=True).alias("reason"))
    row = came.select(pl.struct(pl.all()).struct.json_encode().alias("row"))
    return pl.concat([row, reason], how="horizontal").with_columns(positions.alias("position"))


def _count(failed: pl.DataFrame, rules: list[Rule]) -> dict[str, int]:
    hits = failed.select(rule.bad.fill_null(value=False).sum().alias(str(at)) for at, rule in enumerate(rules))
    counts = Counter({rule.reason: int(hits.item(0, at)) for at, rule in enumerate(rules)})
    return {reason: count for reason, count in counts.most_common() if count}


def _no_quarantine() -> pl.DataFrame:
    return pl.DataFrame(schema={"row": pl.String, "reason": pl.String, "position": pl.Int64})
