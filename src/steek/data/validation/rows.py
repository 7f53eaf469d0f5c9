"""A contract compiled into one pass over a batch: rows that obey it, and rows that do not, with the reason."""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from steek.data.contracts.contract import Contract, Field
from steek.data.validation.converting import converted
from steek.kernel.errors import ContractViolationError, describe_unknown

_BAD = "_bad"
_LISTED = 8


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


@dataclass(frozen=True, slots=True)
class _Check:
    reason: str
    bad: pl.Expr


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
    missing = _compare_columns(contract, raw)
    columns = [converted(field, raw.schema.get(field.name), textual=textual) for field in contract.fields]
    unreadable = {column.name: column.unreadable for column in columns if column.unreadable is not None}
    marks = [mark.alias(_mark(name)) for name, mark in unreadable.items()]
    checks = [check for field in contract.fields for check in _checks(field, marked=field.name in unreadable)]
    checks += _key_check(contract, checks)
    bad = pl.any_horizontal([check.bad.fill_null(value=False) for check in checks]) if checks else pl.lit(value=False)
    values = [column.value.alias(column.name) for column in columns]
    judged = _select(raw, [*values, *marks]).with_columns(bad.alias(_BAD)).collect()
    accepted = judged.filter(~pl.col(_BAD)).select(contract.names)
    if accepted.height == raw.height:
        return Validated(accepted, _no_quarantine(), missing, {})
    return Validated(accepted, _explain(raw, judged, checks), missing, _count(judged, checks))


def _select(raw: pl.DataFrame, columns: list[pl.Expr]) -> pl.LazyFrame:
    # A batch may lack every column that decides its height: literals alone would give one row.
    return raw.lazy().with_columns(columns) if raw.height else raw.lazy().with_columns(columns).head(0)


def _compare_columns(contract: Contract, raw: pl.DataFrame) -> tuple[str, ...]:
    unknown = [name for name in raw.columns if contract.field(name) is None]
    if unknown:
        hints = [describe_unknown("field", name, contract.names)[1] for name in unknown]
        message = f"the batch has columns that the contract of {contract.dataset!r} does not know: {', '.join(unknown)}"
        asked = " ".join(dict.fromkeys(hint for hint in hints if hint))
        step = f"{asked} Fields: {', '.join(contract.names)}.".strip()
        raise ContractViolationError(message, next_step=step, details={"unknown_columns": unknown})
    absent = [field for field in contract.fields if field.name not in raw.columns]
    required = [field.name for field in absent if not field.nullable]
    if required:
        message = f"the batch lacks required columns of {contract.dataset!r}: {', '.join(required)}"
        step = f"It has: {', '.join(raw.columns) or 'no columns'}."
        raise ContractViolationError(message, next_step=step, details={"missing_columns": required})
    return tuple(field.name for field in absent)


def _mark(name: str) -> str:
    return f"_unreadable {name}"


def _checks(field: Field, *, marked: bool) -> list[_Check]:
    value = pl.col(field.name)
    found: list[_Check] = []
    absent = value.is_null()
    if marked:
        found.append(_Check(f"{field.name}: cannot be read as {field.type}", pl.col(_mark(field.name))))
        absent = absent & ~pl.col(_mark(field.name))
    if not field.nullable:
        found.append(_Check(f"{field.name}: missing", absent))
    if field.type == "number":
        found.append(_Check(f"{field.name}: not a finite number", ~value.is_finite()))
    if field.minimum is not None:
        found.append(_Check(f"{field.name}: below {field.minimum:g}", value < field.minimum))
    if field.maximum is not None:
        found.append(_Check(f"{field.name}: above {field.maximum:g}", value > field.maximum))
    if field.categories:
        listed = ", ".join(str(item) for item in field.categories[:_LISTED])
        more = f" and {len(field.categories) - _LISTED} more" if len(field.categories) > _LISTED else ""
        found.append(_Check(f"{field.name}: not one of {listed}{more}", ~value.is_in(list(field.categories))))
    return found


def _key_check(contract: Contract, checks: list[_Check]) -> list[_Check]:
    keys = [field.name for field in contract.fields if field.key]
    if not keys:
        return []
    # Only a row that is otherwise good may stand for its key; the first such row does.
    good = ~pl.any_horizontal([check.bad.fill_null(value=False) for check in checks])
    repeated = good & ~pl.struct(*keys, good.alias("_good")).is_first_distinct()
    return [_Check(f"{', '.join(keys)}: repeats the key of an earlier row", repeated)]


def _explain(raw: pl.DataFrame, judged: pl.DataFrame, checks: list[_Check]) -> pl.DataFrame:
    reasons = [pl.when(check.bad.fill_null(value=False)).then(pl.lit(check.reason)) for check in checks]
    reason = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    # The key check looks at all rows, so reasons are computed before the bad rows are cut out.
    told = judged.lazy().select(reason.alias("reason"), pl.col(_BAD)).with_row_index("position")
    row = raw.lazy().select(pl.struct(pl.all()).struct.json_encode().alias("row"))
    bad = pl.concat([row, told], how="horizontal").filter(_BAD)
    return bad.select("row", "reason", pl.col("position").cast(pl.Int64)).collect()


def _count(judged: pl.DataFrame, checks: list[_Check]) -> dict[str, int]:
    hits = judged.select(check.bad.fill_null(value=False).sum().alias(str(at)) for at, check in enumerate(checks))
    counts = Counter({check.reason: int(hits.item(0, at)) for at, check in enumerate(checks)})
    return {reason: count for reason, count in counts.most_common() if count}


def _no_quarantine() -> pl.DataFrame:
    return pl.DataFrame(schema={"row": pl.String, "reason": pl.String, "position": pl.Int64})
