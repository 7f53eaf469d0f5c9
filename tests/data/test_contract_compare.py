"""Every change of a contract has a class, and a sentence that says why."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.data import Contract, Field
from steek.data.contracts.changes import Compatibility
from steek.data.contracts.compatibility import compare
from steek.data.contracts.volume import ExpectedVolume
from steek.kernel.errors import InputError

PAID = Field("paid", "number", unit="USD", meaning="What the household paid.", minimum=0, maximum=100)
WHO = Field("household_id", "integer", key=True, sensitivity="personal", subject="household")
CHANNEL = Field("channel", "string", categories=("shop", "web"), meaning="Where it was bought")
SALES = Contract(
    "sales",
    "1.0.0",
    (WHO, PAID, CHANNEL),
    owner="data@grocer",
    source="tills",
    jurisdiction="US",
    retention="730d",
    cadence="1d",
    description="One line of a receipt.",
    volumes=(ExpectedVolume(100, 900), ExpectedVolume(10, by="channel")),
)
BREAKING, WIDENING, COMPATIBLE = Compatibility.BREAKING, Compatibility.WIDENING, Compatibility.COMPATIBLE


def with_field(name: str, **changed: Any) -> Contract:
    return replace(
        SALES, fields=tuple(replace(field, **changed) if field.name == name else field for field in SALES.fields)
    )


@pytest.mark.covers("D12")
@pytest.mark.parametrize(
    ("field", "changed", "what", "expected"),
    [
        ("paid", {"type": "integer"}, "type", BREAKING),
        ("paid", {"unit": "EUR"}, "unit", BREAKING),
        ("paid", {"unit": ""}, "unit", BREAKING),
        ("paid", {"meaning": "What the store received."}, "meaning", BREAKING),
        ("paid", {"meaning": "what the household  paid"}, "meaning", COMPATIBLE),
        ("paid", {"meaning": ""}, "meaning", BREAKING),
        ("household_id", {"key": False}, "key", BREAKING),
        ("channel", {"key": True}, "key", BREAKING),
        ("channel", {"nullable": True}, "nullable", WIDENING),
        ("paid", {"minimum": 1}, "minimum", BREAKING),
        ("paid", {"minimum": -1}, "minimum", WIDENING),
        ("paid", {"minimum": None}, "minimum", WIDENING),
        ("paid", {"maximum": 99}, "maximum", BREAKING),
        ("paid", {"maximum": 1e6}, "maximum", WIDENING),
        ("channel", {"categories": ("web", "shop")}, None, COMPATIBLE),
        ("channel", {"categories": ("shop",)}, "categories removed", BREAKING),
        ("channel", {"categories": ("shop", "web", "app")}, "categories added", WIDENING),
        ("channel", {"categories": ()}, "categories", WIDENING),
        ("channel", {"sensitivity": "personal"}, "sensitivity", BREAKING),
        ("household_id", {"sensitivity": "internal"}, "sensitivity", BREAKING),
        ("channel", {"sensitivity": "public"}, "sensitivity", WIDENING),
        ("household_id", {"subject": ""}, "subject", BREAKING),
        ("channel", {"subject": "cashier"}, "subject", COMPATIBLE),
        ("household_id", {"pseudonym": "keyed"}, "pseudonym", BREAKING),
        ("household_id", {"scope": "loyalty"}, "scope", COMPATIBLE),
        ("paid", {"sealed": True}, "sealed", BREAKING),
    ],
)
def test_a_changed_field_has_a_class_and_says_why(
    field: str, changed: dict[str, Any], what: str | None, expected: Compatibility
) -> None:
    diff = compare(SALES, with_field(field, **changed))
    assert [change.what for change in diff.changes] == ([] if what is None else [what])
    assert diff.compatibility is expected
    for change in diff.changes:
        assert change.where == field
        assert change.why.endswith((".", "fit."))
        assert str(expected) in change.sentence


@pytest.mark.covers("D12")
@pytest.mark.parametrize(
    ("changed", "what", "expected"),
    [
        ({"version": "2"}, "version", COMPATIBLE),
        ({"owner": "ops@grocer"}, "owner", COMPATIBLE),
        ({"source": "web shop"}, "source", BREAKING),
        ({"jurisdiction": "EU"}, "jurisdiction", BREAKING),
        ({"retention": "104w"}, "retention", BREAKING),
        ({"retention": "17520h"}, "retention", COMPATIBLE),
        ({"retention": None}, "retention", WIDENING),
        ({"retention": "800d"}, "retention", WIDENING),
        ({"cadence": "12h"}, "cadence", COMPATIBLE),
        ({"cadence": "7d"}, "cadence", BREAKING),
        ({"cadence": None}, "cadence", BREAKING),
        ({"description": "One receipt."}, "description", BREAKING),
        ({"volumes": SALES.volumes[1:]}, "expected volume of all rows per 1d", WIDENING),
        (
            {"volumes": (ExpectedVolume(100, 900), ExpectedVolume(20, by="channel"))},
            "expected volume of each channel per 1d",
            COMPATIBLE,
        ),
    ],
)
def test_a_changed_promise_has_a_class_and_says_why(
    changed: dict[str, Any], what: str, expected: Compatibility
) -> None:
    diff = compare(SALES, replace(SALES, **changed))
    assert [(change.where, change.what, change.compatibility) for change in diff.changes] == [("", what, expected)]


@pytest.mark.covers("D12")
def test_added_removed_and_renamed_fields() -> None:
    optional = replace(SALES, fields=(*SALES.fields, Field("till", "integer", nullable=True)))
    required = replace(SALES, fields=(*SALES.fields, Field("till", "integer")))
    assert compare(SALES, optional).compatibility is COMPATIBLE
    assert compare(SALES, required).compatibility is BREAKING
    assert compare(optional, SALES).compatibility is BREAKING
    renamed = replace(SALES, fields=(WHO, replace(PAID, name="amount_paid"), CHANNEL))
    diff = compare(SALES, renamed)
    assert [(change.where, change.what) for change in diff.changes] == [
        ("paid", "renamed"),
        ("paid", "removed"),
        ("amount_paid", "added"),
    ]
    assert diff.changes[0].sentence.startswith("paid: seems to be renamed to 'amount_paid' (breaking).")


@pytest.mark.covers("D12")
def test_changes_stand_worst_first_and_other_datasets_are_refused() -> None:
    diff = compare(SALES, replace(with_field("paid", unit="EUR", minimum=-1), version="2"))
    assert [str(change.compatibility) for change in diff.changes] == ["breaking", "widening", "compatible"]
    assert [change.what for change in diff.breaking] == ["unit"]
    with pytest.raises(InputError, match="'sales' and of 'visits'"):
        compare(SALES, replace(SALES, dataset="visits"))


NAMES = st.sampled_from(("a", "b", "c", "d"))
BOUNDS = st.none() | st.integers(-5, 5)


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    kind: Any = draw(st.sampled_from(("string", "integer", "number")))
    key = draw(st.booleans())
    about: dict[str, Any] = {
        "unit": draw(st.sampled_from(("", "USD", "EUR"))),
        "meaning": draw(st.sampled_from(("", "This.", "That."))),
        "key": key,
        "nullable": not key and draw(st.booleans()),
        "sensitivity": draw(st.sampled_from(("internal", "personal", "public"))),
        "sealed": draw(st.booleans()),
    }
    if kind == "string":
        about["categories"] = draw(st.sets(st.sampled_from(("x", "y", "z"))).map(lambda found: tuple(sorted(found))))
    else:
        about |= {"minimum": draw(BOUNDS), "maximum": draw(BOUNDS)}
    return Field(name, kind, **about)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    names = draw(st.lists(NAMES, min_size=1, unique=True))
    return Contract(
        "t",
        draw(st.sampled_from(("1", "2"))),
        tuple(draw(fields(name)) for name in names),
        owner="o",
        retention=draw(st.sampled_from((None, "1d", "24h", "2d"))),
        cadence=draw(st.sampled_from((None, "1d", "7d"))),
    )


@pytest.mark.covers("D12")
@given(contracts())
def test_a_contract_differs_in_nothing_from_itself(contract: Contract) -> None:
    assert compare(contract, contract).changes == ()
    shuffled = replace(contract, fields=tuple(reversed(contract.fields)))
    assert compare(contract, shuffled).changes == ()


@pytest.mark.covers("D12")
@given(contracts(), contracts())
def test_what_only_widens_breaks_when_it_is_taken_back(before: Contract, after: Contract) -> None:
    there, back = compare(before, after), compare(after, before)
    assert bool(there.changes) == bool(back.changes)
    # A field that may be absent, or retention: what grew without breaking shrinks with it.
    limits = {"nullable", "minimum", "maximum", "categories", "categories added", "retention"}
    widened = [change for change in there.changes if change.compatibility is WIDENING and change.what in limits]
    for change in widened:
        undone = [each for each in back.changes if each.where == change.where and each.compatibility is BREAKING]
        assert undone, change
    assert all(change.why for change in (*there.changes, *back.changes))


@pytest.mark.covers("D12")
@given(contracts(), contracts())
def test_a_change_of_key_or_unit_breaks_whatever_else_agrees(before: Contract, after: Contract) -> None:
    shared = [(old, new) for old in before.fields if (new := after.field(old.name)) is not None]
    if any((old.key, old.unit) != (new.key, new.unit) for old, new in shared):
        assert compare(before, after).compatibility is BREAKING
