"""Hashes decide samples, so they may never change."""

import numpy as np
import polars as pl
import pytest

from steek.measures.stable_hash import as_fraction, hash_rows, mix


@pytest.mark.covers("D7")
def test_hashes_are_what_they_always_were() -> None:
    frame = pl.DataFrame({"a": [1, -1], "b": ["x", "ü"], "c": pl.Series([0, 10**15]).cast(pl.Datetime("us", "UTC"))})
    assert hash_rows(frame, ("a", "b", "c"), seed=7).tolist() == [15259972084787485178, 15675383582253754612]


def test_mix_is_the_finaliser_of_splitmix64() -> None:
    # First outputs of splitmix64 with seed 1234567, as published with its reference code.
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + golden * step) % 2**64 for step in (1, 2, 3)], np.uint64)
    assert mix(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_fractions_are_even_and_columns_do_not_commute() -> None:
    frame = pl.DataFrame({"a": range(20_000), "b": [7] * 20_000})
    fractions = as_fraction(hash_rows(frame, ("a", "b"), seed=0))
    assert np.histogram(fractions, 10, (0, 1))[0].tolist() == pytest.approx([2000] * 10, rel=0.1)
    swapped = as_fraction(hash_rows(frame, ("b", "a"), seed=0))
    assert abs(np.corrcoef(fractions, swapped)[0, 1]) < 0.05
