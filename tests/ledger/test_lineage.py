"""The graph that events draw, in both directions, and what changed upstream of a thing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steek.kernel import ReplayClock
from steek.ledger import Database, Draft, Ledger, Lineage, changes_upstream, metadata
from steek.ledger.tables import events, lineage_edges, outside_runs

START = datetime(2017, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)
# receipt -> transactions@1 -> transactions@2 -> features -> trained -> deployment; products@1 joins in at features.
EDGES = [
    ("receipt:a", "dataset:transactions@1"),
    ("dataset:transactions@1", "dataset:transactions@2"),
    ("receipt:b", "dataset:transactions@2"),
    ("dataset:transactions@2", "features:household@t"),
    ("dataset:products@1", "features:household@t"),
    ("features:household@t", "trained:search@1"),
    ("dataset:transactions@2", "trained:search@1"),
    ("definition:search@aa", "trained:search@1"),
    ("trained:search@1", "deployment:search@1"),
]


@pytest.fixture
def drawn(ledger: Ledger) -> Ledger:
    ledger.record(*(Draft("batch.committed", to, "store", at=START, edges=((start, to),)) for start, to in EDGES))
    return ledger


@pytest.mark.covers("D11")
@pytest.mark.usefixtures("drawn")
def test_upstream_reaches_the_receipts_by_the_shortest_way(lineage: Lineage) -> None:
    assert lineage.upstream("trained:search@1").distance == {
        "trained:search@1": 0,
        "features:household@t": 1,
        "dataset:transactions@2": 1,
        "definition:search@aa": 1,
        "dataset:products@1": 2,
        "dataset:transactions@1": 2,
        "receipt:b": 2,
        "receipt:a": 3,
    }


@pytest.mark.covers("D11")
@pytest.mark.usefixtures("drawn")
def test_downstream_names_everything_that_depends_on_a_dataset(lineage: Lineage) -> None:
    graph = lineage.downstream("dataset:products@1")
    assert list(graph.distance) == [
        "dataset:products@1",
        "features:household@t",
        "trained:search@1",
        "deployment:search@1",
    ]
    assert [(edge.upstream, edge.downstream) for edge in graph.edges] == [
        ("dataset:products@1", "features:household@t"),
        ("features:household@t", "trained:search@1"),
        ("trained:search@1", "deployment:search@1"),
    ]
    assert {edge.at for edge in graph.edges} == {START}


@pytest.mark.usefixtures("drawn")
def test_a_walk_can_be_kept_short(lineage: Lineage) -> None:
    assert set(lineage.upstream("deployment:search@1", max_distance=1).distance) == {
        "deployment:search@1",
        "trained:search@1",
    }
    assert lineage.upstream("deployment:search@1", max_distance=0).edges == ()


def test_an_unknown_thing_stands_alone(lineage: Lineage) -> None:
    graph = lineage.upstream("dataset:nobody@1")
    assert (graph.distance, graph.edges) == ({"dataset:nobody@1": 0}, ())


def test_an_edge_drawn_twice_is_one_edge_of_the_first_event(ledger: Ledger, lineage: Lineage) -> None:
    for at in (START, START + DAY):
        ledger.record(Draft("batch.committed", "dataset:d@1", "store", at=at, edges=(("receipt:a", "dataset:d@1"),)))
    assert [edge.at for edge in lineage.upstream("dataset:d@1").edges] == [START]


nodes = st.integers(0, 9).map(lambda number: f"dataset:n@{number}")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=st.lists(st.tuples(nodes, nodes), max_size=20), root=nodes)
def test_both_directions_agree_with_a_plain_search_even_around_circles(
    clock: ReplayClock, edges: list[tuple[str, str]], root: str
) -> None:
    database = Database.open("sqlite://")
    metadata.create_all(database.engine, tables=[events, lineage_edges, outside_runs])
    Ledger(database, clock).record(Draft("batch.committed", "dataset:n@0", "store", edges=tuple(edges)))
    lineage = Lineage(database)
    assert lineage.downstream(root).distance == plain_search(edges, root)
    assert lineage.upstream(root).distance == plain_search([(to, start) for start, to in edges], root)
    database.close()


def plain_search(edges: list[tuple[str, str]], root: str) -> dict[str, int]:
    distance, frontier = {root: 0}, [root]
    while frontier:
        ends = [to for near in frontier for start, to in edges if start == near and to not in distance]
        step = distance[frontier[0]] + 1
        frontier = list(dict.fromkeys(ends))
        distance.update(dict.fromkeys(frontier, step))
    return distance


def test_more_things_than_one_query_takes_are_all_found(ledger: Ledger, lineage: Lineage) -> None:
    receipts = [f"receipt:{number}" for number in range(1300)]
    edges = tuple((receipt, f"dataset:d@{receipt[8:]}") for receipt in receipts)
    whole = tuple((f"dataset:d@{number}", "features:f@t") for number in range(1300))
    ledger.record(Draft("features.materialised", "features:f@t", "night", edges=edges + whole))
    assert len(lineage.upstream("features:f@t").distance) == 1 + 1300 + 1300


@pytest.mark.covers("I6", "O12")
def test_changes_upstream_come_nearest_first_then_latest_and_the_world_last(drawn: Ledger, lineage: Lineage) -> None:
    def change(kind: str, subject: str, days: float) -> None:
        drawn.record(Draft(kind, subject, "somebody", at=START + days * DAY))

    change("contract.changed", "dataset:transactions", 1)
    change("dataset.replaced", "dataset:products@7", 2)
    change("definition.changed", "definition:search@bb", 3)
    change("definition.changed", "definition:search@cc", 4)
    change("external.changed", "supplier:9", 2.5)
    change("definition.changed", "definition:another@aa", 2)
    change("batch.committed", "dataset:transactions@9", 2)
    change("contract.changed", "dataset:transactions", 9)

    changes = changes_upstream(drawn, lineage, "trained:search@1", since=START, until=START + 5 * DAY)
    assert [(change.event.subject, change.distance) for change in changes] == [
        ("definition:search@cc", 1),
        ("definition:search@bb", 1),
        ("dataset:transactions", 1),
        ("dataset:products@7", 2),
        ("supplier:9", None),
    ]


@pytest.mark.covers("I6")
def test_a_quiet_stretch_has_no_changes(drawn: Ledger, lineage: Lineage) -> None:
    drawn.record(Draft("contract.changed", "dataset:transactions", "somebody", at=START))
    assert changes_upstream(drawn, lineage, "trained:search@1", since=START + DAY, until=START + 2 * DAY) == []


@pytest.mark.postgres
@pytest.mark.covers("N1", "D11")
def test_postgresql_draws_the_same_graph(postgres_ledger: Ledger) -> None:
    for _ in range(2):
        postgres_ledger.record(Draft("batch.committed", "dataset:d@1", "store", edges=tuple(EDGES)))
    graph = Lineage(postgres_ledger.database).upstream("trained:search@1")
    assert graph.distance["receipt:a"] == 3
    assert len(graph.edges) == 8
