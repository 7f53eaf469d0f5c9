"""Packed blocks come back as they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from steek.features.blocks import key_text, pack, unpack
from steek.kernel.errors import IntegrityError

AS_OF = datetime(2017, 10, 2, 6, 0, 0, 5, tzinfo=UTC)

_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
_WHOLE = st.integers(-(2**63), 2**63 - 1)
_NUMBERS = st.one_of(st.none(), st.floats(width=32))


def _frame(rows: dict[tuple[Any, Any], float | None], member: Any) -> pl.DataFrame:
    data = {"a": [key[0] for key in rows], "b": [key[1] for key in rows], "x": list(rows.values())}
    return pl.DataFrame(data, schema={"a": pl.String, "b": member, "x": pl.Float32}).sort("a", "b")


@pytest.mark.covers("F4")
@pytest.mark.parametrize(("values", "dtype"), [(_WHOLE, pl.Int64), (_TEXTS, pl.String)])
def test_every_row_is_found_in_the_block_of_its_key(values: st.SearchStrategy[Any], dtype: Any) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.tuples(_TEXTS, values), _NUMBERS, max_size=12))
    def check(rows: dict[tuple[Any, Any], float | None]) -> None:
        blobs = dict(pack(_frame(rows, dtype), entity=("a", "b"), columns=["x"], as_of=AS_OF))
        assert set(blobs) == {key_text((key[0],)) for key in rows}
        for (leading, member), value in rows.items():
            block = unpack(blobs[key_text((leading,))])
            assert block.members is not None
            row = int(np.searchsorted(block.members, np.array([member], dtype=block.members.dtype))[0])
            assert block.members[row] == member
            expected = np.float32(np.nan if value is None else value)
            np.testing.assert_array_equal(block.columns["x"][row], expected)
            assert block.as_of == AS_OF

    check()


@pytest.mark.covers("F4")
def test_a_view_with_one_entity_column_has_a_block_per_entity() -> None:
    frame = pl.DataFrame({"a": [3, 4], "x": [1.5, None], "y": [2.0, 3.0]})
    blobs = dict(pack(frame, entity=("a",), columns=["x", "y"], as_of=AS_OF))
    block = unpack(blobs["4"])
    assert (block.members, block.rows, block.names) == (None, 1, ("x", "y"))
    np.testing.assert_array_equal(block.values, np.array([[np.nan, 3, np.nan], [np.nan] * 3], np.float32))


def test_a_view_without_features_still_lists_its_members() -> None:
    frame = pl.DataFrame({"a": ["k", "k"], "b": [3, 4]})
    ((key, blob),) = pack(frame, entity=("a", "b"), columns=[], as_of=AS_OF)
    block = unpack(blob)
    assert (key, block.names, block.rows) == ('"k"', (), 2)
    assert np.asarray(block.members).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("kept", "head"), [(slice(-1), b""), (slice(5), b""), (slice(0), b""), (slice(3, None), b"zz1")]
)
def test_a_damaged_block_is_refused(kept: slice, head: bytes) -> None:
    frame = pl.DataFrame({"a": [1], "b": [2], "x": [1.0]})
    ((_, blob),) = pack(frame, entity=("a", "b"), columns=["x"], as_of=AS_OF)
    with pytest.raises(IntegrityError):
        unpack(head + blob[kept])


def test_keys_of_different_entities_differ() -> None:
    keys = [(1, 2), (12,), ("1", 2), ("1,2",), ("1", "2"), ('1","2',), ("a b", "c")]
    assert len({key_text(key) for key in keys}) == len(keys)


def test_values_are_kept_to_the_last_bit() -> None:
    values = np.array([0.1, 1 / 3, 1e-45, 3.4e38, -0.0, np.inf], np.float32)
    frame = pl.DataFrame({"a": [1] * 6, "b": range(6), "x": values})
    ((_, blob),) = pack(frame, entity=("a", "b"), columns=["x"], as_of=AS_OF + timedelta(days=400))
    assert unpack(blob).columns["x"].tobytes() == values.tobytes()
