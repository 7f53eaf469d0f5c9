"""A contract compiled into one pass over a batch: rows that obey it, and rows that do not, with the reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.validation.converting import Converted, converted
from steek.data.validation.keys import SeenKeys
from steek.data.validation.rules import Rule, fits_of, rules_of
from steek.kernel.errors import ContractViolationError, describe_unknown

_BAD = "_bad"
_REPEATED = "_repeated"
_MOST_NAMES, _LONGEST_NAME = 20, 100


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


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A contract as expressions over the columns of a batch; holds no rows, so batches and threads share it."""

    names: list[str]
    keys: list[str]
    missing_columns: tuple[str, ...]
    columns: list[pl.Expr]
    bad: pl.Expr
    rules: list[Rule]


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
        self._compiled = _compile(contract, tuple(schema.items()), textual=textual)
        self.missing_columns = self._compiled.missing_columns
        self._seen = SeenKeys()
        self._rows = 0

    def validate(self, chunk: pl.DataFrame, *, came: pl.DataFrame | None = None) -> Validated:
        """Split one chunk.

        Args:
            chunk: Rows with the columns and types that the validator was made for.
            came: The same rows, in the same order, as they were before anything was done to them: what the
                quarantine keeps. None: `chunk` itself.
        """
        compiled, first = self._compiled, self._rows
        self._rows += chunk.height
        judged = _read(chunk, compiled.columns)
        # One column of bits is made, and not a frame beside the chunk: a clean chunk is handed on as it came.
        bad = judged.lazy().select(compiled.bad).collect().to_series()
        if bad.len() != judged.height:
            # No rule looks at a column.
            bad = bad.new_from_index(0, judged.height)
        repeated = self._find_repeats(judged, bad) if compiled.keys else None
        if repeated is not None:
            bad = bad | repeated
        if not bad.any():
            return Validated(judged.select(compiled.names), _no_quarantine(), self.missing_columns, {})
        accepted = judged.select(compiled.names).filter(~bad)
        # Numbers of rows stay in the type of an index: any other is copied and checked once a column.
        places = bad.arg_true()
        # Only the few rows that failed are asked why: every reason is a question to one row alone.
        failed = judged[places]
        if compiled.keys:
            # Reasons ask for it even where no key is repeated.
            marks = pl.lit(value=False) if repeated is None else repeated[places]
            failed = failed.with_columns(marks.alias(_REPEATED))
        reason, counts = _explain(failed, compiled.rules)
        rows = (chunk if came is None else came)[places].select(pl.struct(pl.all()).struct.json_encode().alias("row"))
        told = rows.with_columns(reason, (places.cast(pl.Int64) + first).alias("position"))
        return Validated(accepted, told, self.missing_columns, counts)

    def _find_repeats(self, judged: pl.DataFrame, bad: pl.Series) -> pl.Series | None:
        """Where a row repeats the key of an earlier one; None when no row does."""
        # Only a row that is otherwise good may stand for its key; the first such row does.
        good = ~bad
        whole = bool(good.all())
        keys = judged.select(self._compiled.keys)
        repeated = self._seen.repeats(keys if whole else keys.filter(good))
        if not repeated.any():
            return None
        none = pl.repeat(value=False, n=judged.height, eager=True)
        return repeated if whole else none.scatter(good.arg_true(), repeated)


# Feeds send small batches of the same columns all day, and to compile takes longer than to judge a thousand rows.
@lru_cache(maxsize=256)
def _compile(contract: Contract, schema: tuple[tuple[str, Any], ...], *, textual: bool) -> _Compiled:
    types = dict(schema)
    missing = _compare_columns(contract, list(types))
    columns = [converted(field, types.get(field.name), textual=textual) for field in contract.fields]
    marked = {column.name for column in columns if column.unreadable is not None}
    rules = [rule for field in contract.fields for rule in rules_of(field, marked=field.name in marked)]
    fits = [fit for field in contract.fields if (fit := fits_of(field, marked=field.name in marked)) is not None]
    # Kleene logic: one no decides whatever is unknown beside it; what stays unknown is a value that is missing.
    bad = ~pl.all_horizontal(fits).fill_null(value=False) if fits else pl.lit(value=False)
    keys = [field.name for field in contract.fields if field.key]
    return _Compiled(contract.names, keys, missing, _expressions(columns), bad.alias(_BAD), rules + _key_rule(keys))


