"""Bytes from outside are read only when they can be what they claim to be: the library that reads them trusts them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.measures.sketching.kll_layout import check_layout
from steek.measures.sketching.quantiles import merge_quantiles, quantile_sketch, sketch_quantiles


@pytest.mark.covers("O2", "N3")
@settings(max_examples=60, deadline=None)
@given(st.sampled_from((0, 1, 2, 7, 199, 200, 201, 5_000, 70_000)), st.data())
def test_a_whole_sketch_is_read_and_any_part_of_one_is_refused(rows: int, data: st.DataObject) -> None:
    sketch = quantile_sketch(np.random.default_rng(rows).normal(size=rows))
    check_layout(sketch)
    cut = data.draw(st.integers(0, len(sketch) - 1))
    with pytest.raises(ValueError, match="sketch of quantiles"):
        check_layout(sketch[:cut])


@pytest.mark.covers("O2", "N3")
@settings(max_examples=200, deadline=None)
@given(st.integers(4, 60), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read_but_never_ends_the_process(place: int, value: int) -> None:
    sketch = bytearray(quantile_sketch(np.random.default_rng(3).normal(size=3_000)))
    sketch[place] = value
    try:
        merged = merge_quantiles([bytes(sketch)])
    except (ValueError, IndexError, RuntimeError):
        return
    assert sketch_quantiles(merged, [0.5]) is not None
