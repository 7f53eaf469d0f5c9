"""Runs of other systems, told as OpenLineage RunEvents, in the same graph as our own.

Names from outside carry their namespace, so that they are never taken for a name of this project; only a dataset that
is told in the project's own namespace is the project's own.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import insert, select

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger.database import Database
from steek.ledger.events import Draft, Event
from steek.ledger.ledger import Ledger
from steek.ledger.tables import outside_runs

EVENT_TYPES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
# A run that failed made nothing, and one that has begun has not made it yet.
_MAKES = ("COMPLETE", "OTHER", "RUNNING")
_OWN_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 300
_MOST_DATASETS = 10_000
_SPEC = "See https://openlineage.io/spec/2-0-2/OpenLineage.json."


@dataclass(frozen=True, slots=True)
class RunEvent:
    """What draws lineage in an OpenLineage RunEvent; the rest is not kept."""

    run_id: str
    event_type: str
    at: datetime
    producer: str
    job: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class OutsideRuns:
    """Takes in RunEvents, each pair of run and event type once.

    Args:
        database: Where it is kept which were told.
        ledger: Where `lineage.received` events go, which draw the edges.
        namespace: OpenLineage namespace of this project; its datasets in it are the project's own.
    """

    def __init__(self, database: Database, ledger: Ledger, namespace: str) -> None:
        self._database = database
        self._ledger = ledger
        self.namespace = namespace

    def receive(self, document: object, *, actor: str) -> Event:
        """Write a RunEvent down and draw its edges; told again, the event that was written then.

        Raises:
            InputError: not a RunEvent; the message says what is missing, and where.
        """
        told = parse_run_event(document, own_namespace=self.namespace)
        where = outside_runs.c.run_id == told.run_id, outside_runs.c.event_type == told.event_type
        with self._database.transaction() as connection:
            known = connection.execute(select(outside_runs.c.event_id).where(*where)).scalar()
            if known is None:
                event = self._ledger.append(connection, _draft(told, actor))[0]
                row = {"run_id": told.run_id, "event_type": told.event_type, "job": told.job, "event_id": event.id}
                connection.execute(insert(outside_runs).values(**row, at=told.at))
                return event
        event = self._ledger.event(known)
        assert event is not None, "an event is never removed"
        return event


def parse_run_event(document: object, *, own_namespace: str) -> RunEvent:
    """Read a RunEvent.

    Raises:
        InputError: something is missing or of the wrong kind; the message names the field.
    """
    body = _object(document, "the document")
    event_type = body.get("eventType", "OTHER")
    if "run" not in body:
        message = "the document has no 'run': only RunEvents are taken in, no JobEvents or DatasetEvents"
        raise InputError(message, next_step=_SPEC)
    if event_type not in EVENT_TYPES:
        message = f"eventType is {event_type!r}; allowed: {', '.join(EVENT_TYPES)}"
        raise InputError(message, next_step=_SPEC)
    run, job = _object(body["run"], "run"), _object(body.get("job"), "job")
    return RunEvent(
        run_id=_uuid(_text(run, "runId", "run.runId")),
        event_type=str(event_type),
        at=_instant(_text(body, "eventTime", "eventTime")),
        producer=_text(body, "producer", "producer")[:_LONGEST],
        job=_urn("job", _text(job, "namespace", "job.namespace"), _text(job, "name", "job.name")),
        inputs=_datasets(body, "inputs", own_namespace),
        outputs=_datasets(body, "outputs", own_namespace),
    )


def _datasets(body: Mapping[str, Any], field: str, own_namespace: str) -> tuple[str, ...]:
    given: object = body.get(field) or []
    if not isinstance(given, list) or len(cast("list[object]", given)) > _MOST_DATASETS:
        message = f"{field} is no list of at most {_MOST_DATASETS:,} datasets"
        raise InputError(message, next_step=_SPEC)
    urns: list[str] = []
    for at, each in enumerate(cast("list[object]", given)):
        dataset = _object(each, f"{field}[{at}]")
        namespace = _text(dataset, "namespace", f"{field}[{at}].namespace")
        name = _text(dataset, "name", f"{field}[{at}].name")
        if namespace == own_namespace and _OWN_NAME.fullmatch(name):
            urns.append(str(Urn("dataset", name, _version(dataset))))
        else:
            urns.append(_urn("dataset", namespace, name))
    return tuple(dict.fromkeys(urns))


def _version(dataset: Mapping[str, Any]) -> str | None:
    facets: Any = dataset.get("facets") or {}
    version: Any = facets.get("version") if isinstance(facets, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    told = cast("dict[str, object]", version).get("datasetVersion") if isinstance(version, dict) else None
    return told if isinstance(told, str) and told.isdecimal() else None


def _urn(kind: str, namespace: str, name: str) -> str:
    """The namespace and the name, one slash between them; our own names of these kinds have none."""
    whole = f"{kind}:{quote(namespace, safe=':._-')}/{quote(name, safe=':._-')}"
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[: _LONGEST - 65]}~{hashlib.sha256(whole.encode()).hexdigest()}"


def _draft(told: RunEvent, actor: str) -> Draft:
    facts: dict[str, object] = {
        "run_id": told.run_id,
        "event_type": told.event_type,
        "producer": told.producer,
        "inputs": len(told.inputs),
        "outputs": len(told.outputs),
    }
    edges = [(urn, told.job) for urn in told.inputs if urn != told.job]
    if told.event_type in _MAKES:
        edges += [(told.job, urn) for urn in told.outputs]
    return Draft("lineage.received", told.job, actor, facts, at=told.at, edges=tuple(edges))


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"{where} is no JSON object"
        raise InputError(message, next_step=_SPEC)
    return cast("dict[str, Any]", value)


def _text(record: Mapping[str, Any], field: str, where: str) -> str:
    value = record.get(field)
    if not isinstance(value, str) or not value.strip():
        message = f"{where} is missing or no text"
        raise InputError(message, next_step=_SPEC)
    return value


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        message = f"run.runId {text[:40]!r} is no UUID"
        raise InputError(message, next_step=_SPEC) from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"eventTime {text[:40]!r} is no instant with offset"
        raise InputError(message, next_step=_SPEC) from None
    return at.astimezone(UTC)
