"""The edges that values are counted on: learned once, then the same for every window, slice and machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from steek.measures.sketching import learn_edges
from steek.monitoring.profiles.spec import ColumnKind
from steek.monitoring.profiles.table import CELLS

# Edges of fewer values would be those of chance.
LEAST_VALUES = 100
# Enough to place sixteen cells; more would not move them.
_MOST_VALUES = 200_000


@dataclass(frozen=True, slots=True)
class ColumnEdges:
    """Edges of one column.

    Args:
        version: From 1; counts on edges of the same version add up.
        kind: "number" or "category".
        numbers: Edges of numbers, in order.
        categories: Values that have a cell of their own, from cell 1 on; cell 0 is for all others.
    """

    version: int
    kind: Literal["number", "category"]
    numbers: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values. Numbers are written in hexadecimal, which loses no digit."""
        return {"kind": self.kind, "numbers": [one.hex() for one in self.numbers], "categories": list(self.categories)}

    @classmethod
    def from_json(cls, version: int, plain: Mapping[str, Any]) -> "ColumnEdges":
        """What `to_json` wrote."""
        numbers = tuple(float.fromhex(one) for one in plain["numbers"])
        return cls(version, plain["kind"], numbers, tuple(plain["categories"]))

    def labels(self) -> list[str]:
        """What each cell holds, in words."""
        if self.kind == "category":
            return ["(other)", *self.categories]
        if not self.numbers:
            return []
        inner = [f"{low:.6g} to {high:.6g}" for low, high in zip(self.numbers[:-1], self.numbers[1:], strict=True)]
        return [f"below {self.numbers[0]:.6g}", *inner, f"above {self.numbers[-1]:.6g}"]


Edges = Mapping[str, ColumnEdges]


def learn(values: pl.Series, kind: ColumnKind, version: int) -> ColumnEdges | None:
    """Edges on which these values are spread evenly; None for too few of them, and for kinds without cells."""
    if kind == "number":
        present = values.cast(pl.Float64, strict=False).drop_nulls()
        finite = present.filter(present.is_finite())
        if len(finite) < LEAST_VALUES:
            return None
        every = max(len(finite) // _MOST_VALUES, 1)
        return ColumnEdges(version, "number", numbers=learn_edges(finite.gather_every(every).to_numpy(), CELLS))
    if kind != "category" or len(values) - values.null_count() < LEAST_VALUES:
        return None
    counted = values.drop_nulls().cast(pl.String).alias("value").value_counts(name="rows")
    ordered = counted.sort(["rows", "value"], descending=[True, False])
    return ColumnEdges(version, "category", categories=tuple(ordered["value"].head(CELLS - 1)))
