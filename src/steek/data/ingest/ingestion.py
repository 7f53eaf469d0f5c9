"""Taking batches in: parse, validate, commit, acknowledge."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from steek.data.contracts.log import note_contract
from steek.data.datasets import AnyDataset, Dataset, contract_of
from steek.data.ingest import receipts
from steek.data.ingest.batches import Attempt, Batch, committed_event, note_refusal, receipt_of
from steek.data.ingest.reading import Payload, receive
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.replacing import unknown_fractions
from steek.data.lake.lake import RECEIPT_COLUMN, Lake, check_key, previous_version
from steek.data.validation.rows import validate
from steek.data.volumes import count_volumes
from steek.kernel.clock import Clock
from steek.kernel.errors import (
    ConflictError,
    ContractViolationError,
    InputError,
    NotFoundError,
    UnreadableError,
    describe_unknown,
)
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger


class Ingestion:
    """The one door for data. Safe to share between threads and processes.

    A call returns when the batch is durable in the lake, flushed to the disk, and its receipt is written; a call
    that raises leaves nothing that a reader could see. The same dataset and key again gives the same receipt and
    writes nothing, also after a crash at any moment.

    Args:
        lake: Where rows go.
        database: Where receipts live.
        ledger: Where events go.
        clock: Processing time.
        datasets: Declarations by name, contracts loaded.
        max_batch_bytes: Largest payload that is taken.
    """

    def __init__(
        self,
        lake: Lake,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        max_batch_bytes: int,
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._max_batch_bytes = max_batch_bytes

    def ingest(
        self,
        dataset: str,
        payload: bytes | pl.DataFrame | Path,
        *,
        format: str | None = None,
        key: str,
        actor: str,
        arrived_at: datetime | None = None,
    ) -> Receipt:
        """Take one batch in.

        Args:
            dataset: Name of a declared dataset that is not derived.
            payload: Bytes, a frame, or the path of a file.
            format: parquet, arrow, csv, ndjson or json; None where the suffix or the first bytes tell it.
            key: The client's own name for this batch, once per dataset.
            actor: Who sends it.
            arrived_at: Processing time of the batch where it was not now, as when a history is loaded.

        Raises:
            NotFoundError: no such dataset or file.
            UnreadableError: the payload is not what its format asks for.
            ContractViolationError: unknown, missing or mistyped columns; the whole batch is refused.
            ConflictError: the key was used for another payload.
            StorageFullError, ResourceError: the storage did not take it.
        """
        check_key(key)
        declared = self._dataset(dataset)
        contract = contract_of(declared)
        assert contract is not None
        received = receive(payload, format, max_bytes=self._max_batch_bytes)
        stored = self._stored(dataset, key, received)
        if stored is not None:
            return stored
        attempt = Attempt(dataset, received, key, actor, arrived_at or self._clock.now())
        try:
            validated = validate(contract, received.frame(), textual=received.textual)
        except (UnreadableError, ContractViolationError) as refusal:
            self._refuse(attempt, refusal)
            raise
        return self._commit(Batch(attempt, declared, contract, validated))

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
        name = _quarantine_of(self._declared(dataset).name)
        if self._lake.latest_version(name) is None:
            return _EMPTY_QUARANTINE.clone()
        order = pl.col("received_at").dt.epoch("us") * -1
        return self._lake.scan(name).sort(order, "receipt_id", "position").head(limit).collect()

    def volumes(self, dataset: str, since: datetime, until: datetime, by: str | None = None) -> pl.DataFrame:
        """Rows per 24 hours from `since` on, by event time, and per value of a column: window_start, slice, rows.

        See `count_volumes`. All zero when the dataset has no data yet.

        Raises:
            InputError: the dataset has no event time, or no column `by`.
        """
        declared = self._declared(dataset)
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
        return count_volumes(self._lake.scan(dataset), declared.event_time, window, by)

    def _commit(self, batch: Batch) -> Receipt:
        self._hold_back(batch)
        if batch.dataset.mode == "replace":
            return self._replace(batch)
        frame = batch.validated.accepted.with_columns(pl.lit(batch.attempt.receipt_id).alias(RECEIPT_COLUMN))
        name = batch.dataset.name

        def record(connection: Connection, version: int) -> None:
            urn = f"dataset:{name}@{version}"
            edges = [(f"receipt:{batch.attempt.receipt_id}", urn)]
            before = previous_version(connection, name, version)
            if before is not None:
                edges.append((f"dataset:{name}@{before}", urn))
            self._record(connection, batch, version, edges=edges)

        self._lake.append(name, frame, key=batch.attempt.key, connection_work=record, at=batch.attempt.received_at)
        return self._written(batch)

    def _replace(self, batch: Batch) -> Receipt:
        name = batch.dataset.name
        before = self._lake.latest_version(name)
        if before is not None and self._is_same(batch):
            with self._database.transaction() as connection:
                if receipts.find_by_key(connection, name, batch.attempt.key) is None:
                    self._record(connection, batch, before, unchanged=True)
            return self._written(batch)
        accepted = batch.validated.accepted
        fresh = None if before is None else unknown_fractions(self._lake.scan(name, version=before), accepted)

        def record(connection: Connection, version: int) -> None:
            urn = f"dataset:{name}@{version}"
            drafts: list[Draft] = []
            if fresh is not None:
                facts: dict[str, object] = {
                    "previous_version": before,
                    "rows": accepted.height,
                    "unknown_fraction": fresh,
                    "receipt": batch.attempt.receipt_id,
                }
                drafts.append(Draft("dataset.replaced", urn, batch.attempt.actor, facts, at=batch.attempt.received_at))
            self._record(connection, batch, version, edges=[(f"receipt:{batch.attempt.receipt_id}", urn)], more=drafts)

        self._lake.replace(name, accepted, key=batch.attempt.key, connection_work=record, at=batch.attempt.received_at)
        return self._written(batch)

    def _is_same(self, batch: Batch) -> bool:
        with self._database.reading() as connection:
            last = receipts.find_latest(connection, batch.dataset.name)
        return last is not None and (last.content_hash, last.contract_hash) == (
            batch.attempt.payload.content_hash,
            batch.contract.hash,
        )

    def _record(
        self,
        connection: Connection,
        batch: Batch,
        version: int,
        *,
        unchanged: bool = False,
        edges: list[tuple[str, str]] | None = None,
        more: list[Draft] | None = None,
    ) -> None:
        receipt = receipt_of(batch, version, unchanged=unchanged)
        receipts.write(connection, receipt)
        drafts = note_contract(connection, batch.contract, actor=batch.attempt.actor, at=batch.attempt.received_at)
        drafts.append(committed_event(batch, receipt, tuple(edges or ())))
        self._ledger.append(connection, *drafts, *(more or []))

    def _hold_back(self, batch: Batch) -> None:
        bad = batch.validated.quarantined
        if bad.is_empty():
            return
        frame = bad.with_columns(
            pl.lit(batch.attempt.receipt_id).alias("receipt_id"), pl.lit(batch.attempt.received_at).alias("received_at")
        )
        name = _quarantine_of(batch.dataset.name)
        self._lake.append(
            name, frame.select(_EMPTY_QUARANTINE.columns), key=batch.attempt.key, at=batch.attempt.received_at
        )

    def _refuse(self, attempt: Attempt, refusal: UnreadableError | ContractViolationError) -> None:
        with self._database.transaction() as connection:
            draft = note_refusal(connection, attempt, refusal)
            if draft is not None:
                self._ledger.append(connection, draft)

    def _stored(self, dataset: str, key: str, payload: Payload) -> Receipt | None:
        with self._database.reading() as connection:
            stored = receipts.find_by_key(connection, dataset, key)
        if stored is not None and stored.content_hash != payload.content_hash:
            message = f"key {key!r} of dataset {dataset!r} was used for another payload (receipt {stored.id})"
            raise ConflictError(
                message, next_step="Give each batch its own key; repeat a key only to repeat its batch."
            )
        return stored

    def _written(self, batch: Batch) -> Receipt:
        stored = self._stored(batch.dataset.name, batch.attempt.key, batch.attempt.payload)
        assert stored is not None
        return stored

    def _dataset(self, name: str) -> Dataset:
        declared = self._declared(name)
        if not isinstance(declared, Dataset):
            message = f"dataset {name!r} is derived from {', '.join(declared.inputs)}; nothing can be sent to it"
            raise InputError(message, next_step="Send its inputs, and derive it.")
        return declared

    def _declared(self, name: str) -> AnyDataset:
        if name not in self._datasets:
            raise NotFoundError.among("dataset", name, self._datasets)
        return self._datasets[name]


_EMPTY_QUARANTINE = pl.DataFrame(
    schema={
        "row": pl.String,
        "reason": pl.String,
        "receipt_id": pl.String,
        "position": pl.Int64,
        "received_at": pl.Datetime("us", "UTC"),
    }
)


def _quarantine_of(dataset: str) -> str:
    return f"quarantine.{dataset}"
