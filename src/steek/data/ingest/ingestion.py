"""Taking batches in: parse, validate, keep in the spool, acknowledge, commit."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.contracts.guard import refuse_unproposed
from steek.data.datasets import AnyDataset, Dataset, contract_of
from steek.data.ingest import receipts
from steek.data.ingest.acknowledgement import acknowledge
from steek.data.ingest.acknowledging import Acknowledger
from steek.data.ingest.batches import Attempt, note_refusal
from steek.data.ingest.committing import Committer, quarantine_of
from steek.data.ingest.event_batches import EventBatches, EventWay
from steek.data.ingest.event_requests import EventReceipt, EventRequest
from steek.data.ingest.events import EventQueue
from steek.data.ingest.intake import EMPTY_QUARANTINE, Intake, Taken
from steek.data.ingest.options import IngestOptions, spool_beside
from steek.data.ingest.reading import receive, unworkable
from steek.data.ingest.receipts import Receipt
from steek.data.lake.delta import check_types, stored_types
from steek.data.lake.lake import Lake, check_key
from steek.data.volumes import count_volumes
from steek.kernel.clock import Clock
from steek.kernel.errors import (
    ContractViolationError,
    InputError,
    IntegrityError,
    NotFoundError,
    StorageFullError,
    TooLargeError,
    UnreadableError,
    describe_unknown,
)
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Drained:
    """What is left in the spool of this machine after a commit.

    Args:
        waiting: Datasets with batches that arrived meanwhile.
        spooled_bytes: Bytes in the spool, those of held batches included.
    """

    waiting: tuple[str, ...]
    spooled_bytes: int


class Ingestion:
    """The one door for data. Safe to share between threads and processes.

    A batch is acknowledged when its rows are durable in the spool and its receipt is written; what waits there is
    committed to the lake in groups, in the order of the receipts. A call that waits returns when its batch is in the
    lake, flushed to the disk. A call that raises leaves nothing that a reader could see. The same dataset and key
    again gives the same receipt and writes nothing, also after a crash at any moment.

    Args:
        lake: Where rows go.
        database: Where receipts live.
        ledger: Where events go.
        clock: Processing time.
        datasets: Declarations by name, contracts loaded.
        max_batch_bytes: Largest payload that is taken.
        options: The spool, and what is done to rows on their way; by default a spool beside the database, and nothing.
    """

    def __init__(
        self,
        lake: Lake,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        max_batch_bytes: int,
        options: IngestOptions | None = None,
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._max_batch_bytes = max_batch_bytes
        self._options = options or IngestOptions(spool_beside(lake, database, clock))
        self.spool = self._options.spool
        self.committer = Committer(lake, database, ledger, self.spool)
        self._acknowledger = Acknowledger(database, ledger)
        self._queues: dict[str, EventQueue] = {}
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="steek-events")
        way = EventWay(
            self.spool, database, clock, self._acknowledger, self._contracted, self._options.steps, self._check_types
        )
        self._events = EventBatches(way)
        self._allowed: set[str] = set()
        self._fitting: set[tuple[str, str]] = set()

    def ingest(
        self,
        dataset: str,
        payload: bytes | pl.DataFrame | Path,
        *,
        format: str | None = None,
        key: str,
        actor: str,
        arrived_at: datetime | None = None,
        wait: bool = True,
    ) -> Receipt:
        """Take one batch in.

        Args:
            dataset: Name of a declared dataset that is not derived.
            payload: Bytes, a frame, or the path of a file.
            format: parquet, arrow, csv, ndjson or json; None where the suffix or the first bytes tell it.
            key: The client's own name for this batch, once per dataset.
            actor: Who sends it.
            arrived_at: Processing time of the batch where it was not now, as when a history is loaded.
            wait: Return once the batch is in the lake; a batch that a check of the feed holds is not waited for.
                False returns once it is durable in the spool.

        Raises:
            NotFoundError: no such dataset or file.
            UnreadableError: the payload is not what its format asks for.
            TooLargeError: it has, or would become, more bytes than are taken.
            ContractViolationError: unknown, missing or mistyped columns; the whole batch is refused.
            ConflictError: the key was used for another payload.
            BusyError: the spool is full.
            StorageFullError, ResourceError: the storage did not take it.
            IntegrityError: the disk spoiled the spooled rows before they were committed.
        """
        check_key(key)
        declared = self.declared(dataset)
        contract = contract_of(declared)
        assert contract is not None
        received = receive(payload, format, max_bytes=self._max_batch_bytes)
        attempt = Attempt(dataset, received, key, actor, arrived_at or self._clock.now())
        receipt = self._stored(attempt, contract)
        if receipt is None:
            receipt = self._acknowledged(self._take(attempt, declared, contract))
        if not wait or receipt.state != "spooled":
            return receipt
        return self._committed(receipt)

    def event(
        self,
        dataset: str,
        *rows: Mapping[str, Any],
        actor: str,
        producer: str | None = None,
        sequence: int | None = None,
    ) -> EventReceipt:
        """Take one or a few small records in, together with whatever else arrives in these milliseconds.

        Args:
            dataset: Name of a declared dataset that rows are added to.
            rows: Values by field, as JSON has them.
            actor: Who sends them.
            producer: The sender's lasting name; with it and `sequence` the events are written exactly once.
            sequence: 0 for the producer's first call, and one more for each; the same again is a repetition.

        Raises:
            InputError: one of producer and sequence is missing, or no row was given.
            ConflictError: calls of the producer before this one are missing.
            NotFoundError, ContractViolationError, BusyError, StorageFullError: as for `ingest`.
        """
        future: Future[EventReceipt] = Future()

        def done(result: EventReceipt | Exception) -> None:
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

        self.send_events(EventRequest(dataset, rows, actor, producer, sequence, done))
        return future.result()

    def send_events(self, request: EventRequest) -> None:
        """As `event`, without waiting: the request is told from another thread."""
        queue = self._queues.get(request.dataset)
        if queue is None:
            if self.declared(request.dataset).mode == "replace":
                message = f"dataset {request.dataset!r} is replaced as a whole; single events cannot be added to it"
                raise InputError(message, next_step="Send the whole table as a batch.")
            queue = self._queues.setdefault(request.dataset, EventQueue(self._events, self._workers.submit))
        queue.add(request)

    def drain(self, dataset: str | None = None) -> Drained:
        """Commit what waits in this machine's spool, of one dataset or of all.

        Raises:
            NotFoundError, InputError: no such dataset, or one that takes no batches.
        """
        if dataset is None:
            self.committer.commit_all()
        else:
            self.committer.commit(self.declared(dataset).name)
        return Drained(tuple(self.committer.waiting()), self.spool.used_bytes())

    def receipt(self, id: str) -> Receipt:
        """The receipt of that id. Raises NotFoundError."""
        with self._database.reading() as connection:
            found = receipts.find_by_id(connection, id)
        if found is None:
            message = f"no receipt {id!r}"
            raise NotFoundError(message, next_step="'steek receipt list' shows the newest.")
        return found

    def receipts(self, dataset: str | None = None, limit: int = 100, *, newest_first: bool = True) -> list[Receipt]:
        """Receipts of one dataset or of all, in the order in which they were written or the reverse."""
        with self._database.reading() as connection:
            return receipts.list_receipts(connection, dataset, limit, newest_first=newest_first)

    def quarantine(self, dataset: str, limit: int = 100) -> pl.DataFrame:
        """Rows held back, latest first: row (as it came, JSON), reason, receipt_id, position in its batch, received_at.

        Empty where nothing was ever held back.
        """
        name = quarantine_of(self._named(dataset).name)
        if self._lake.latest_version(name) is None:
            return EMPTY_QUARANTINE.clone()
        order = pl.col("received_at").dt.epoch("us") * -1
        return self._lake.scan(name).sort(order, "receipt_id", "position").head(limit).collect()

    def volumes(self, dataset: str, since: datetime, until: datetime, by: str | None = None) -> pl.DataFrame:
        """Rows per 24 hours from `since` on, by event time, and per value of a column: window_start, slice, rows.

        See `count_volumes`. All zero when the dataset has no data yet.

        Raises:
            InputError: the dataset has no event time, or no column `by`.
        """
        declared = self._named(dataset)
        window = Window(since, until)
        if declared.event_time is None:
            message = f"dataset {dataset!r} has no event time, so it has no volume per window"
            raise InputError(message, next_step="Declare event_time, or look at its receipts.")
        contract = contract_of(declared)
        if by is not None and contract is not None and contract.field(by) is None:
            message, hint = describe_unknown("field", by, contract.names)
            raise InputError(f"volumes of {dataset!r}: {message}", next_step=hint)
        if self._lake.latest_version(dataset) is None:
            schema = {declared.event_time: pl.Datetime("us", "UTC")} | ({} if by is None else {by: pl.String()})
            return count_volumes(pl.LazyFrame(schema=schema), declared.event_time, window, by)
        return count_volumes(self._lake.scan(dataset, technical=True), declared.event_time, window, by)

    def _committed(self, receipt: Receipt) -> Receipt:
        try:
            self.committer.commit(receipt.dataset, until=receipt.id)
        except StorageFullError as cause:
            message = f"{cause.message}; the batch is safe in the spool as receipt {receipt.id}"
            step = "Free space; the same call again, or 'steek receipt commit', brings it into the lake."
            raise StorageFullError(message, next_step=step) from cause
        done = self.receipt(receipt.id)
        if done.state == "damaged":
            message = f"the disk spoiled the rows of receipt {done.id} before they were committed"
            raise IntegrityError(message, next_step="Check the disk of the spool, and send the batch again.")
        return done

    def _take(self, attempt: Attempt, dataset: Dataset, contract: Contract) -> Taken:
        self.spool.check_room(attempt.payload.size_bytes)
        feed = self._options.feed if dataset.feed.made() else None
        try:
            with Intake(
                spool=self.spool,
                attempt=attempt,
                dataset=dataset,
                contract=contract,
                steps=self._options.steps(dataset, contract),
                feed=None if feed is None else feed(dataset, contract, attempt.received_at),
                check_types=self._check_types,
                # Cleaning reads moments and numbers out of text, whatever the format, and leaves them as text.
                textual=attempt.payload.textual or bool(dataset.cleaning),
            ) as intake:
                for chunk in attempt.payload.chunks(most_bytes=self._options.max_expanded_bytes):
                    intake.add(chunk)
                return intake.finish()
        except (UnreadableError, ContractViolationError, TooLargeError) as refusal:
            self._refuse(attempt, refusal)
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as cause:
            refusal = unworkable(cause)
            self._refuse(attempt, refusal)
            raise refusal from cause

    def _acknowledged(self, taken: Taken) -> Receipt:
        receipt, kept = self._acknowledger.run(acknowledge(taken, self.spool.id))
        if not kept:
            self.spool.remove(taken.dataset.name, [file.name for file in taken.files])
        return receipt

    def _check_types(self, dataset: str, schema: pl.Schema) -> None:
        # Opening the table costs more than a small batch; its types only ever grow.
        fits = (dataset, str(schema))
        if fits in self._fitting or self.declared(dataset).mode == "replace":
            return
        uri, options = self._lake.place(dataset)
        stored = stored_types(uri, options)
        if stored is not None:
            check_types(stored, schema, uri)
        self._fitting.add(fits)

    def _contracted(self, name: str) -> tuple[Dataset, Contract]:
        dataset = self.declared(name)
        contract = contract_of(dataset)
        assert contract is not None
        if contract.hash not in self._allowed:
            with self._database.reading() as connection:
                refuse_unproposed(connection, contract, changes=self._options.contract_changes)
            self._allowed.add(contract.hash)
        return dataset, contract

    def _refuse(self, attempt: Attempt, refusal: UnreadableError | ContractViolationError | TooLargeError) -> None:
        with self._database.transaction() as connection:
            draft = note_refusal(connection, attempt, refusal)
            if draft is not None:
                self._ledger.append(connection, draft)

    def _stored(self, attempt: Attempt, contract: Contract) -> Receipt | None:
        """The receipt of an attempt that succeeded before; what would be taken anew may be so by its contract."""
        try:
            with self._database.reading() as connection:
                stored = receipts.find_by_key(connection, attempt.dataset, attempt.key)
                if stored is not None:
                    receipts.check_same(stored, attempt.payload.content_hash)
                    # What the disk spoiled is taken again.
                    if stored.state != "damaged":
                        return stored
                refuse_unproposed(connection, contract, changes=self._options.contract_changes)
        except ContractViolationError as refusal:
            self._refuse(attempt, refusal)
            raise
        return None

    def declared(self, name: str) -> Dataset:
        """The declaration of a dataset that takes batches. Raises NotFoundError and InputError."""
        declared = self._named(name)
        if not isinstance(declared, Dataset):
            message = f"dataset {name!r} is derived from {', '.join(declared.inputs)}; nothing can be sent to it"
            raise InputError(message, next_step="Send its inputs, and derive it.")
        return declared

    def _named(self, name: str) -> AnyDataset:
        if name not in self._datasets:
            raise NotFoundError.among("dataset", name, self._datasets)
        return self._datasets[name]
