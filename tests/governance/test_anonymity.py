"""Small groups are found before data leave."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.real_year import real_year

from steek.kernel.errors import InputError, RefusedError
from steek.measures import check_anonymity, require_anonymity, suppress_small_groups


def people() -> pl.DataFrame:
    frame = pl.read_parquet(real_year() / "demographics.parquet")
    return frame.with_columns(pl.col("age", "income", "home_ownership").cast(pl.String))


@pytest.mark.covers("D14")
def test_age_and_income_of_real_households_tell_small_groups_apart() -> None:
    frame = people()
    counts = frame.group_by("age", "income").len()["len"]
    check = check_anonymity(frame, ["age", "income"])
    assert (check.verdict, check.k, check.k_wanted) == ("fail", counts.min(), 5)
    assert (check.groups, check.small_groups) == (counts.len(), counts.filter(counts < 5).len())
    assert (check.rows, check.small_rows) == (801, counts.filter(counts < 5).sum())
    with pytest.raises(RefusedError, match="demographics tells small groups apart: the smallest of") as caught:
        require_anonymity(check, "demographics")
    assert f"Suppress the {check.small_rows} rows" in caught.value.next_step
    left = suppress_small_groups(frame, ["age", "income"])
    assert left.height == 801 - check.small_rows
    passing = check_anonymity(left, ["age", "income"])
    assert passing.verdict == "pass"
    require_anonymity(passing, "demographics")


@pytest.mark.covers("D14")
def test_rows_of_one_person_count_once() -> None:
    frame = pl.DataFrame({"who": [1, 1, 1, 1, 2], "region": ["a"] * 5})
    assert check_anonymity(frame, ["region"]).k == 5
    assert check_anonymity(frame, ["region"], person="who").k == 2


@pytest.mark.covers("D14")
def test_a_group_that_agrees_on_the_secret_is_not_diverse() -> None:
    frame = pl.DataFrame({"age": ["x"] * 5 + ["y"] * 5, "illness": ["flu"] * 5 + ["flu", "cold", "flu", "flu", "gout"]})
    check = check_anonymity(frame, ["age"], sensitive="illness", l=2)
    assert (check.verdict, check.k, check.l, check.small_groups, check.small_rows) == ("fail", 5, 1, 1, 5)
    assert check.reasons[1] == "the least diverse group has 1 of 2 values of illness"
    assert check_anonymity(frame, ["age"], sensitive="illness").verdict == "pass"
    left = suppress_small_groups(frame, ["age"], sensitive="illness", l=2)
    assert left["age"].unique().to_list() == ["y"]


@pytest.mark.covers("D14")
def test_absent_is_a_value_and_no_rows_tell_nobody() -> None:
    frame = pl.DataFrame({"age": [None, None, "x", "x"]})
    check = check_anonymity(frame, ["age"], k=2)
    assert (check.verdict, check.k, check.groups) == ("pass", 2, 2)
    one = pl.DataFrame({"age": [None, "x", "x"]})
    assert suppress_small_groups(one, ["age"], k=2)["age"].to_list() == ["x", "x"]
    empty = check_anonymity(frame.clear(), ["age"])
    assert (empty.verdict, empty.k, empty.reasons) == ("pass", None, ("there are no rows, so nobody is told apart",))


@pytest.mark.covers("D14")
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.none() | st.integers(0, 2), st.sampled_from("xyz"))),
    st.integers(1, 4),
    st.none() | st.integers(1, 3),
)
def test_what_suppression_leaves_always_passes_and_nothing_else_goes(
    rows: list[tuple[str, int | None, str]], k: int, diversity: int | None
) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64, "s": pl.String}, orient="row")
    options: dict[str, Any] = {"k": k, "sensitive": "s", "l": diversity}
    check = check_anonymity(frame, ["a", "b"], **options)
    left = suppress_small_groups(frame, ["a", "b"], **options)
    assert check_anonymity(left, ["a", "b"], **options).verdict == "pass"
    assert left.height == frame.height - check.small_rows
    assert (check.verdict == "pass") == (left.height == frame.height)


@pytest.mark.covers("D14", "N3")
def test_wrong_questions_are_answered_with_what_is_allowed() -> None:
    frame = people()
    with pytest.raises(InputError, match="no column 'ages'; there are: "):
        check_anonymity(frame, ["ages"])
    with pytest.raises(InputError, match="no quasi-identifier"):
        check_anonymity(frame, [])
    with pytest.raises(InputError, match="at least 1"):
        check_anonymity(frame, ["age"], k=0)
    with pytest.raises(InputError, match="no sensitive column"):
        suppress_small_groups(frame, ["age"], l=2)
