"""Whether bytes can be a KLL sketch of doubles: checked before the library reads them, which trusts the counts in them.

Source: the serialised form of Apache DataSketches (kll_sketch, serial versions 1 and 2).
"""

import struct
from itertools import pairwise

_SHORTEST, _BEFORE_LEVELS = 8, 20
_EMPTY, _SINGLE = 0b001, 0b100
_VALUE_BYTES = 8
_MOST_LEVELS = 61


def check_layout(sketch: bytes) -> None:
    """Refuse bytes that are shorter than they claim to be, or whose levels lie outside of them.

    Raises:
        ValueError: they are no whole sketch.
    """
    if len(sketch) < _SHORTEST:
        raise ValueError(f"{len(sketch)} bytes are no sketch of quantiles")
    flags = sketch[3]
    if flags & _EMPTY:
        return
    needed = _SHORTEST + _VALUE_BYTES if flags & _SINGLE else _needed(sketch)
    if len(sketch) < needed:
        raise ValueError(f"a sketch of quantiles that claims {needed} bytes has {len(sketch)}")


def _needed(sketch: bytes) -> int:
    levels = sketch[18] if len(sketch) > _BEFORE_LEVELS else 0
    ends_at = _BEFORE_LEVELS + 4 * levels
    if not 1 <= levels <= _MOST_LEVELS or len(sketch) < ends_at:
        raise ValueError("a sketch of quantiles has no place for its levels")
    k, m = int.from_bytes(sketch[4:6], "little"), sketch[6]
    capacity = sum(_level_capacity(k, m, depth) for depth in range(levels))
    begins = (*struct.unpack_from(f"<{levels}I", sketch, _BEFORE_LEVELS), capacity)
    held = [later - earlier for earlier, later in pairwise(begins)]
    if min(held) < 0:
        raise ValueError("the levels of a sketch of quantiles are out of order")
    # A value of a level stands for twice as many as one of the level below.
    if sum(count << level for level, count in enumerate(held)) != int.from_bytes(sketch[8:16], "little"):
        raise ValueError("a sketch of quantiles claims another count than its levels hold")
    # Smallest and largest value stand before those that were kept.
    return ends_at + _VALUE_BYTES * (2 + capacity - begins[0])


def _level_capacity(k: int, m: int, depth: int) -> int:
    """Values that a level has room for; `depth` counts from the highest level."""
    half = depth // 2
    if depth > 30:
        return max(m, _scaled(_scaled(k, half), depth - half))
    return max(m, _scaled(k, depth))


def _scaled(k: int, depth: int) -> int:
    return (((k << 1) << depth) // 3**depth + 1) >> 1
