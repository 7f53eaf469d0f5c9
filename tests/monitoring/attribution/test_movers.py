"""Anomalies in the order in which they moved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.kernel.windows import Window
from steek.monitoring.attribution.movers import first_movers

START = datetime(2017, 5, 1, tzinfo=UTC)
CHAIN = [
    ("dataset:transactions@11", "dataset:partner_lines@4"),
    ("dataset:partners@2", "dataset:partner_lines@4"),
    ("dataset:partner_lines@4", "model:partner_demand@7"),
]


def days(first: int, last: int) -> Window:
    return Window(START + timedelta(days=first), START + timedelta(days=last))


@pytest.mark.covers("O8")
def test_time_goes_before_lineage() -> None:
    movers = first_movers(CHAIN, {"model:partner_demand": days(0, 1), "dataset:partners": days(2, 3)})
    assert [(mover.urn, mover.rank) for mover in movers] == [("model:partner_demand", 1), ("dataset:partners", 2)]
    assert movers[0].reason == "began before all that follow"
    assert movers[1].distance == 2


@pytest.mark.covers("O8")
def test_where_onsets_overlap_the_one_upstream_is_first() -> None:
    anomalies = {
        "model:partner_demand@7": days(0, 3),
        "dataset:partner_lines@4": days(1, 3),
        "dataset:partners@2": days(2, 3),
    }
    movers = first_movers(CHAIN, anomalies, subject="model:partner_demand")
    assert [mover.urn for mover in movers] == ["dataset:partners", "dataset:partner_lines", "model:partner_demand"]
    assert [mover.distance for mover in movers] == [2, 1, 0]
    assert "dataset:partner_lines and model:partner_demand, which are made from it" in movers[0].reason


@pytest.mark.covers("O8")
def test_what_nothing_orders_is_said_to_be_a_tie() -> None:
    anomalies = {"dataset:transactions": days(0, 2), "dataset:partners": days(1, 2), "model:partner_demand": days(1, 2)}
    movers = first_movers(CHAIN, anomalies)
    assert [(mover.urn, mover.rank) for mover in movers] == [
        ("dataset:partners", 1),
        ("dataset:transactions", 1),
        ("model:partner_demand", 3),
    ]
    assert movers[0].tied_with == ("dataset:transactions",)
    assert movers[0].reason.endswith("a tie")
    assert movers[2].tied_with == ()


@pytest.mark.covers("O8")
def test_only_what_the_subject_was_made_from_is_kept_and_circles_end() -> None:
    circle = [*CHAIN, ("model:partner_demand", "dataset:predictions"), ("dataset:predictions", "model:partner_demand")]
    anomalies = {"dataset:predictions": days(0, 1), "model:partner_demand": days(0, 1), "dataset:elsewhere": days(0, 1)}
    movers = first_movers(circle, anomalies, subject="model:partner_demand@7")
    assert [(mover.urn, mover.rank) for mover in movers] == [("dataset:predictions", 1), ("model:partner_demand", 1)]
    assert first_movers([], {}) == ()


@pytest.mark.covers("O8")
@settings(max_examples=40)
@given(
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14),
    st.dictionaries(st.integers(0, 7), st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1),
)
def test_every_anomaly_has_one_place_and_none_is_before_one_that_surely_moved_earlier(
    pairs: set[tuple[int, int]], onsets: dict[int, tuple[int, int]]
) -> None:
    edges = [(f"dataset:{a}", f"dataset:{b}") for a, b in pairs]
    anomalies = {f"dataset:{node}": days(start, start + length) for node, (start, length) in onsets.items()}
    movers = first_movers(edges, anomalies)
    assert sorted(mover.urn for mover in movers) == sorted(anomalies)
    ranks = [mover.rank for mover in movers]
    assert ranks == sorted(ranks)
    for index, mover in enumerate(movers):
        earlier = [other for other in movers[:index] if other.rank < mover.rank]
        assert all(mover.onset.end_at > other.onset.start_at for other in earlier)
        assert all(movers[0].onset.start_at < other.onset.end_at for other in movers)
