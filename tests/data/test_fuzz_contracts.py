"""Any YAML is a contract or is told what is wrong with it; what was read is written and read back the same."""

import copy
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steek.data.contracts.odcs import parse_contract, write_contract
from steek.kernel.errors import DeclarationError

ROOT: dict[str, Any] = yaml.safe_load("""
apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
description: {purpose: rows}
schema:
- name: t
  properties:
  - name: a
    logicalType: integer
    required: true
    primaryKey: true
    logicalTypeOptions: {minimum: 0, maximum: 9}
    classification: personal
    customProperties:
    - {property: unit, value: USD}
    - {property: subject, value: household}
    - {property: pseudonym, value: keyed}
    - {property: sealed, value: true}
  - {name: b, logicalType: string, quality: [{metric: invalidValues, arguments: {validValues: [x, y]}, mustBe: 0}]}
  - {name: c, logicalType: string, enum: [{value: x}]}
team: {members: [{username: o, role: owner}]}
slaProperties: [{property: retention, value: 30, unit: d}, {property: frequency, value: 1, unit: d}]
customProperties:
- {property: source, value: s}
- {property: jurisdiction, value: US}
- {property: expectedVolumes, value: [{minimum: 1, by: b, per: 1d}]}
""")


def _within(node: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(node, dict):
        return cast("dict[Any, Any]", node).items()
    return enumerate(cast("list[Any]", node)) if isinstance(node, list) else ()


def places(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = list(_within(node))
    own: list[tuple[Any, ...]] = [above] if above else []
    return own + [place for key, value in inner for place in places(value, (*above, key))]


PLACES = places(ROOT)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    ["", [], {}, [[]], [{}], {"a": 1}, [None], "1d", "-1d", "9999999999w", 10**400, -1, float("nan"), float("inf"),
     date(2020, 1, 1), b"x", "\0", ["x", 1], ["x", True], [1.5], ["x", ["y"]], "integer", "date", "prefix"]
)  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), ODD)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid contract where one or two parts are missing or replaced."""
    root = copy.deepcopy(ROOT)
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2)):
        node: Any = root
        try:
            for key in place[:-1]:
                node = node[key]
            if draw(st.integers(0, 4)) == 0:
                del node[place[-1]]
            else:
                node[place[-1]] = draw(ANYTHING)
        except (KeyError, IndexError, TypeError, AttributeError):
            # The first change took the place of the second away.
            continue
    return yaml.safe_dump(root, allow_unicode=True)


def read(text: str) -> bool:
    """Whether it is a contract; one that was refused without a message counts as read."""
    try:
        contract = parse_contract(text)
    except DeclarationError as refusal:
        return not refusal.message
    assert len(contract.hash) == 64
    assert parse_contract(write_contract(contract)) == contract
    return True


SOME = settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.covers("D3", "N3")
@SOME
@given(mutated())
def test_a_contract_with_odd_parts_is_read_back_or_refused(text: str) -> None:
    read(text)


@pytest.mark.covers("D3", "N3")
@SOME
@given(st.text(), st.sampled_from(["", "kind: DataContract\n", "kind: DataContract\napiVersion: v3.1.0\nschema:\n- "]))
def test_any_text_is_refused_with_a_message(text: str, before: str) -> None:
    assert not read(before + text)


def bindings(levels: int) -> str:
    """Nodes that stand for twice as many as the one before."""
    rows = [f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]" for at in range(levels)]
    return "\n".join(["kind: DataContract", "apiVersion: v3.1.0", "a: &a [x, x]", *rows])


CRASHES = [
    "[[[" * 5000,
    "{" * 100_000,
    "&a [*a]",
    "kind: DataContract\na: &a [*a]",
    bindings(20),
    bindings(20) + "\nversion: *u",
    "!!python/object:os.system x",
    "a: 2020-13-45",
    "a: !!int x",
    "a: !!timestamp x",
    "a: !!binary \xe9",
    "---\n---\n",
    "\0",
    "kind: DataContract\n? [a]\n: 1",
    "kind: DataContract\napiVersion: v3.1.0\nversion: 0x" + "f" * 9000,
    "kind: DataContract\nversion: " + "1" * 5000,
]


@pytest.mark.covers("D3", "N3")
@pytest.mark.parametrize("text", CRASHES, ids=lambda text: repr(text[:30]))
def test_what_once_broke_is_refused(text: str) -> None:
    assert not read(text)


def test_the_contract_that_is_spoiled_here_is_a_good_one() -> None:
    assert read(yaml.safe_dump(ROOT))
