"""What one column holds, in numbers that a person can read at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import polars as pl

Kind = Literal["amount", "code", "moment", "other"]
_BINS = 24
_TOP = 12
# Beyond these quantiles a histogram has one bin at each end, so that one wild value does not squeeze the others.
_LOW, _HIGH = 0.005, 0.995


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows with lower <= value < upper; None is an open end. The last bin holds its upper edge too."""

    lower: float | None
    upper: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of some rows.

    Args:
        name: Column.
        type: Its type in the lake.
        kind: "amount" is measured and has bins; "code" names things and has its commonest values; "moment" is a time.
        rows: Rows looked at.
        nulls: Rows without a value.
        distinct: Different values, nulls not counted.
        minimum, maximum: Smallest and largest value; NaN is none. None without any value.
        mean: Mean of an amount over its finite values, in its unit; None for other kinds.
        bins: Histogram of an amount, in order; empty for other kinds and without values.
        top: The commonest values of a code as text, with their rows, most first; values as common stand by name.
    """

    name: str
    type: str
    kind: Kind
    rows: int
    nulls: int
    distinct: int
    minimum: float | str | datetime | date | None
    maximum: float | str | datetime | date | None
    mean: float | None
    bins: tuple[Bin, ...] = ()
    top: tuple[tuple[str, int], ...] = ()

    @property
    def null_fraction(self) -> float:
        """Share of rows without a value; 0 without rows."""
        return self.nulls / self.rows if self.rows else 0.0


def profile_columns(rows: pl.LazyFrame, *, amounts: Sequence[str] = ()) -> tuple[ColumnProfile, ...]:
    """Profiles of all columns, in their order.

    Args:
        rows: What is looked at; read as a stream, twice for columns with a histogram.
        amounts: Whole-number columns that measure something. Others are taken for codes; fractions always measure.
    """
    schema = rows.collect_schema()
    kinds: dict[str, Kind] = {name: _kind(dtype, is_amount=name in amounts) for name, dtype in schema.items()}
    if not kinds:
        return ()
    asked = [each for name, kind in kinds.items() for each in _facts(name, kind)]
    facts = rows.select(pl.len().alias("rows"), *asked).collect(engine="streaming").row(0, named=True)
    histograms = _histograms(rows, facts, [name for name, kind in kinds.items() if kind == "amount"])
    tops = {name: _top(rows, name) for name, kind in kinds.items() if kind == "code"}
    return tuple(
        ColumnProfile(
            name=name,
            type=str(dtype),
            kind=kinds[name],
            rows=facts["rows"],
            nulls=facts[f"nulls {name}"],
            distinct=facts.get(f"distinct {name}", 0),
            minimum=facts.get(f"minimum {name}"),
            maximum=facts.get(f"maximum {name}"),
            mean=facts.get(f"mean {name}"),
            bins=histograms.get(name, ()),
            top=tops.get(name, ()),
        )
        for name, dtype in schema.items()
    )


def _kind(dtype: pl.DataType, *, is_amount: bool) -> Kind:
    if dtype.is_float() or (dtype.is_numeric() and is_amount):
        return "amount"
    if dtype.is_temporal():
        return "moment"
    return "code" if dtype.is_integer() or isinstance(dtype, pl.String | pl.Boolean) else "other"


def _facts(name: str, kind: Kind) -> list[pl.Expr]:
    value = pl.col(name)
    facts = [value.null_count().alias(f"nulls {name}")]
    if kind == "other":
        return facts
    finite = pl.when(value.is_finite()).then(value) if kind == "amount" else value
    facts += [finite.drop_nulls().n_unique().alias(f"distinct {name}")]
    facts += [finite.min().alias(f"minimum {name}"), finite.max().alias(f"maximum {name}")]
    if kind == "amount":
        facts.append(finite.mean().alias(f"mean {name}"))
        facts.append(finite.quantile(_LOW, "nearest").alias(f"low {name}"))
        facts.append(finite.quantile(_HIGH, "nearest").alias(f"high {name}"))
    return facts


def _histograms(rows: pl.LazyFrame, facts: dict[str, Any], names: Sequence[str]) -> dict[str, tuple[Bin, ...]]:
    edges = {name: _edges(facts, name) for name in names if facts[f"minimum {name}"] is not None}
    counted = pl.collect_all([_counted(rows, name, inner) for name, inner in edges.items()], engine="streaming")
    found = zip(edges.items(), counted, strict=True)
    return {
        name: _bins(inner, {int(at): int(number) for at, number in each.iter_rows()}) for (name, inner), each in found
    }


def _counted(rows: pl.LazyFrame, name: str, inner: Sequence[float]) -> pl.LazyFrame:
    # The place of a value among the edges is the number of its bin: as many edges are at or below it.
    value = pl.col(name).filter(pl.col(name).is_finite()).cast(pl.Float64)
    place = pl.lit(pl.Series(inner, dtype=pl.Float64)).search_sorted(value, side="right")
    return rows.select(place.alias("bin")).group_by("bin").agg(pl.len())


def _edges(facts: dict[str, Any], name: str) -> list[float]:
    """Inner edges of the bins; below the first and from the last on the ends are open."""
    low, high = float(facts[f"low {name}"]), float(facts[f"high {name}"])
    if high <= low:
        return [low]
    whole = facts[f"distinct {name}"] <= _BINS and all(
        float(facts[f"{end} {name}"]).is_integer() for end in ("minimum", "maximum")
    )
    if whole and high - low < _BINS:
        return [low + step for step in range(round(high - low) + 2)]
    return [low + (high - low) * step / _BINS for step in range(_BINS + 1)]


def _bins(inner: Sequence[float], counts: dict[int, int]) -> tuple[Bin, ...]:
    ends: list[float | None] = [None, *inner, None]
    bins = [Bin(ends[at], ends[at + 1], counts.get(at, 0)) for at in range(len(inner) + 1)]
    # Open ends are shown only where something is beyond them.
    return tuple(bin for bin in bins if bin.rows or (bin.lower is not None and bin.upper is not None))


def _top(rows: pl.LazyFrame, name: str) -> tuple[tuple[str, int], ...]:
    counted = rows.select(pl.col(name).cast(pl.String)).drop_nulls().group_by(name).agg(pl.len().alias("rows"))
    ordered = counted.sort(["rows", name], descending=[True, False]).head(_TOP).collect(engine="streaming")
    return tuple((str(value), int(number)) for value, number in ordered.iter_rows())
