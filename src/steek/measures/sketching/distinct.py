"""How many different values: HyperLogLog sketches of Apache DataSketches, byte for byte as Spark and Java write them.

A sketch keeps, for each of 4,096 slots of the hashes, the longest run of zeros seen. Only a value that sets such a
record changes it, so the hashes of all values are taken here, many at once, and the library is shown the few values
that hold the records: its sketch is then the one it would have made of all of them. The hash is the library's:
MurmurHash3 x64 128 (Appleby) with the seed 9001. Source: Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog" (2007).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_LG_K = 12
_SLOTS = 1 << _LG_K
_SLOT_MASK = np.uint64(_SLOTS - 1)
_BLOCK = 16384
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_C1, _C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)
_F1, _F2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
# Seed and length of eight bytes, which the hash mixes in at the end.
_SEEDED = np.uint64(9001 ^ 8)
# With fewer slots in use there are so few different values that the library is shown each of them.
_FEW_SLOTS = 2600
# In the layout of the library: the byte of flags, and the flag that values did not come in the order of a stream, so
# that the estimate must be taken from the slots and not from the order in which records were set.
_FLAGS_AT, _OUT_OF_ORDER, _MODE_AT, _MODE_HLL = 5, 16, 7, 2
_DEVIATIONS = 2

Numbers = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DistinctCount:
    """Different values, with bounds that hold in about 95 of 100 cases (two standard deviations)."""

    value: float
    lower: float
    upper: float


def distinct_of_numbers(values: Numbers) -> bytes:
    """Sketch of finite numbers: 64-bit floats are hashed as floats, 64-bit integers as integers, as Spark does.

    >>> round(distinct_count(distinct_of_numbers(np.arange(100))).value)
    100
    """
    if values.dtype == np.float64:
        # Adding zero turns -0.0 into 0.0, which the library counts as the same value.
        values = np.add(values, 0.0, dtype=np.float64)
    records, holders = np.full(_SLOTS, _NONE), np.zeros(_SLOTS, values.dtype)
    for at in range(0, len(values), _BLOCK):
        block = values[at : at + _BLOCK]
        low, high = _hashes(block.view(np.uint64))
        slots = (low & _SLOT_MASK).view(np.int64)
        better = np.flatnonzero(high < records[slots])
        if len(better):
            places, found = slots[better], high[better]
            np.minimum.at(records, places, found)
            holding = found == records[places]
            holders[places[holding]] = block[better[holding]]
    used = np.flatnonzero(records != _NONE)
    if len(used) < _FEW_SLOTS:
        return _sketch_of(pl.Series(values).unique().to_list(), in_order=True)
    return _sketch_of(holders[used].tolist(), in_order=False)


def distinct_of_texts(values: Iterable[str]) -> bytes:
    """Sketch of texts, each given once; time grows with their number."""
    return _sketch_of(values, in_order=True)


def merge_distinct(parts: Sequence[bytes]) -> bytes:
    """The sketch of all values that went into any of the parts; the same as of their union.

    Raises:
        ValueError, IndexError, RuntimeError: bytes that are no such sketch.
    """
    library = _library()
    union = library.hll_union(_LG_K)
    for part in parts:
        union.update(library.hll_sketch.deserialize(part))
    return bytes(union.get_result(library.tgt_hll_type.HLL_8).serialize_compact())


def distinct_count(sketch: bytes) -> DistinctCount:
    """What a sketch says."""
    found = _library().hll_sketch.deserialize(sketch)
    return DistinctCount(found.get_estimate(), found.get_lower_bound(_DEVIATIONS), found.get_upper_bound(_DEVIATIONS))


def _sketch_of(values: Iterable[Any], *, in_order: bool) -> bytes:
    library = _library()
    sketch = library.hll_sketch(_LG_K, library.tgt_hll_type.HLL_8)
    for value in values:
        sketch.update(value)
    written = bytearray(sketch.serialize_compact())
    if not in_order and written[_MODE_AT] & 3 == _MODE_HLL:
        written[_FLAGS_AT] |= _OUT_OF_ORDER
    return bytes(written)


def _hashes(words: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Both halves of the hash of each eight-byte word."""
    low, room = words * _C1, np.empty_like(words)
    np.left_shift(low, np.uint64(31), out=room)
    np.right_shift(low, np.uint64(33), out=low)
    np.bitwise_or(low, room, out=low)
    np.multiply(low, _C2, out=low)
    np.bitwise_xor(low, _SEEDED, out=low)
    np.add(low, _SEEDED, out=low)
    high = low + _SEEDED
    for half in (low, high):
        _mix(half, room)
    np.add(low, high, out=low)
    np.add(high, low, out=high)
    return low, high


def _mix(half: NDArray[np.uint64], room: NDArray[np.uint64]) -> None:
    for factor in (_F1, _F2, None):
        np.right_shift(half, np.uint64(33), out=room)
        np.bitwise_xor(half, room, out=half)
        if factor is not None:
            np.multiply(half, factor, out=half)


def _library() -> Any:
    # Late, because it takes longer to load than all of this room.
    return import_module("datasketches")
