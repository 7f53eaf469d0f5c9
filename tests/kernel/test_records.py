"""One text per value: canonical JSON and content hashes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel import canonical_json, content_hash
from steek.kernel.records import to_plain

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    path: PurePosixPath
    lasts: timedelta


@dataclass(frozen=True)
class Outer:
    inner: Inner
    at: datetime
    colours: frozenset[Colour]


@given(json_values)
def test_canonical_json_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_the_order_of_keys_makes_no_difference(value: dict[str, object]) -> None:
    assert content_hash(dict(reversed(value.items()))) == content_hash(value)


@given(json_values, json_values)
def test_different_texts_have_different_hashes(one: object, other: object) -> None:
    assert (content_hash(one) == content_hash(other)) == (canonical_json(one) == canonical_json(other))


def test_records_enums_instants_durations_and_sets_become_plain() -> None:
    record = Outer(
        Inner(PurePosixPath("lake/transactions"), timedelta(minutes=1, milliseconds=500)),
        datetime(2017, 10, 2, 6, tzinfo=UTC),
        frozenset({Colour.RED}),
    )
    assert to_plain(record) == {
        "inner": {"path": "lake/transactions", "lasts": 60.5},
        "at": "2017-10-02T06:00:00+00:00",
        "colours": ["red"],
    }
    assert canonical_json((1, "ü", {2: None})) == '[1,"ü",{"2":null}]'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"deep": [float("-inf")]}])
def test_numbers_that_json_does_not_know_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(value)


def test_a_known_value_keeps_its_hash_for_ever() -> None:
    # Stored identities depend on it: this line may never change.
    assert content_hash({"a": [1, 2.5, None], "b": "é"}) == (
        "41a039b5a690a0e490a416507920c9993f5d12a59eb496d685026408ea22b407"
    )
