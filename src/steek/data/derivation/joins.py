"""The join that counts, as derived datasets are given it, and conversions that keep their factors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

import polars as pl

from steek.data.derivation.join_reports import Measured
from steek.data.derivation.matching import JoinPlan, match
from steek.kernel.errors import DeclarationError


class _Columns(NamedTuple):
    value: str
    factor: str
    factor_source: str
    factor_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One column of numbers in another unit or currency.

    Args:
        field: Column that is converted; it stays as it is.
        to: What it becomes, e.g. "usd"; the new column is `<field>_<to>`.
        factor: Column of the table of rates with the factor.
        source: Where the factors come from, e.g. "dataset:rates@17"; kept beside every value.
    """

    field: str
    to: str
    factor: str
    source: str

    @property
    def columns(self) -> _Columns:
        """Names of the columns that it writes."""
        begin = f"{self.field}_factor"
        return _Columns(f"{self.field}_{self.to}", begin, f"{begin}_source", f"{begin}_at")


class CountingJoin:
    """The `join` that a derived dataset's function is given; it remembers what it counted in `measured`."""

    def __init__(self) -> None:
        self.measured: list[Measured] = []

    @property
    def found_nothing(self) -> bool:
        """Some join so far had rows on its left, or in a slice that must match, and none found a partner."""
        return any(each.found_nothing for each in self.measured)

    def __call__(
        self,
        left: pl.LazyFrame,
        right: pl.LazyFrame,
        *,
        on: str | Sequence[str],
        name: str,
        how: str = "inner",
        at: str | None = None,
        right_at: str | None = None,
        tolerance: str | timedelta | None = None,
        slice_by: str | None = None,
        refuse_empty_slices: Sequence[object] = (),
    ) -> pl.LazyFrame:
        """Join two frames, and count.

        Args:
            left: The rows that look for a partner. Up to 2,000,000 are held in memory, as are the partners found;
                more are streamed.
            right: Where they look. Several partners of one row give several rows, counted as one match.
            on: Columns that must be equal; null equals nothing.
            name: What the join is called in reports, once per derived dataset.
            how: "inner" drops rows without partner, "left" keeps them with nulls.
            at: Column of `left` that says when its row happened: each row then finds one partner, the last that held
                at that moment, never a later one.
            right_at: Column of `right` that says since when its row holds.
            tolerance: A partner that has held for longer, e.g. "30d", is too old.
            slice_by: Column of `left` whose values are counted separately too.
            refuse_empty_slices: Values of it, each of which must find some partner if it has rows.

        Raises:
            DeclarationError: another `how`, a name used twice, `at` without `right_at`, columns of other types.
        """
        plan = JoinPlan(
            name=name,
            on=on,
            how=how,
            at=at,
            right_at=right_at,
            tolerance=tolerance,
            slice_by=slice_by,
            refuse_empty_slices=refuse_empty_slices,
        )
        return self.run(left, right, plan)

    def run(self, left: pl.LazyFrame, right: pl.LazyFrame, plan: JoinPlan) -> pl.LazyFrame:
        """Join by a plan, and count."""
        if any(other.name == plan.name for other in self.measured):
            message = f"two joins are named {plan.name!r}; reports could not tell them apart"
            raise DeclarationError(message)
        found = match(left, right, plan)
        self.measured.append(Measured.of(plan, found))
        return found.rows

    def convert(self, left: pl.LazyFrame, rates: pl.LazyFrame, conversion: Conversion, plan: JoinPlan) -> pl.LazyFrame:
        """Multiply a column by a factor from a table, e.g. of exchange rates, and keep the factor beside it.

        Args:
            left: Rows with the value.
            rates: Rows with the factor; those without one do not count.
            conversion: Which column becomes what.
            plan: How a row finds its factor; `at` and `right_at` convert a value by the rate of its own day.

        Returns:
            All rows of `left` in their order with the columns `<field>_<to>`, `<field>_factor`,
            `<field>_factor_source` and, by point in time, `<field>_factor_at`, since when the factor held. All of
            them are null where no factor was found.

        Raises:
            DeclarationError: as for a join, or several factors for one row.
        """
        named = conversion.columns
        columns = [pl.col(conversion.factor).cast(pl.Float64).alias(named.factor)]
        if plan.right_at is not None:
            columns.append(pl.col(plan.right_at).alias(named.factor_at))
        known = rates.select(*plan.keys, *columns).drop_nulls(named.factor)
        right_at = None if plan.right_at is None else named.factor_at
        joined = self.run(left, known, replace(plan, how="left", right_at=right_at))
        several = self.measured[-1].several_rows
        if several:
            message = f"conversion {plan.name!r} found several factors for each of {several} rows"
            raise DeclarationError(message, next_step="Give a table with one factor per key and moment.")
        factor = pl.col(named.factor)
        source = pl.when(factor.is_not_null()).then(pl.lit(conversion.source))
        return joined.with_columns(
            (pl.col(conversion.field) * factor).alias(named.value), source.alias(named.factor_source)
        )
