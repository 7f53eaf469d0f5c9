"""Micro-batches of single events: one receipt, one spool file and one transaction for all that came together."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import Connection

from steek.data.contracts.contract import Contract
from steek.data.datasets import Dataset
from steek.data.ingest import producers
from steek.data.ingest.acknowledgement import acknowledge
from steek.data.ingest.acknowledging import Acknowledger
from steek.data.ingest.batches import Attempt
from steek.data.ingest.event_requests import EventReceipt, EventRequest
from steek.data.ingest.intake import Intake, Taken
from steek.data.ingest.reading import Payload, unworkable
from steek.data.ingest.reading_text import rows_of
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.spool import Spool
from steek.data.ingest.steps import IntakeSteps
from steek.kernel.clock import Clock
from steek.kernel.errors import (
    ConflictError,
    ContractViolationError,
    StaleWriteError,
    SteekError,
    TooLargeError,
    UnreadableError,
)
from steek.kernel.ids import new_id
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft

EVENT_KEY = "_event_key"
_ATTEMPTS = 20
_EVENT_BYTES = 200


@dataclass(frozen=True, slots=True)
class EventWay:
    """What a micro-batch needs of the ingestion that it belongs to."""

    spool: Spool
    database: Database
    clock: Clock
    acknowledger: Acknowledger
    declared: Callable[[str], tuple[Dataset, Contract]]
    steps: Callable[[Dataset, Contract], IntakeSteps]
    check_types: Callable[[str, pl.Schema], None]


class EventBatches:
    """Writes what a queue collected. Every request is told once what became of it; nothing is raised."""

    def __init__(self, way: EventWay) -> None:
        self._way = way

    def write(self, requests: Sequence[EventRequest]) -> None:
        """Write requests of one dataset; those of one actor share a receipt."""
        by_actor: dict[str, list[EventRequest]] = {}
        for request in requests:
            by_actor.setdefault(request.actor, []).append(request)
        for together in by_actor.values():
            self._write(together)

    def _write(self, requests: Sequence[EventRequest]) -> None:
        try:
            if not any(self._try(requests) for _ in range(_ATTEMPTS)):
                message = "other processes write events of the same producers all the time"
                _tell(requests, ConflictError(message, next_step="Let one process at a time send for a producer."))
        except (ContractViolationError, UnreadableError, TooLargeError) as refusal:
            self._part(requests, refusal)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as cause:
            self._part(requests, unworkable(cause))
        except Exception as cause:  # noqa: BLE001 - handed to whoever waits
            _tell(requests, cause)

    def _part(self, requests: Sequence[EventRequest], refusal: SteekError) -> None:
        parts = _by_shape(requests)
        if len(parts) == 1:
            _tell(requests, refusal)
            return
        for part in parts:
            self._write(part)

    def _try(self, requests: Sequence[EventRequest]) -> bool:
        """Whether all were told; False when another process was faster with events of one of the producers."""
        dataset = requests[0].dataset
        last = self._last(dataset, requests)
        plan = _planned(requests, last)
        receipt, counts = None, dict[int, int]()
        if plan.fresh:
            try:
                receipt, counts = self._taken(plan.fresh, last, plan.reached)
            except StaleWriteError:
                return False
        for request, receipt_id in plan.repeated:
            known = receipt_id or (receipt.id if receipt else "")
            request.done(EventReceipt(known, 0, 0, duplicate=True, delivery=request.delivery))
        for request, refusal in plan.refused:
            request.done(refusal)
        for at, request in enumerate(plan.fresh):
            assert receipt is not None
            bad = counts.get(at, 0)
            good = len(request.rows) - bad
            request.done(EventReceipt(receipt.id, good, bad, duplicate=False, delivery=request.delivery))
        return True

    def _last(self, dataset: str, requests: Sequence[EventRequest]) -> dict[str, tuple[int, str]]:
        names = {request.producer for request in requests if request.producer is not None}
        if not names:
            return {}
        with self._way.database.reading() as connection:
            return producers.last_sequences(connection, dataset, names)

    def _taken(
        self, requests: Sequence[EventRequest], last: Mapping[str, tuple[int, str]], reached: Mapping[str, int]
    ) -> tuple[Receipt, dict[int, int]]:
        dataset, contract = self._way.declared(requests[0].dataset)
        taken, counts = self._spooled(dataset, contract, requests)
        base = acknowledge(taken, self._way.spool.id)

        def work(connection: Connection) -> tuple[Receipt, list[Draft]]:
            if reached and producers.last_sequences(connection, dataset.name, reached) != {
                name: found for name, found in last.items() if name in reached
            }:
                message = "the producers went on meanwhile"
                raise StaleWriteError(message)
            (receipt, _), drafts = base(connection)
            if reached:
                producers.advance(connection, dataset.name, reached, receipt.id, receipt.received_at)
            return receipt, drafts

        try:
            return self._way.acknowledger.run(work), counts
        except BaseException:
            self._way.spool.remove(dataset.name, [file.name for file in taken.files])
            raise

    def _spooled(
        self, dataset: Dataset, contract: Contract, requests: Sequence[EventRequest]
    ) -> tuple[Taken, dict[int, int]]:
        rows: list[object] = [row for request in requests for row in request.rows]
        self._way.spool.check_room(_EVENT_BYTES * len(rows))
        now = self._way.clock.now()
        key = f"events:{new_id(now)}"
        payload = Payload(rows_of(rows), "json", _EVENT_BYTES * len(rows), content_hash([dataset.name, key]))
        steps = _with_keys(self._way.steps(dataset, contract), requests)
        with Intake(
            spool=self._way.spool,
            attempt=Attempt(dataset.name, payload, key, requests[0].actor, now),
            dataset=dataset,
            contract=contract,
            steps=steps,
            feed=None,
            check_types=self._way.check_types,
            textual=True,
            keep_positions=True,
        ) as intake:
            assert isinstance(payload.content, pl.DataFrame)
            intake.add(payload.content)
            taken = intake.finish()
            return taken, _counts(requests, intake.quarantined)


@dataclass(frozen=True, slots=True)
class _Plan:
    fresh: list[EventRequest]
    repeated: list[tuple[EventRequest, str]]
    refused: list[tuple[EventRequest, ConflictError]]
    reached: dict[str, int]


def _planned(requests: Iterable[EventRequest], last: Mapping[str, tuple[int, str]]) -> _Plan:
    """Which requests are new, in the order of their producers' sequences."""
    plan = _Plan([], [], [], {})
    ordered = sorted(requests, key=lambda request: -1 if request.sequence is None else request.sequence)
    for request in ordered:
        if request.producer is None or request.sequence is None:
            plan.fresh.append(request)
            continue
        before, receipt_id = last.get(request.producer, (None, ""))
        at = plan.reached.get(request.producer, before)
        try:
            if producers.is_repeated(request.producer, request.sequence, at):
                plan.repeated.append((request, receipt_id if request.producer not in plan.reached else ""))
                continue
        except ConflictError as gap:
            plan.refused.append((request, gap))
            continue
        plan.reached[request.producer] = request.sequence
        plan.fresh.append(request)
    return plan


