"""Runs told to and by systems that speak OpenLineage."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from steek.kernel import ReplayClock
from steek.kernel.errors import InputError
from steek.ledger import (
    ColumnSource,
    Database,
    DatasetDescription,
    Draft,
    Ledger,
    Lineage,
    OpenLineage,
    OutsideRuns,
)

OWN = "steek:grocer"
DESCRIBED = {
    "sales": DatasetDescription([("amount", "number", "Dollars paid")], "data@grocer"),
    "maker_lines": DatasetDescription((), "data@grocer", {"amount": [ColumnSource("sales", "amount", True)]}),
}


@pytest.fixture
def worked(ledger: Ledger, clock: ReplayClock) -> Ledger:
    """A batch, a refused one, a derivation, two failed joins of one window, features, a model, a failed training."""
    at = clock.now() - timedelta(minutes=1)
    batch: dict[str, object] = {
        "accepted_rows": 9,
        "quarantined_rows": 1,
        "reasons": {"amount: below 0": 1},
        "size_bytes": 90,
    }
    ledger.record(
        Draft("batch.committed", "dataset:sales@1", "till", batch, at, edges=(("receipt:a", "dataset:sales@1"),)),
        Draft("batch.refused", "dataset:sales", "till", {"code": "unreadable"}),
        Draft("route.changed", "model:m", "ada"),
        Draft(
            "dataset.derived",
            "dataset:maker_lines@2",
            "night",
            {"rows": 9, "definition_hash": "f" * 64},
            edges=(("dataset:sales@1", "dataset:maker_lines@2"), ("dataset:maker_lines@1", "dataset:maker_lines@2")),
        ),
        Draft("join.failed", "dataset:maker_lines", "night", {"join": "a"}, at),
        Draft("join.failed", "dataset:maker_lines", "night", {"join": "b"}, at),
        Draft(
            "features.materialised",
            "features:shop@2017-10-02",
            "night",
            {"rows": 3, "table_version": 5, "definition_hash": "e" * 64},
            edges=(("dataset:maker_lines@2", "features:shop@2017-10-02"),),
        ),
        Draft("model.trained", "trained:m@1", "night", edges=(("features:shop@2017-10-02", "trained:m@1"),)),
        Draft("training.failed", "definition:m@ee", "night", {"code": "user_code"}),
    )
    return ledger


def told(ledger: Ledger, **given: Any) -> list[dict[str, Any]]:
    return list(OpenLineage(ledger.database, ledger, OWN, DESCRIBED.get).run_events(**given))


def check_facet(facet: dict[str, Any]) -> None:
    assert facet["_producer"].startswith("urn:steek")
    assert facet["_schemaURL"].startswith(("https://openlineage.io/spec/facets/", "urn:steek:facet:"))


def check_run_event(event: dict[str, Any]) -> None:
    """What RunEvent in OpenLineage.json 2-0-2 requires."""
    assert {"eventTime", "producer", "schemaURL", "run", "job"} <= event.keys()
    assert event["schemaURL"].endswith("#/$defs/RunEvent")
    UUID(event["run"]["runId"])
    facets = [*event["run"]["facets"].values(), *event["job"]["facets"].values()]
    for dataset in [*event["inputs"], *event["outputs"]]:
        assert dataset["namespace"] == OWN
        assert dataset["name"]
        for part in ("facets", "inputFacets", "outputFacets"):
            facets += dataset.get(part, {}).values()
    for facet in facets:
        check_facet(facet)


@pytest.mark.covers("D11")
def test_each_run_has_one_start_and_one_end(worked: Ledger) -> None:
    events = told(worked)
    by_run: dict[str, list[str]] = {}
    for event in events:
        check_run_event(event)
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    jobs = [event["job"]["name"] for event in events[::2]]
    assert jobs == [
        "ingest.sales",
        "ingest.sales",
        "derive.maker_lines",
        "derive.maker_lines",
        "features.shop",
        "train.m",
        "train.m",
    ]
    ends = ["COMPLETE", "FAIL", "COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "FAIL"]
    assert list(by_run.values()) == [["START", end] for end in ends]
    assert all(start["eventTime"] <= end["eventTime"] for start, end in zip(events[::2], events[1::2], strict=True))
    assert told(worked) == events
    assert len(told(worked, limit=2)) == 4
    assert told(worked, after_sequence=worked.count()) == []


@pytest.mark.covers("D11", "D1", "D4")
def test_a_batch_tells_rows_and_the_assertions_it_failed(worked: Ledger) -> None:
    start, end = told(worked)[:2]
    assert start["outputs"] == []
    checks = end["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert checks == [{"assertion": "contract", "success": False}, {"assertion": "amount: below 0", "success": False}]
    output = end["outputs"][0]
    assert output["facets"]["version"]["datasetVersion"] == "1"
    assert output["facets"]["schema"]["fields"][0] == {
        "name": "amount",
        "type": "number",
        "description": "Dollars paid",
    }
    assert output["facets"]["ownership"]["owners"] == [{"name": "data@grocer", "type": "OWNER"}]
    statistics = output["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["size"]) == (9, 90)


@pytest.mark.covers("D11")
def test_a_derivation_tells_its_inputs_its_code_and_its_columns(worked: Ledger) -> None:
    end = next(event for event in told(worked) if event["job"]["name"] == "derive.maker_lines" and event["outputs"])
    assert [(each["name"], each["facets"]["version"]["datasetVersion"]) for each in end["inputs"]] == [("sales", "1")]
    facets = end["outputs"][0]["facets"]
    assert facets["steek_code"]["definitionHash"] == "f" * 64
    assert facets["columnLineage"]["fields"]["amount"]["inputFields"] == [
        {"namespace": OWN, "name": "sales", "field": "amount", "transformations": [{"type": "DIRECT"}]}
    ]
    assert end["run"]["facets"]["steek_event"]["kind"] == "dataset.derived"


def outside(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": "2017-10-02T05:00:00Z",
        "producer": "https://example.org/airflow",
        "run": {"runId": f"0195e8a0-0000-7000-8000-{number:012}"},
        "job": {"namespace": "airflow", "name": "load.sales"},
        "inputs": [{"namespace": "postgres://till:5432", "name": "shop.public.sales"}],
        "outputs": [{"namespace": OWN, "name": "sales"}],
        **changed,
    }


@pytest.mark.covers("D11")
def test_upstream_of_a_dataset_crosses_into_the_systems_of_others(
    worked: Ledger, database: Database, lineage: Lineage
) -> None:
    before = lineage.upstream("trained:m@1")
    runs = OutsideRuns(database, worked, OWN)
    first = runs.receive(outside(1), actor="airflow")
    count = worked.count()
    assert runs.receive(outside(1), actor="airflow") == first
    assert worked.count() == count
    read_by = {"job": {"namespace": "bi", "name": "report"}, "inputs": [{"namespace": OWN, "name": "sales"}]}
    runs.receive(outside(2, outputs=[{"namespace": "bi", "name": "sales"}], **read_by), actor="bi")
    up = lineage.upstream("trained:m@1").distance
    table = "dataset:postgres:%2F%2Ftill:5432/shop.public.sales"
    assert {urn: up[urn] - up["dataset:sales@1"] for urn in ("dataset:sales", "job:airflow/load.sales", table)} == {
        "dataset:sales": 1,
        "job:airflow/load.sales": 2,
        table: 3,
    }
    assert before.distance.items() <= up.items()
    down = lineage.downstream("receipt:a").distance
    assert {"dataset:sales", "job:bi/report", "dataset:bi/sales"} <= down.keys()
    # A dataset of the same name in another namespace is another dataset.
    assert lineage.upstream("dataset:bi/sales").distance["dataset:sales"] == 2
    assert "dataset:bi/sales" not in up
    assert worked.verify() == worked.count()


@pytest.mark.covers("D11")
def test_a_told_version_is_that_version_and_failed_runs_make_nothing(
    worked: Ledger, database: Database, lineage: Lineage
) -> None:
    runs = OutsideRuns(database, worked, OWN)
    version = {"namespace": OWN, "name": "sales", "facets": {"version": {"datasetVersion": "1"}}}
    runs.receive(outside(1, outputs=[version]), actor="x")
    assert lineage.upstream("dataset:sales@1").distance["job:airflow/load.sales"] == 1
    failed = outside(2, eventType="FAIL", job={"namespace": "airflow", "name": "broken"})
    runs.receive(failed, actor="x")
    assert lineage.downstream("job:airflow/broken").edges == ()
    own_shape = outside(3, outputs=[{"namespace": "other@home", "name": "sales"}])
    runs.receive(own_shape, actor="x")
    assert "dataset:other%40home/sales" in lineage.downstream("job:airflow/load.sales").distance
    circle = outside(4, inputs=[{"namespace": OWN, "name": "sales"}])
    runs.receive(circle, actor="x")
    assert lineage.upstream("dataset:sales").distance["job:airflow/load.sales"] == 1


@pytest.mark.covers("D11", "N3")
@pytest.mark.parametrize(
    ("changed", "told_"),
    [
        ({"run": {"runId": "7"}}, r"run.runId '7' is no UUID"),
        ({"eventType": "DONE"}, "eventType is 'DONE'; allowed: START"),
        ({"eventTime": "yesterday"}, "eventTime 'yesterday' is no instant"),
        ({"eventTime": "2017-10-02T05:00:00"}, "no instant with offset"),
        ({"job": {"namespace": "a"}}, "job.name is missing"),
        ({"inputs": [{"name": "b"}]}, r"inputs\[0\].namespace is missing"),
        ({"outputs": "sales"}, "outputs is no list"),
        ({"producer": 7}, "producer is missing or no text"),
    ],
)
def test_what_is_no_run_event_is_refused_with_the_place(
    ledger: Ledger, database: Database, changed: dict[str, Any], told_: str
) -> None:
    with pytest.raises(InputError, match=told_):
        OutsideRuns(database, ledger, OWN).receive(outside(1, **changed), actor="x")
    with pytest.raises(InputError, match="no 'run'"):
        OutsideRuns(database, ledger, OWN).receive({"job": {}}, actor="x")
    with pytest.raises(InputError, match="no JSON object"):
        OutsideRuns(database, ledger, OWN).receive([1], actor="x")
    assert ledger.count() == 0


@pytest.mark.postgres
@pytest.mark.covers("N1", "D11")
def test_postgresql_crosses_too(postgres_ledger: Ledger) -> None:
    draft = Draft("batch.committed", "dataset:sales@1", "t", edges=(("receipt:a", "dataset:sales@1"),))
    postgres_ledger.record(draft)
    runs = OutsideRuns(postgres_ledger.database, postgres_ledger, OWN)
    assert runs.receive(outside(1), actor="x") == runs.receive(outside(1), actor="x")
    up = Lineage(postgres_ledger.database).upstream("dataset:sales@1").distance
    assert up["job:airflow/load.sales"] == 2
