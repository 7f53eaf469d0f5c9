"""Slices are told to whoever looks, so they are of nobody."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from steek.data import Contract, Dataset, Field
from steek.data.datasets import check_fit
from steek.data.validation.feed.profiling import profile
from steek.kernel.errors import DeclarationError

CLOSED: list[dict[str, Any]] = [
    {"sensitivity": "Personal"},
    {"sealed": True},
    {"pseudonym": "keyed"},
    {"subject": "guest"},
]


def contract(**facts: Any) -> Contract:
    fields = (Field("postcode", "string", **facts), Field("shop", "string"))
    return Contract("visits", "1.0.0", fields, owner="desk@hotel")


@pytest.mark.covers("D5", "D13", "D18")
@pytest.mark.parametrize("facts", CLOSED)
def test_nothing_is_counted_by_values_of_persons(facts: dict[str, Any]) -> None:
    check_fit(Dataset("visits", contract(**facts), owner="o", volume_by=("shop",)))
    with pytest.raises(DeclarationError, match="counted by postcode, whose values are personal"):
        check_fit(Dataset("visits", contract(**facts), owner="o", volume_by=("shop", "postcode")))


@pytest.mark.covers("D5", "D13")
@pytest.mark.parametrize("facts", CLOSED)
def test_a_profile_holds_no_value_of_a_person(facts: dict[str, Any]) -> None:
    frame = pl.DataFrame({"postcode": ["SECRET-7", "SECRET-8"], "shop": ["a", "b"]})
    made = profile(frame, contract(**facts), None, (), datetime(2017, 10, 2, tzinfo=UTC))
    assert "SECRET" not in str(made)
