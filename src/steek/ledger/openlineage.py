"""Events of the ledger as OpenLineage RunEvents (spec 2-0-2): one START and one end for each run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select

from steek.kernel.urn import Urn
from steek.ledger.database import Database
from steek.ledger.events import Event
from steek.ledger.ledger import Ledger
from steek.ledger.tables import lineage_edges

PRODUCER = "urn:steek"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_PAGE = 1000
# Facet to its version and the name of its schema.
_FACETS = {
    "schema": ("1-1-1", "SchemaDatasetFacet"),
    "version": ("1-0-1", "DatasetVersionDatasetFacet"),
    "columnLineage": ("1-2-0", "ColumnLineageDatasetFacet"),
    "ownership": ("1-0-1", "OwnershipDatasetFacet"),
    "dataQualityAssertions": ("1-0-1", "DataQualityAssertionsDatasetFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "jobType": ("2-0-3", "JobTypeJobFacet"),
}


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """A column that another one comes from. `is_direct`: its values go in; otherwise it decides which rows do."""

    dataset: str
    column: str
    is_direct: bool


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """What is known of a dataset apart from its runs; empty parts are unknown and make no facet.

    Args:
        fields: (name, type, meaning) of its columns.
        owner: Who answers for it.
        columns: Column to what it comes from; columns of which nothing is known are left out.
    """

    fields: Sequence[tuple[str, str, str]] = ()
    owner: str = ""
    columns: Mapping[str, Sequence[ColumnSource]] = field(default_factory=dict[str, Sequence[ColumnSource]])


Describe = Callable[[str], DatasetDescription | None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of event is told: the job's first word, how the run ended."""

    job: str
    ended: str


# Kinds of events that end a run.
_KINDS: dict[str, _Kind] = {
    "batch.committed": _Kind("ingest", "COMPLETE"),
    "batch.refused": _Kind("ingest", "FAIL"),
    "dataset.derived": _Kind("derive", "COMPLETE"),
    "join.failed": _Kind("derive", "FAIL"),
    "features.materialised": _Kind("features", "COMPLETE"),
    "model.trained": _Kind("train", "COMPLETE"),
    "training.failed": _Kind("train", "FAIL"),
}