class _EventKeys:
    """Adds the name that the producer gave an event: producer, sequence, number of the row in its request."""

    name = "event keys"

    def __init__(self, keys: list[str | None]) -> None:
        self._keys = keys

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.Series(EVENT_KEY, self._keys, dtype=pl.String))


def _with_keys(steps: IntakeSteps, requests: Sequence[EventRequest]) -> IntakeSteps:
    if all(request.producer is None for request in requests):
        return steps
    keys = [
        None if request.producer is None else f"{request.producer}/{request.sequence}/{at}"
        for request in requests
        for at in range(len(request.rows))
    ]
    return replace(steps, before_validation=(*steps.before_validation, _EventKeys(keys)))


def _counts(requests: Sequence[EventRequest], positions: Sequence[int]) -> dict[int, int]:
    """Rows held back of each request, by its number."""
    if not positions:
        return {}
    owner = [at for at, request in enumerate(requests) for _ in request.rows]
    counts: dict[int, int] = {}
    for position in positions:
        counts[owner[position]] = counts.get(owner[position], 0) + 1
    return counts


def _by_shape(requests: Sequence[EventRequest]) -> list[list[EventRequest]]:
    """Requests with the same fields of the same types: what is wrong with one is wrong with its whole part."""
    parts: dict[str, list[EventRequest]] = {}
    for request in requests:
        shape = sorted({(name, type(value).__name__) for row in request.rows for name, value in row.items()})
        parts.setdefault(json.dumps(shape), []).append(request)
    return list(parts.values())


def _tell(requests: Sequence[EventRequest], cause: Exception) -> None:
    for request in requests:
        request.done(cause)
