"""Who must agree follows from what a mitigation costs, the money at stake, and what the project declares."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.incidents import MitigationAgreement
from steek.incidents.control.agreement_rules import Costs, needs
from steek.incidents.impact.types import Dimension, Impact
from steek.kernel.errors import DeclarationError

PRICES = {"model": "price_of_day"}


def money(low: float | None, high: float | None) -> tuple[Impact, ...]:
    return (Impact.unknown(Dimension.USERS), replace(Impact.unknown(Dimension.MONEY), low=low, high=high))


@pytest.mark.covers("I9")
@pytest.mark.parametrize(
    ("costs", "low", "high", "asked"),
    [
        (Costs.ANSWERS, None, None, ["business"]),
        (Costs.ANSWERS, 0, 40_000, ["business"]),
        (Costs.ANSWERS, 0, 0, []),
        (Costs.FRESHNESS, None, None, []),
        (Costs.FRESHNESS, 0, 0, []),
        (Costs.FRESHNESS, 0, 40_000, ["business"]),
        (Costs.FRESHNESS, 1, None, ["business"]),
        (Costs.NOTHING, 1, 2, []),
    ],
)
def test_the_business_is_asked_where_revenue_is_at_stake(
    costs: Costs, low: float | None, high: float | None, asked: list[str]
) -> None:
    assert [need.of for need in needs("roll-back", costs, PRICES, impacts=money(low, high))] == asked


@pytest.mark.covers("I9")
def test_what_the_project_declares_wins_also_when_it_is_nobody() -> None:
    declared = (
        MitigationAgreement("prices", of=("business", "legal"), mitigations=("roll-back*", "retrain"), on=("price_*",)),
        MitigationAgreement("tips", of=(), mitigations=("fall-back",), on=("tips",)),
    )
    asked = needs("retrain", Costs.NOTHING, PRICES, declared=declared)
    assert [(need.of, need.because) for need in asked] == [
        ("business", "the project says so: prices"),
        ("legal", "the project says so: prices"),
    ]
    assert needs("fall-back", Costs.ANSWERS, {"model": "tips"}, declared=declared) == ()
    assert needs("fall-back", Costs.ANSWERS, PRICES, declared=declared)[0].of == "business"
    assert needs("retrain", Costs.NOTHING, {"model": "demand"}, declared=declared) == ()


@pytest.mark.covers("I9")
@given(
    st.sampled_from(Costs),
    st.one_of(st.none(), st.floats(0, 1e9)),
    st.one_of(st.none(), st.floats(0, 1e9)),
    st.lists(st.sampled_from(["business", "commander", "legal"]), max_size=3),
)
@settings(max_examples=40)
def test_nobody_is_asked_twice_and_who_always_is_is(
    costs: Costs, low: float | None, high: float | None, always: list[str]
) -> None:
    asked = [need.of for need in needs("x", costs, {}, always=always, impacts=money(low, high))]
    assert len(asked) == len(set(asked))
    assert set(always) <= set(asked) <= {*always, "business"}


def test_a_declaration_that_names_nothing_is_refused() -> None:
    for given_ in ({"name": " ", "of": ()}, {"name": "x", "of": "business"}, {"name": "x", "of": (), "on": ()}):
        with pytest.raises(DeclarationError):
            MitigationAgreement(**given_)  # pyright: ignore[reportArgumentType]
