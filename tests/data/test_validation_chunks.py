"""One compiled contract for all chunks of a batch."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.data import Contract, Field
from steek.data.validation.keys import SeenKeys
from steek.data.validation.rows import Validator, validate

KEYED = Contract(
    "t",
    "1",
    (Field("shop", "string", key=True), Field("n", "integer", key=True), Field("x", "number", minimum=0)),
    owner="o",
)
LOOSE = Contract(
    "t",
    "1",
    (
        Field("a", "number", nullable=True, minimum=0, maximum=10),
        Field("b", "number", minimum=0),
        Field("c", "integer", nullable=True, maximum=5),
        Field("d", "string", nullable=True, categories=("u", "v")),
        Field("e", "integer", nullable=True, minimum=1, maximum=3),
    ),
    owner="o",
)
SCHEMA: dict[str, Any] = {"shop": pl.String, "n": pl.Int64, "x": pl.Float64}
_ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 4), st.sampled_from([1.0, -1.0, None])), max_size=24
)


@pytest.mark.covers("D4")
@settings(max_examples=60, deadline=None)
@given(_ROWS, st.integers(1, 9))
def test_chunks_are_judged_as_the_whole_batch_would_be(rows: list[tuple[object, ...]], size: int) -> None:
    batch = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    whole = validate(KEYED, batch, textual=False)
    validator = Validator(KEYED, batch.schema, textual=False)
    parts = [validator.validate(batch[at : at + size]) for at in range(0, len(rows), size)]
    accepted = pl.concat([part.accepted for part in parts] or [whole.accepted])
    quarantined = pl.concat([part.quarantined for part in parts] or [whole.quarantined])
    assert accepted.equals(whole.accepted)
    assert quarantined.equals(whole.quarantined)
    assert accepted.height + quarantined.height == len(rows)
    assert accepted.select("shop", "n").is_unique().all()


@pytest.mark.covers("D4")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats()),
            st.one_of(st.none(), st.floats()),
            st.one_of(st.none(), st.integers(-9, 9), st.just("x")),
            st.sampled_from(["u", "w", None]),
            st.sampled_from(["1", "9", "zz", "1.5", None]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_quick_look_and_the_reasons_agree(rows: list[tuple[object, ...]]) -> None:
    text = {
        name: [None if value is None else str(value) for value in column]
        for name, column in zip("abcde", zip(*rows, strict=True), strict=True)
    }
    judged = validate(LOOSE, pl.DataFrame(text, schema=dict.fromkeys("abcde", pl.String)), textual=True)
    # A row is held back exactly where some rule says why; a rule that holds is never told.
    assert judged.accepted.height + judged.quarantined.height == len(rows)
    assert judged.quarantined["reason"].null_count() == 0
    assert judged.quarantined["reason"].str.len_chars().gt(0).all()
    assert sum(judged.reasons.values()) >= judged.quarantined.height
    again = validate(LOOSE, judged.accepted, textual=False)
    assert again.accepted.equals(judged.accepted)


@pytest.mark.covers("D4")
def test_the_quarantine_keeps_the_row_as_it_came() -> None:
    came = pl.DataFrame({"shop": [" a", "b "], "n": [1, 2], "x": [-1.0, 1.0]})
    cleaned = came.with_columns(pl.col("shop").str.strip_chars())
    held = Validator(KEYED, cleaned.schema, textual=False).validate(cleaned, came=came).quarantined
    assert held["row"].to_list() == ['{"shop":" a","n":1,"x":-1.0}']


@pytest.mark.covers("D4")
def test_keys_of_many_chunks_are_remembered_in_few_sorted_runs() -> None:
    seen = SeenKeys()
    for at in range(100):
        chunk = pl.DataFrame({"n": range(at * 1000, (at + 1) * 1000)})
        assert not seen.repeats(chunk).any()
    repeated = seen.repeats(pl.DataFrame({"n": [5, 99_999, 100_000, 100_000, -1]}))
    assert repeated.to_list() == [True, True, False, True, False]
    assert seen.run_count <= 8