class OpenLineage:
    """Tells the ledger's runs to systems that speak OpenLineage.

    Args:
        database: Where edges are.
        ledger: Where events are.
        namespace: Namespace of this project's jobs and datasets.
        describe: Facts about a dataset by its name; None for an unknown one.
    """

    def __init__(self, database: Database, ledger: Ledger, namespace: str, describe: Describe) -> None:
        self._database = database
        self._ledger = ledger
        self._namespace = namespace
        self._describe = describe

    def run_events(
        self, *, since: datetime | None = None, after_sequence: int | None = None, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """RunEvents of runs that ended since then, in order of the ledger; START and end of a run follow each other.

        Args:
            since: Event time.
            after_sequence: Only events written after this one.
            limit: At most so many runs.
        """
        seen: set[str] = set()
        after = after_sequence
        while page := self._ledger.events(kinds=list(_KINDS), since=since, after_sequence=after, limit=_PAGE):
            sources = self._sources(page)
            for event in page:
                run_id = _run_id(event)
                if run_id in seen:
                    continue
                seen.add(run_id)
                yield from self._told(event, run_id, sources.get(event.sequence, []))
                if limit is not None and len(seen) >= limit:
                    return
            after = page[-1].sequence

    def _sources(self, page: Sequence[Event]) -> dict[int, list[str]]:
        edges = lineage_edges.c
        query = select(edges.event_sequence, edges.upstream).where(
            edges.event_sequence.between(page[0].sequence, page[-1].sequence)
        )
        found: dict[int, list[str]] = {}
        with self._database.reading() as connection:
            for sequence, upstream in connection.execute(query.order_by(edges.event_sequence, edges.upstream)):
                found.setdefault(sequence, []).append(upstream)
        return found

    def _told(self, event: Event, run_id: str, sources: Sequence[str]) -> Iterator[dict[str, Any]]:
        kind, subject = _KINDS[event.kind], Urn.parse(event.subject)
        inputs = [self._dataset(Urn.parse(urn)) for urn in dict.fromkeys(sources) if _is_input(urn, subject)]
        if kind.job == "ingest":
            inputs = [self._batch(subject.name, event)]
        outputs = [self._output(subject, event)] if kind.ended == "COMPLETE" else []
        common: dict[str, Any] = {
            "producer": PRODUCER,
            "schemaURL": _SCHEMA,
            "job": {
                "namespace": self._namespace,
                "name": f"{kind.job}.{subject.name}",
                "facets": {"jobType": _facet("jobType", processingType="BATCH", integration="STEEK", jobType=kind.job)},
            },
            "inputs": inputs,
        }
        run: dict[str, Any] = {"runId": run_id, "facets": {"steek_event": _own_facet("event", **_identity(event))}}
        # Where an event says when its run began, that is its event time.
        began_at = min(event.at, event.recorded_at)
        yield {**common, "eventType": "START", "eventTime": began_at.isoformat(), "run": run, "outputs": []}
        if kind.ended == "FAIL":
            told = str(event.payload.get("code") or event.kind)
            error = _facet("errorMessage", message=told, programmingLanguage="python")
            run = {**run, "facets": {**run["facets"], "errorMessage": error}}
        ended_at = max(event.at, event.recorded_at)
        yield {**common, "eventType": kind.ended, "eventTime": ended_at.isoformat(), "run": run, "outputs": outputs}

    def _output(self, subject: Urn, event: Event) -> dict[str, Any]:
        dataset = self._dataset(subject, event)
        rows = event.payload.get("accepted_rows", event.payload.get("rows"))
        if isinstance(rows, int):
            statistics: dict[str, Any] = {"rowCount": rows}
            if isinstance(event.payload.get("size_bytes"), int):
                statistics["size"] = event.payload["size_bytes"]
            dataset["outputFacets"] = {"outputStatistics": _facet("outputStatistics", **statistics)}
        return dataset

    def _batch(self, name: str, event: Event) -> dict[str, Any]:
        """What arrived, and which assertions of its contract it passed."""
        assertions: list[dict[str, Any]] = []
        if "quarantined_rows" in event.payload:
            assertions.append({"assertion": "contract", "success": event.payload["quarantined_rows"] == 0})
        reasons = event.payload.get("reasons")
        if isinstance(reasons, dict):
            assertions += [{"assertion": str(reason), "success": False} for reason in reasons]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        batch: dict[str, Any] = {"namespace": self._namespace, "name": f"batches.{name}"}
        if assertions:
            batch["inputFacets"] = {"dataQualityAssertions": _facet("dataQualityAssertions", assertions=assertions)}
        return batch

    def _dataset(self, urn: Urn, event: Event | None = None) -> dict[str, Any]:
        name = urn.name if urn.kind == "dataset" else f"{urn.kind}.{urn.name}"
        facets: dict[str, Any] = {}
        version = urn.version
        if urn.kind == "features" and event is not None and "table_version" in event.payload:
            facets["steek_snapshot"] = _own_facet(
                "snapshot", asOf=urn.version, definition=event.payload["definition_hash"]
            )
            version = str(event.payload["table_version"])
        if version is not None:
            facets["version"] = _facet("version", datasetVersion=version)
        told = self._describe(name)
        if told is not None:
            facets |= self._described(told, with_columns=event is not None)
        if event is not None and "definition_hash" in event.payload and urn.kind == "dataset":
            facets["steek_code"] = _own_facet("code", definitionHash=event.payload["definition_hash"])
        return {"namespace": self._namespace, "name": name, "facets": facets}

    def _described(self, told: DatasetDescription, *, with_columns: bool) -> dict[str, Any]:
        facets: dict[str, Any] = {}
        if told.fields:
            fields = [
                {"name": name, "type": type_} | ({"description": meaning} if meaning else {})
                for name, type_, meaning in told.fields
            ]
            facets["schema"] = _facet("schema", fields=fields)
        if told.owner:
            facets["ownership"] = _facet("ownership", owners=[{"name": told.owner, "type": "OWNER"}])
        if told.columns and with_columns:
            fields_of = {
                column: {"inputFields": [self._source(each) for each in sources]}
                for column, sources in told.columns.items()
            }
            facets["columnLineage"] = _facet("columnLineage", fields=fields_of)
        return facets

    def _source(self, source: ColumnSource) -> dict[str, Any]:
        how = {"type": "DIRECT" if source.is_direct else "INDIRECT"}
        return {
            "namespace": self._namespace,
            "name": source.dataset,
            "field": source.column,
            "transformations": [how],
        }


def _is_input(urn: str, subject: Urn) -> bool:
    source = Urn.parse(urn)
    is_own_past = (source.kind, source.name) == (subject.kind, subject.name)
    return source.kind in ("dataset", "features", "definition") and not is_own_past


def _run_id(event: Event) -> str:
    """The event's own id, which is a UUID; several failed joins of one window are one failed run."""
    if event.kind != "join.failed":
        return event.id
    return str(uuid5(NAMESPACE_URL, f"{PRODUCER}:{event.subject}:{event.at.isoformat()}"))


def _identity(event: Event) -> dict[str, Any]:
    return {"id": event.id, "sequence": event.sequence, "kind": event.kind, "actor": event.actor, "hash": event.hash}


def _facet(name: str, **values: object) -> dict[str, Any]:
    version, schema = _FACETS[name]
    url = f"https://openlineage.io/spec/facets/{version}/{schema}.json#/$defs/{schema}"
    return {"_producer": PRODUCER, "_schemaURL": url, **values}


def _own_facet(name: str, **values: object) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"urn:steek:facet:{name}:1", **values}