def _expressions(columns: list[Converted]) -> list[pl.Expr]:
    marks = [column.unreadable.alias(_mark(column.name)) for column in columns if column.unreadable is not None]
    return [*(column.value.alias(column.name) for column in columns if not column.unchanged), *marks]


def _read(raw: pl.DataFrame, columns: list[pl.Expr]) -> pl.DataFrame:
    if not columns:
        return raw
    read = raw.lazy().with_columns(columns)
    # A batch may lack every column that decides its height: literals alone would give one row.
    return (read if raw.height else read.head(0)).collect()


def _compare_columns(contract: Contract, given: list[str]) -> tuple[str, ...]:
    unknown = [name for name in given if contract.field(name) is None]
    if unknown:
        if len(unknown) == len(given):
            # Values of the first row may stand there, and nobody's values are told.
            message = f"none of the {len(given)} columns of the batch is a field of {contract.dataset!r}"
            step = f"Is the row with their names missing? Fields: {', '.join(contract.names)}."
            raise ContractViolationError(message, next_step=step, details={"unknown_columns": len(unknown)})
        told, more = [name[:_LONGEST_NAME] for name in unknown[:_MOST_NAMES]], len(unknown) - _MOST_NAMES
        hints = [describe_unknown("field", name, contract.names)[1] for name in told]
        listed = ", ".join(told) + (f" and {more} more" if more > 0 else "")
        message = f"the batch has columns that the contract of {contract.dataset!r} does not know: {listed}"
        asked = " ".join(dict.fromkeys(hint for hint in hints if hint))
        step = f"{asked} Fields: {', '.join(contract.names)}.".strip()
        raise ContractViolationError(message, next_step=step, details={"unknown_columns": told})
    absent = [field for field in contract.fields if field.name not in given]
    required = [field.name for field in absent if not field.nullable]
    if required:
        message = f"the batch lacks required columns of {contract.dataset!r}: {', '.join(required)}"
        step = f"It has: {', '.join(given[:_MOST_NAMES]) or 'no columns'}."
        raise ContractViolationError(message, next_step=step, details={"missing_columns": required})
    return tuple(field.name for field in absent)


def _mark(name: str) -> str:
    return f"_unreadable {name}"


def _key_rule(keys: list[str]) -> list[Rule]:
    return [Rule(f"{', '.join(keys)}: repeats the key of an earlier row", pl.col(_REPEATED))] if keys else []


def _explain(failed: pl.DataFrame, rules: list[Rule]) -> tuple[pl.Series, dict[str, int]]:
    """Why each row failed, and how many rows each reason hit, the most frequent first."""
    broken = failed.select(rule.bad.fill_null(value=False).alias(str(at)) for at, rule in enumerate(rules))
    hits = [(name, rule, int(broken[name].sum())) for name, rule in zip(broken.columns, rules, strict=True)]
    told = [(pl.when(pl.col(name)).then(pl.lit(rule.reason)), rule.reason, rows) for name, rule, rows in hits if rows]
    reason = broken.select(pl.concat_str([text for text, _, _ in told], separator="; ", ignore_nulls=True))
    counts = Counter({reason: rows for _, reason, rows in told})
    return reason.to_series().alias("reason"), dict(counts.most_common())


def _no_quarantine() -> pl.DataFrame:
    return pl.DataFrame(schema={"row": pl.String, "reason": pl.String, "position": pl.Int64})
