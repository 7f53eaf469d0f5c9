"""How far the size of a sample may be from what its rates imply, when rows are drawn in units, in bounded memory."""

import numpy as np
import polars as pl

from steek.data.sampling.sampling import Draw
from steek.measures.stable_hash import mix

_MOST_UNITS = 100_000


class DrawSpread:
    """Expected rows and variance of a draw, over the chunks of a batch.

    The variance needs the rows of each unit over all chunks. Beyond 100,000 units only those are counted whose hash
    lies in a stretch that is halved as often as needed, and the sum is scaled up: an unbiased estimate.
    """

    def __init__(self) -> None:
        self.expected_rows = 0.0
        self._halvings = 0
        self._units = pl.DataFrame(schema={"unit": pl.UInt64, "rate": pl.Float64, "rows": pl.Int64})

    def add(self, drawn: Draw) -> None:
        """Count in the rows of one chunk."""
        self.expected_rows += float(drawn.rates.sum())
        # Not the hash that decides about the draw itself, which would keep units of the sample only.
        unit = mix(drawn.unit_hashes ^ np.uint64(0x5DEECE66D))
        seen = pl.DataFrame({"unit": unit, "rate": drawn.rates, "rows": np.ones(unit.size, dtype=np.int64)})
        grouped = pl.concat([self._units, self._within(seen)]).group_by("unit", "rate").agg(pl.col("rows").sum())
        while grouped.height > _MOST_UNITS:
            self._halvings += 1
            grouped = self._within(grouped)
        self._units = grouped

    @property
    def variance(self) -> float:
        """Of the number of rows drawn: per unit, over pairs of its rows, min(p, q) - p q."""
        by_rate = self._units.sort("unit", "rate")
        earlier = (pl.col("rows") * pl.col("rate")).cum_sum().over("unit") - pl.col("rows") * pl.col("rate")
        own = pl.col("rows") ** 2 * pl.col("rate") * (1 - pl.col("rate"))
        # Of two rates the smaller, which stands earlier, is the chance of both.
        pairs = 2 * pl.col("rows") * (1 - pl.col("rate")) * earlier
        return float(by_rate.select((own + pairs).sum()).item()) * 2.0**self._halvings

    def _within(self, units: pl.DataFrame) -> pl.DataFrame:
        return units.filter(pl.col("unit") < 2 ** (64 - self._halvings)) if self._halvings else units
