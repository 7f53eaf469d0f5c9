"""A hash of rows that is the same on every machine and in every version, for sampling without chance."""

import hashlib

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: a bijection of 64-bit numbers whose every output bit depends on all input bits.

    Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
    """
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def hash_series(series: pl.Series) -> Hashes:
    """64-bit hash of each value: whole numbers and instants by their integer, text by BLAKE2b. Null is refused."""
    if series.dtype == pl.String:
        unique = series.unique()
        digests = [hashlib.blake2b(value.encode(), digest_size=8).digest() for value in unique.to_list()]
        numbers = pl.Series([int.from_bytes(digest, "little") for digest in digests], dtype=pl.UInt64)
        return series.replace_strict(unique, numbers, return_dtype=pl.UInt64).to_numpy()
    return mix(series.to_physical().cast(pl.Int64).to_numpy().astype(np.int64).view(np.uint64) + _GOLDEN)


def hash_rows(frame: pl.DataFrame, columns: tuple[str, ...], *, seed: int) -> Hashes:
    """64-bit hash of each row over `columns` in order.

    >>> hash_rows(pl.DataFrame({"a": [1, 2], "b": ["x", "x"]}), ("a", "b"), seed=7).tolist()
    [10370112076947901585, 7228090696354875811]
    """
    hashed = mix(np.full(frame.height, seed % 2**64, dtype=np.uint64) + _GOLDEN)
    for name in columns:
        hashed = mix(hashed ^ hash_series(frame[name]))
    return hashed


def as_fraction(hashes: Hashes) -> npt.NDArray[np.float64]:
    """Hashes as numbers spread evenly over [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
