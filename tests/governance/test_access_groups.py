"""Rows leave in groups of people that are large enough, or not at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.governance.access_world import demographics, policy, world

from steek.governance import Actor, ColumnFacts, Policy, TableFacts
from steek.governance.access.decision import decide
from steek.governance.access.treatments import treat
from steek.kernel import ReplayClock
from steek.kernel.errors import DeclarationError, RefusedError
from steek.ledger import Database
from steek.measures import check_anonymity

OPEN_PERSON = ColumnFacts(is_personal=True, subject="guest")
NOW = datetime(2017, 10, 2, tzinfo=UTC)
QUASI = ("age", "income")


@pytest.mark.covers("D13", "D14")
def test_what_leaves_is_k_anonymous(tmp_path: Path, database: Database, clock: ReplayClock) -> None:
    rule = policy("demographics", columns={"age": "allow", "income": "allow"}, k_anonymity=5, quasi=QUASI)
    shop = world(tmp_path, database, clock, [rule])
    seen, whole = shop.scan(shop.ana()), demographics()
    assert check_anonymity(whole, QUASI, k=5).verdict == "fail"
    assert check_anonymity(seen, QUASI, k=5).verdict == "pass"
    assert seen.height == whole.height - check_anonymity(whole, QUASI, k=5).small_rows > 600
    told = shop.access.decide(shop.ana(), "demographics", [*whole.columns]).explained()
    assert "groups: only rows of at least 5 people with the same age, income" in told
    # Conditions of a reader, and fewer columns, come after it: they single nobody out.
    one = shop.lake.opened_by(shop.ana()).scan("demographics").filter(pl.col("income") == "250K+").select("age")
    counted = one.group_by("age").len().collect()
    assert counted["len"].min() >= 5  # pyright: ignore[reportOperatorIssue]


@pytest.mark.covers("D14")
def test_many_rows_of_one_person_are_one_person() -> None:
    facts = TableFacts("d", {"guest": OPEN_PERSON, "city": ColumnFacts(is_personal=False)})
    frame = pl.LazyFrame({"guest": [1, 1, 1, 2, 3, None], "city": ["a", "a", "a", "b", "b", "b"]})
    rule = Policy("d", ("a",), ("p",), {"guest": "mask"}, k_anonymity=2, quasi=("city",), owner="o", reason="r")
    decision = decide(Actor("x", ("a",), "p"), facts, ["guest", "city"], [rule], NOW)
    left = treat(frame, frame.collect_schema(), decision, facts, None).collect()
    assert left["city"].to_list() == ["b"] * 3
    refused = decide(Actor("x", ("a",), "p"), facts, ["guest"], [rule], NOW)
    assert (refused.verdict, "need columns that are not there: city" in refused.explained()) == ("refused", True)


@pytest.mark.covers("D14")
@given(
    rows=st.lists(st.tuples(st.sampled_from([None, "x", "y"]), st.sampled_from([None, 1, 2])), max_size=60),
    first=st.integers(2, 6),
    second=st.integers(2, 6),
)
def test_several_policies_hold_together(rows: list[tuple[Any, Any]], first: int, second: int) -> None:
    facts = TableFacts("d", {"p": ColumnFacts(is_personal=False), "q": ColumnFacts(is_personal=False)})
    frame = pl.DataFrame(rows, schema={"p": pl.String, "q": pl.Int64}, orient="row")
    rules = [
        Policy("d", ("a",), ("p",), k_anonymity=k, quasi=(column,), owner="o", reason="r")
        for k, column in ((first, "p"), (second, "q"))
    ]
    decision = decide(Actor("x", ("a",), "p"), facts, ["p", "q"], rules, NOW)
    left = treat(frame.lazy(), frame.schema, decision, facts, None).collect()
    assert check_anonymity(left, ["p"], k=first).verdict == "pass"
    assert check_anonymity(left, ["q"], k=second).verdict == "pass"


@pytest.mark.covers("D13", "D14", "N3")
@pytest.mark.parametrize(
    "given_",
    [
        {"k_anonymity": 5},
        {"quasi": ("age",)},
        {"k_anonymity": 5, "quasi": "age"},
        {"k_anonymity": 1, "quasi": ("age",)},
        {"newer_than": timedelta(days=-4)},
        {"newer_than": "0d"},
        {"newer_than": "9999999d"},
        {"rows": 5},
        {"rows": pl.all() > 1},
        {"rows": pl.col("^.*$") > 1},
    ],
)
def test_what_could_only_fail_later_is_refused_at_once(given_: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="policy on 'demographics'"):
        policy("demographics", **given_)


@pytest.mark.covers("D13")
def test_a_policy_without_groups_keeps_its_hash() -> None:
    assert "quasi" not in policy("demographics").described()


@pytest.mark.covers("D13", "D14")
def test_groups_of_another_purpose_are_no_way_around(tmp_path: Path, database: Database, clock: ReplayClock) -> None:
    rule = policy("demographics", k_anonymity=5, quasi=("home_ownership",))
    shop = world(tmp_path, database, clock, [rule])
    with pytest.raises(RefusedError, match="for other purposes"):
        shop.scan(shop.ana("marketing"))
