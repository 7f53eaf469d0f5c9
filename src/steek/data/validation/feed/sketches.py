"""Which rows a batch holds, in a few kilobytes: enough to tell that they came before.

A fingerprint is the sum of the hashes of all rows: the same for the same rows in any order and in any file format,
and sums of chunks add up. The sketch keeps the smallest distinct hashes, which are a random sample of the distinct
rows that is the same sample for the same rows: the share of one batch that was in another is estimated from it.
Sources: Broder, "On the resemblance and containment of documents" (1997); Beyer, Haas, Reinwald, Sismanis and Gemulla,
"On synopses for distinct-value estimation under multiset operations" (2007).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
KEPT = 256
_WRAP = 1 << 64
# Hashes of another release of the library may be other hashes; they must never be compared.
SCHEME = f"polars {pl.__version__}"


@dataclass(frozen=True, slots=True)
class RowSketch:
    """Fingerprint and smallest distinct row hashes of some rows.

    Args:
        scheme: How rows were hashed; sketches of different schemes say nothing about each other.
        total: Sum of all row hashes, modulo 2**64.
        smallest: At most `KEPT` distinct hashes in rising order: all there are, or the smallest.
    """

    scheme: str
    total: int
    smallest: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the sketch holds every distinct row."""
        return len(self.smallest) < KEPT

    def to_json(self) -> dict[str, Any]:
        """As JSON values; hashes as hexadecimal text, because JSON readers lose digits of large numbers."""
        packed = np.array(self.smallest, dtype=">u8").tobytes().hex()
        return {"scheme": self.scheme, "total": f"{self.total:016x}", "smallest": packed}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RowSketch":
        """What `to_json` wrote."""
        hashes = np.frombuffer(bytes.fromhex(plain["smallest"]), dtype=">u8")
        return cls(plain["scheme"], int(plain["total"], 16), tuple(hashes.tolist()))


NO_SKETCH = RowSketch(SCHEME, 0, ())


def sketch_rows(rows: pl.DataFrame) -> RowSketch:
    """The sketch of a frame's rows; its columns must always be in the same order.

    >>> a, b = pl.DataFrame({"n": [1, 2]}), pl.DataFrame({"n": [2, 1]})
    >>> sketch_rows(a) == sketch_rows(b)
    True
    """
    if not rows.height or not rows.width:
        return NO_SKETCH
    hashes: Hashes = rows.hash_rows(seed=0).to_numpy()
    total = int(hashes.sum(dtype=np.uint64))
    return RowSketch(SCHEME, total, tuple(_smallest(hashes).tolist()))


def merge_sketches(a: RowSketch, b: RowSketch) -> RowSketch:
    """The sketch of the rows of both."""
    if not b.smallest:
        return a
    if not a.smallest:
        return b
    smallest = sorted({*a.smallest, *b.smallest})[:KEPT]
    return RowSketch(a.scheme, (a.total + b.total) % _WRAP, tuple(smallest))


def seen_fraction(batch: RowSketch, earlier: RowSketch) -> tuple[float, int] | None:
    """The share of the distinct rows of `batch` that `earlier` has, and the number of rows it was told from.

    None where nothing can be told: different schemes, no rows, or far more rows in `earlier`, whose sample then has
    hardly a place where it overlaps.
    """
    if batch.scheme != earlier.scheme or not batch.smallest or not earlier.smallest:
        return None
    # Below the largest hash that both kept, both know every row they have.
    known_to = min(_known_to(batch), _known_to(earlier))
    mine = [one for one in batch.smallest if one <= known_to]
    if not mine:
        return None
    return len(set(mine) & set(earlier.smallest)) / len(mine), len(mine)


def _known_to(sketch: RowSketch) -> int:
    return _WRAP if sketch.is_whole else sketch.smallest[-1]


def _smallest(hashes: Hashes) -> Hashes:
    few = 4 * KEPT
    if len(hashes) > few:
        # Rows may be repeated, so a few more than are kept; in the rare case that this is not enough, all.
        nearest = np.unique(np.partition(hashes, few)[:few])
        if len(nearest) >= KEPT:
            return nearest[:KEPT]
    return np.unique(hashes)[:KEPT]
