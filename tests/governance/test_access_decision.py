"""What an actor may see is decided by itself: closed unless opened, the same in any order, never wider by a denial."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.governance import Actor, ColumnFacts, Decision, Policy, Role, TableFacts, parse_filter, service
from steek.governance.access.decision import decide
from steek.governance.access.declarations import TREATMENTS, Treatment
from steek.kernel.errors import DeclarationError, InputError

NOW = datetime(2017, 12, 31, tzinfo=UTC)
COLUMNS = ("household_id", "income", "home_ownership", "seen_at")
PERSONAL = {"household_id", "income"}
FACTS = TableFacts(
    "demographics",
    {
        "household_id": ColumnFacts(is_personal=True, subject="household", scope="households"),
        "income": ColumnFacts(is_personal=True),
        "home_ownership": ColumnFacts(is_personal=False),
        "seen_at": ColumnFacts(is_personal=False),
    },
    event_time="seen_at",
)
ANALYST = Actor("ana@grocer", ("analyst",), "research")
STRICTNESS = {treatment: at for at, treatment in enumerate(TREATMENTS)}


def policy(to: Sequence[str] = ("analyst",), purposes: Sequence[str] = ("research",), **more: Any) -> Policy:
    about = more.pop("dataset", "demographics")
    return Policy(about, tuple(to), tuple(purposes), **more, owner="privacy@grocer", reason="a test")


def seen(actor: Actor, *policies: Policy) -> Decision:
    return decide(actor, FACTS, COLUMNS, policies, NOW)


@pytest.mark.covers("D13", "I12")
def test_personal_columns_are_closed_unless_a_policy_names_them() -> None:
    nothing = seen(ANALYST)
    assert nothing.verdict == "partly"
    assert {column for column, treatment in nothing.columns.items() if treatment == "deny"} == PERSONAL
    assert seen(ANALYST, policy()).columns == nothing.columns
    assert seen(ANALYST, policy(columns={"*": "allow"})).columns == nothing.columns
    opened = seen(ANALYST, policy(columns={"income": "mask", "household_id": "pseudonym"}))
    assert dict(opened.columns) == {
        "household_id": "pseudonym",
        "income": "mask",
        "home_ownership": "allow",
        "seen_at": "allow",
    }


@pytest.mark.covers("D13", "I12")
def test_even_the_owner_is_no_exception_and_nobody_known_sees_nothing() -> None:
    owner = seen(Actor("ed", ("owner",), "curiosity"))
    assert {column for column, treatment in owner.columns.items() if treatment == "deny"} == PERSONAL
    stranger = seen(Actor("eve", (), "research"), policy(to=("*", "eve"), columns={"income": "allow"}))
    assert (stranger.verdict, set(stranger.columns.values())) == ("refused", {"deny"})
    assert "no role" in stranger.explained()


@pytest.mark.covers("D13")
def test_a_purpose_is_asked_for_and_has_to_be_the_one_of_the_policy() -> None:
    rule = policy(columns={"income": "allow"})
    assert seen(Actor("ana", ("analyst",), ""), rule).verdict == "refused"
    assert seen(Actor("ana", ("analyst",), "marketing"), rule).columns["income"] == "deny"
    narrower: tuple[dict[str, Any], ...] = (
        {"rows": "home_ownership is None"},
        {"newer_than": "1d"},
        {"columns": {"home_ownership": "mask"}},
    )
    for narrow in narrower:
        around = seen(Actor("ana", ("analyst",), "marketing"), rule, policy(**narrow))
        assert around.verdict == "refused"
    other = seen(Actor("ana", ("analyst",), "marketing"), policy(columns={"*": "deny"}))
    assert (other.verdict, other.reasons[0].says) == ("refused", "its policies are for other purposes: research")
    assert seen(Actor("bob", ("member",), "marketing"), rule).columns["income"] == "deny"
    denial = policy(purposes=("marketing",), columns={"income": "deny"})
    assert seen(Actor("ana", ("analyst",), "marketing"), policy(columns={"*": "deny"}), denial).verdict == "refused"
    without = TableFacts("shops", {"shop": ColumnFacts(is_personal=False)})
    assert decide(Actor("ana", ("analyst",), ""), without, ["shop"], [rule], NOW).verdict == "allowed"


@pytest.mark.covers("D13")
@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([policy(columns={"income": "allow"}), policy(columns={"income": "mask"})], "mask"),
        ([policy(columns={"income": "deny"}), policy(to=("ana@grocer",), columns={"income": "allow"})], "allow"),
        ([policy(columns={"income": "mask"}), policy(dataset="demo*", columns={"income": "allow"})], "mask"),
        (
            [policy(dataset="*", columns={"income": "deny"}), policy(dataset="demo*", columns={"income": "allow"})],
            "allow",
        ),
        ([policy(columns={"income": "allow"}), policy(columns={"*": "deny"})], "allow"),
        ([policy(columns={"income": "allow"}), policy(to=("ana@grocer",), columns={"*": "deny"})], "deny"),
    ],
)
def test_the_most_specific_policy_decides_then_the_most_restrictive(policies: list[Policy], expected: str) -> None:
    assert seen(ANALYST, *policies).columns["income"] == expected
    assert seen(ANALYST, *reversed(policies)).columns["income"] == expected


@pytest.mark.covers("D13")
def test_conditions_on_rows_and_age_hold_all_together() -> None:
    made = seen(
        ANALYST,
        policy(rows="home_ownership == 'Homeowner'", newer_than="90d"),
        policy(rows=pl.col("income") != "Under 15K", newer_than=timedelta(days=30)),
    )
    assert (len(made.conditions), made.since) == (2, NOW - timedelta(days=30))
    assert "only rows since 2017-12-01" in made.explained()
    missing = seen(ANALYST, policy(rows="region == 'EU'"))
    assert (missing.verdict, "region" in missing.reasons[0].says) == ("refused", True)
    timeless = TableFacts("t", {"n": ColumnFacts(is_personal=False)})
    assert decide(ANALYST, timeless, ["n"], [policy(dataset="t", newer_than="1d")], NOW).verdict == "refused"


@pytest.mark.covers("D13")
def test_every_part_of_a_decision_names_its_rule() -> None:
    rule = policy(columns={"income": "mask"}, rows="home_ownership == 'Homeowner'")
    made = seen(ANALYST, rule)
    by_part = {reason.about: reason.rule for reason in made.reasons}
    assert by_part == {
        "table": rule.name,
        "column household_id": "built-in",
        "column income": rule.name,
        "column home_ownership": "built-in",
        "column seen_at": "built-in",
        "rows": rule.name,
    }
    assert made.rules == (rule.name, "built-in")


@pytest.mark.covers("D13", "D15")
def test_keepers_of_the_lake_see_everything_at_their_work_and_only_there() -> None:
    assert seen(service("erasure", "maintenance")).verdict == "allowed"
    for actor in (
        service("erasure", "research"),
        service("features", "maintenance"),
        Actor("service:erasure", ("owner",), "maintenance"),
        Actor("erasure", ("service",), "maintenance"),
    ):
        assert seen(actor).columns["income"] == "deny"


@pytest.mark.covers("D13")
def test_raw_values_are_open_only_where_the_column_is_given_as_it_is() -> None:
    columns = ["income", "_raw_income", "_sealed", "_receipt_id"]
    made = decide(ANALYST, FACTS, columns, [policy(columns={"income": "mask"})], NOW)
    assert list(made.columns.values()) == ["mask", "deny", "deny", "allow"]
    opened = decide(ANALYST, FACTS, columns, [policy(columns={"income": "allow"})], NOW)
    assert list(opened.columns.values()) == ["allow", "allow", "deny", "allow"]


@pytest.mark.covers("D13", "D14")
def test_without_keys_a_pseudonym_is_a_denial() -> None:
    rule = policy(columns={"household_id": "pseudonym"})
    assert decide(ANALYST, FACTS, COLUMNS, [rule], NOW, can_pseudonymise=False).columns["household_id"] == "deny"


@pytest.mark.covers("D13", "N3")
@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ()},
        {"purposes": ()},
        {"purposes": ("*",)},
        {"to": ("an analyst",)},
        {"columns": {"income": "hide"}},
        {"rows": "__import__('os')"},
        {"newer_than": "soon"},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        policy(**wrong)


@pytest.mark.covers("D13", "N3")
def test_the_role_of_services_cannot_be_declared() -> None:
    with pytest.raises(DeclarationError, match="belongs to the services"):
        Role("service", members=("eve",))
    with pytest.raises(DeclarationError, match="owner and a reason"):
        Policy("t", ("a",), ("b",), owner="", reason="")


@pytest.mark.covers("D13", "N3")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "income.str",
        "open('x')",
        "income + 1 == 2",
        "[x for x in y]",
        "lambda: 1",
        "a == b'x'",
        "a in b",
        "date('no')",
        "(" * 500 + "a" + ")" * 500,
        "a is b",
        "a := 1",
        "f'{a}'",
        "not " * 600 + "a",
    ],
)
def test_a_condition_is_columns_constants_and_comparisons_only(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_filter(text)
    assert "'x'" not in refusal.value.message


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_condition_or_a_clear_error(text: str) -> None:
    with suppress(InputError):
        parse_filter(text)


NAMES = st.sampled_from(["analyst", "member", "ana@grocer", "*", "bob"])
PURPOSES = st.sampled_from(["research", "training"])


def _policy(to: list[str], purposes: list[str], dataset: str, columns: dict[str, Treatment], age: str | None) -> Policy:
    return policy(to, purposes, dataset=dataset, columns=columns, newer_than=age)


POLICIES = st.builds(
    _policy,
    st.lists(NAMES, min_size=1, max_size=2),
    st.lists(PURPOSES, min_size=1, max_size=2),
    st.sampled_from(["demographics", "demo*", "*", "other"]),
    st.dictionaries(st.sampled_from([*COLUMNS, "*"]), st.sampled_from(TREATMENTS), max_size=3),
    st.sampled_from([None, "30d", "90d"]),
)
ACTORS = st.builds(
    Actor,
    st.sampled_from(["ana@grocer", "bob", "job:report"]),
    st.lists(st.sampled_from(["analyst", "member", "owner"]), max_size=2, unique=True).map(tuple),
    st.sampled_from(["research", "training", "other", ""]),
)


@pytest.mark.covers("D13", "I12")
@given(actor=ACTORS, policies=st.lists(POLICIES, max_size=4), order=st.randoms())
@settings(max_examples=300, deadline=None)
def test_the_order_of_policies_says_nothing(actor: Actor, policies: list[Policy], order: Any) -> None:
    shuffled = list(policies)
    order.shuffle(shuffled)
    one, other = seen(actor, *policies), seen(actor, *shuffled)
    assert (one.verdict, one.columns, one.since, one.reasons) == (
        other.verdict,
        other.columns,
        other.since,
        other.reasons,
    )


@pytest.mark.covers("D13", "I12")
@given(actor=ACTORS, policies=st.lists(POLICIES, max_size=4), denial=POLICIES)
@settings(max_examples=1000, deadline=None)
def test_one_more_denial_opens_nothing(actor: Actor, policies: list[Policy], denial: Policy) -> None:
    closing = policy(denial.to, denial.purposes, dataset=denial.dataset, columns=dict.fromkeys(denial.columns, "deny"))
    before, after = seen(actor, *policies), seen(actor, *policies, closing)
    for column in COLUMNS:
        assert STRICTNESS[after.columns[column]] >= STRICTNESS[before.columns[column]], column
    if before.since is not None and after.verdict != "refused":
        assert after.since is not None
        assert after.since >= before.since


@pytest.mark.covers("D13", "I12")
@given(actor=ACTORS, policies=st.lists(POLICIES, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_personal_column_is_open_only_by_a_policy_that_names_it_for_this_purpose(
    actor: Actor, policies: list[Policy]
) -> None:
    made = seen(actor, *policies)
    for column in PERSONAL:
        if made.columns[column] == "deny":
            continue
        assert actor.roles
        names = {actor.principal, *actor.roles, "*"}
        assert any(
            column in each.columns and actor.purpose in each.purposes and names & set(each.to) for each in policies
        )
