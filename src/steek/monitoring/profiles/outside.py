"""What was computed elsewhere: DataSketches of Spark, for example, with the counts beside them."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import polars as pl

from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.measures.sketching import merge_distinct, merge_quantiles, sketch_quantiles
from steek.monitoring.profiles.spec import ProfileSpec
from steek.monitoring.profiles.table import SCHEMA, WHOLE

_LIKE = 'Write [{"column": "price", "rows": 100, "nulls": 0, "distinct": "base64", "quantiles": "base64"}].'
_NUMBERS = ("mean", "m2", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class OutsideSketch:
    """One column of a part that was computed elsewhere.

    Args:
        column: Its name.
        rows: Rows of the part, the same for all its columns.
        nulls: Rows without a value.
        non_finite: Rows with NaN or infinity.
        kind: "number" or "category".
        distinct: HLL sketch as `hll_sketch_agg` of Spark writes it; None for none.
        quantiles: KLL sketch of doubles as `kll_sketch_agg_double` of Spark writes it; None for none.
        mean, m2, minimum, maximum: Of the finite values, m2 is the sum of squared distances from the mean; None for
            unknown.
    """

    column: str
    rows: int
    nulls: int = 0
    non_finite: int = 0
    kind: str = "number"
    distinct: bytes | None = None
    quantiles: bytes | None = None
    mean: float | None = None
    m2: float | None = None
    minimum: float | None = None
    maximum: float | None = None


def parse_sketches(plain: object) -> list[OutsideSketch]:
    """What a file or a request holds: a list of columns, sketches in base64.

    Raises:
        InputError: it is no such list; names the column.
    """
    if not isinstance(plain, list):
        message = "sketches come as a list of columns"
        raise InputError(message, next_step=_LIKE)
    return [_parsed(one) for one in cast("list[object]", plain)]


def _parsed(plain: object) -> OutsideSketch:
    if not isinstance(plain, dict):
        message = "each column is an object with its name and rows"
        raise InputError(message, next_step=_LIKE)
    given = cast("dict[str, Any]", plain)
    column = str(given.get("column", ""))
    known = {field.name for field in fields(OutsideSketch)}
    if not column or set(given) - known or not isinstance(given.get("rows"), int):
        allowed = ", ".join(sorted(known))
        message = f"column {column!r} has {', '.join(sorted(given))}; needed: column, rows; allowed: {allowed}"
        raise InputError(message, next_step=_LIKE)
    try:
        read: dict[str, Any] = {
            name: b64decode(given[name], validate=True) for name in ("distinct", "quantiles") if given.get(name)
        }
        read |= {name: int(given[name]) for name in ("rows", "nulls", "non_finite") if name in given}
        read |= {name: float(given[name]) for name in _NUMBERS if given.get(name) is not None}
    except (ValueError, TypeError) as cause:
        message = f"column {column!r} has something that is no number, or a sketch that is no base64"
        raise InputError(message, next_step=_LIKE) from cause
    return OutsideSketch(column, kind=str(given.get("kind", "number")), **read)


def outside_rows(spec: ProfileSpec, window: Window, sketches: Sequence[OutsideSketch]) -> pl.DataFrame:
    """Rows of a profile table.

    Raises:
        InputError: nothing at all, a window that is not one of these profiles, a personal column, impossible counts,
            or bytes that are no sketch.
    """
    if not sketches:
        message = "no sketches were given"
        raise InputError(message, next_step="Give at least one column with its rows.")
    expected = spec.window_of(window.start_at)
    if window != expected:
        message = f"{window.start_at} to {window.end_at} is no window of {spec.what}"
        raise InputError(message, next_step=f"The nearest is {expected.start_at} to {expected.end_at}.")
    found = [_row(spec, window, sketch) for sketch in sketches]
    frame = pl.DataFrame(found, schema=SCHEMA)
    return frame.with_columns(pl.lit(None, pl.Int64).alias("source_version"), pl.lit(value=False).alias("replaces"))


def _row(spec: ProfileSpec, window: Window, sketch: OutsideSketch) -> dict[str, Any]:
    count = sketch.rows - sketch.nulls - sketch.non_finite
    if min(sketch.rows, sketch.nulls, sketch.non_finite, count) < 0:
        message = (
            f"column {sketch.column!r} has {sketch.rows} rows, {sketch.nulls} nulls, {sketch.non_finite} not finite"
        )
        raise InputError(message, next_step="Nulls and non-finite values are among the rows.")
    if sketch.kind not in ("number", "category"):
        message = f"column {sketch.column!r} is of the kind {sketch.kind!r}; allowed: number, category"
        raise InputError(message)
    is_bare = sketch.column in spec.bare
    if is_bare and (sketch.distinct or sketch.quantiles or sketch.minimum is not None or sketch.mean is not None):
        message = f"column {sketch.column!r} is personal: only its rows and nulls are kept"
        raise InputError(message, next_step="Leave its sketches, mean and extremes out.")
    quantiles = _checked(sketch, "quantiles", sketch.quantiles)
    low, high = sketch.minimum, sketch.maximum
    if quantiles is not None and low is None and high is None:
        ends = sketch_quantiles(quantiles, (0.0, 1.0))
        low, high = ends or (None, None)
    complete = sketch.mean is not None and sketch.m2 is not None
    return {
        "window_start": window.start_at,
        "window_end": window.end_at,
        "slice": WHOLE,
        "column": sketch.column,
        "kind": "bare" if is_bare else sketch.kind,
        "rows": sketch.rows,
        "nulls": sketch.nulls,
        "non_finite": sketch.non_finite,
        "count": count,
        "mean": sketch.mean if complete else None,
        "m2": sketch.m2 if complete else None,
        "minimum": low,
        "maximum": high,
        "distinct": _checked(sketch, "distinct", sketch.distinct),
        "quantiles": quantiles,
    }


def _checked(sketch: OutsideSketch, name: str, given: bytes | None) -> bytes | None:
    """The sketch as the library here writes it, which shows that it can be read."""
    if given is None:
        return None
    try:
        return merge_distinct([given]) if name == "distinct" else merge_quantiles([given])
    except (ValueError, IndexError, RuntimeError, MemoryError) as cause:
        message = f"the {name} sketch of column {sketch.column!r} cannot be read: {len(given)} bytes"
        step = "Give what hll_sketch_agg (distinct) or kll_sketch_agg_double (quantiles) of Spark wrote."
        raise InputError(message, next_step=step) from cause
