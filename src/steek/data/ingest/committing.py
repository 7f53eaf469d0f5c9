"""From the spool into the lake: batches that wait are committed in groups, each exactly once."""

import contextlib
from collections.abc import Iterator, Sequence

import polars as pl
from sqlalchemy import Connection

from steek.data.ingest import entries, receipts
from steek.data.ingest.batches import committed_event
from steek.data.ingest.entries import Entry
from steek.data.ingest.intake import EMPTY_QUARANTINE
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.replacing import unknown_fractions
from steek.data.ingest.spool import Spool
from steek.data.ingest.spool_files import check, read_frames, read_schema
from steek.data.lake.chunks import Chunks
from steek.data.lake.delta import find_commit
from steek.data.lake.lake import RECEIPT_COLUMN, Lake, previous_version
from steek.governance import is_technical
from steek.kernel.errors import InputError, IntegrityError
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

_MOST_RECEIPTS = 128
_MOST_BYTES = 2_000_000_000


class Committer:
    """Commits what lies in one spool. Safe to share between threads and between processes on one spool.

    The receipts of a group are chosen and named in a transaction before anything is written, the group's name is the
    key of its Delta commit, and versions, receipts and events are written in one transaction after it. Whoever comes
    after a crash finds the same group and does the same again, which changes nothing that was done.

    Args:
        lake: Where the rows go.
        database: Where receipts live.
        ledger: Where events go.
        spool: Where the rows lie.
    """

    def __init__(self, lake: Lake, database: Database, ledger: Ledger, spool: Spool) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._spool = spool
        self._swept = False

    def commit(self, dataset: str, until: str | None = None) -> int:
        """Commit the batches of a dataset that wait; how many groups that were.

        Args:
            dataset: Its name.
            until: Stop once the receipt of that id is no longer waiting; None commits all.
        """
        groups = 0
        self._sweep()
        while until is None or self._is_waiting(until):
            with self._spool.committing(dataset):
                group = self._next_group(dataset)
                if not group:
                    break
                self._commit(dataset, group)
            groups += 1
        self._remove_rejected(dataset)
        return groups

    def commit_all(self) -> int:
        """Commit everything that waits in this spool now; what arrives meanwhile shares a commit of the next call."""
        self._sweep()
        with self._database.reading() as connection:
            newest = entries.newest_waiting(connection, self._spool.id)
        return sum(self.commit(dataset, until=receipt_id) for dataset, receipt_id in newest.items())

    def waiting(self) -> list[str]:
        """Datasets with batches that wait in this spool."""
        with self._database.reading() as connection:
            return entries.datasets_waiting(connection, self._spool.id)

    def _is_waiting(self, receipt_id: str) -> bool:
        with self._database.reading() as connection:
            found = receipts.find_by_id(connection, receipt_id)
        return found is not None and found.state == "spooled"

    def _next_group(self, dataset: str) -> list[Entry]:
        spool_id = self._spool.id
        with self._database.reading() as connection:
            group = entries.next_group(connection, spool_id, dataset, _MOST_RECEIPTS, _MOST_BYTES)
        if not group or group[0].receipt.group_id is not None:
            return group
        alone = [at for at, entry in enumerate(group) if entry.facts["mode"] == "replace" or entry.facts.get("alone")]
        group = group[: max(1, alone[0])] if alone else group
        ids = [entry.receipt.id for entry in group]
        with self._database.transaction() as connection:
            entries.assign(connection, ids, content_hash([dataset, *ids])[:32])
        return group

    def _commit(self, dataset: str, group: Sequence[Entry]) -> None:
        # The name a batch has alone is its own key, as it was before batches were committed in groups.
        ids = [entry.receipt.id for entry in group]
        key = group[0].receipt.key if len(group) == 1 else f"group:{content_hash([dataset, *ids])[:32]}"
        if not self._set_damaged_aside(dataset, group, key):
            return
        try:
            self._hold_back(dataset, group, key)
            if group[0].facts["mode"] == "replace":
                self._replace(group[0])
            else:
                self._append(dataset, group, key)
        except InputError as cause:
            self._part(dataset, group, cause)
            return
        self._spool.remove(dataset, [file.name for entry in group for file in entry.files])

    def _append(self, dataset: str, group: Sequence[Entry], key: str) -> None:
        def record(connection: Connection, version: int) -> None:
            before = previous_version(connection, dataset, version)
            _record(self._ledger, connection, group, version, before=before)

        at = max(entry.receipt.received_at for entry in group)
        self._lake.append(dataset, self._rows_of(group), key=key, connection_work=record, at=at)

    def _replace(self, entry: Entry) -> None:
        receipt = entry.receipt
        name, before = receipt.dataset, self._lake.latest_version(receipt.dataset)
        if before is not None and self._is_same(receipt):
            with self._database.transaction() as connection:
                found = receipts.find_by_id(connection, receipt.id)
                if found is not None and found.state == "spooled":
                    _record(self._ledger, connection, [entry], before, unchanged=True)
            return
        chunks = self._rows_of([entry], receipt_column=False)
        fresh = None
        if before is not None:
            own = pl.Schema({column: dtype for column, dtype in chunks.schema.items() if not is_technical(column)})
            fresh = unknown_fractions(self._lake.scan(name, version=before), own, chunks.open)

        def record(connection: Connection, version: int) -> None:
            urn = f"dataset:{name}@{version}"
            drafts: list[Draft] = []
            if fresh is not None:
                facts: dict[str, object] = {
                    "previous_version": before,
                    "rows": chunks.rows,
                    "unknown_fraction": fresh,
                    "receipt": receipt.id,
                }
                drafts.append(Draft("dataset.replaced", urn, receipt.actor, facts, at=receipt.received_at))
            _record(self._ledger, connection, [entry], version, more=drafts)

        self._lake.replace(name, chunks, key=receipt.key, connection_work=record, at=receipt.received_at)

    def _hold_back(self, dataset: str, group: Sequence[Entry], key: str) -> None:
        files = [entry.quarantine for entry in group if entry.quarantine is not None]
        if not files:
            return
        paths = [self._spool.path(dataset, file.name) for file in files]

        def rows() -> Iterator[pl.DataFrame]:
            for path in paths:
                yield from read_frames(path)

        chunks = Chunks(EMPTY_QUARANTINE.schema, sum(file.rows for file in files), rows)
        at = max(entry.receipt.received_at for entry in group)
        self._lake.append(quarantine_of(dataset), chunks, key=key, at=at)

    def _rows_of(self, group: Sequence[Entry], *, receipt_column: bool = True) -> Chunks:
        places = [(self._spool.path(entry.receipt.dataset, entry.rows.name), entry.receipt.id) for entry in group]
        columns: dict[str, pl.DataType] = {}
        for path, _ in places:
            # A file that was spoiled is here only when its rows are in the table, and nobody reads it any more.
            with contextlib.suppress(IntegrityError):
                for name, dtype in read_schema(path).items():
                    if columns.setdefault(name, dtype) != dtype:
                        message = f"column {name!r} has the types {columns[name]} and {dtype} in batches of one commit"
                        raise InputError(message)
        if receipt_column:
            columns[RECEIPT_COLUMN] = pl.String()
        schema = pl.Schema(columns)

        def rows() -> Iterator[pl.DataFrame]:
            for path, receipt_id in places:
                for frame in read_frames(path):
                    given = {**frame.schema, RECEIPT_COLUMN: pl.String()}
                    yield frame.select(
                        pl.lit(receipt_id).alias(name)
                        if name == RECEIPT_COLUMN
                        else (pl.col(name) if name in given else pl.lit(None, dtype=dtype).alias(name))
                        for name, dtype in schema.items()
                    )

        return Chunks(schema, sum(entry.rows.rows for entry in group), rows)

    def _is_same(self, receipt: Receipt) -> bool:
        with self._database.reading() as connection:
            last = receipts.find_latest(connection, receipt.dataset)
        return last is not None and (last.content_hash, last.contract_hash) == (
            receipt.content_hash,
            receipt.contract_hash,
        )

    def _set_damaged_aside(self, dataset: str, group: Sequence[Entry], key: str) -> bool:
        """Whether all files of the group are as they were written, or no longer needed."""
        damaged: dict[str, str] = {}
        for entry in group:
            for file in entry.files:
                try:
                    check(self._spool.path(dataset, file.name), file)
                except IntegrityError as cause:
                    damaged[entry.receipt.id] = cause.message
        if not damaged or find_commit(*self._lake.place(dataset), key) is not None:
            return True
        told: list[Draft] = []
        for entry in group:
            if entry.receipt.id in damaged:
                for file in entry.files:
                    self._spool.set_aside(dataset, file.name)
                told.append(_damage_event(entry, damaged[entry.receipt.id]))
        with self._database.transaction() as connection:
            entries.assign(connection, [entry.receipt.id for entry in group], None)
            for receipt_id in damaged:
                receipts.move(connection, receipt_id, "damage")
            entries.remove(connection, list(damaged))
            self._ledger.append(connection, *told)
        return False

    def _part(self, dataset: str, group: Sequence[Entry], why: InputError) -> None:
        """Let the batches of a group that the table cannot take try alone; one that was alone waits for a person."""
        with self._database.transaction() as connection:
            entries.assign(connection, [entry.receipt.id for entry in group], None)
            if len(group) > 1:
                entries.let_alone(connection, group)
                return
            receipts.move(connection, group[0].receipt.id, "hold")
            facts: dict[str, object] = {"receipt": group[0].receipt.id, "code": why.code, "why": why.message}
            self._ledger.append(connection, Draft("batch.held", f"dataset:{dataset}", "steek", facts))

    def _remove_rejected(self, dataset: str) -> None:
        with self._database.reading() as connection:
            found = entries.rejected(connection, self._spool.id, dataset)
        if not found:
            return
        for names in found.values():
            self._spool.remove(dataset, names)
        with self._database.transaction() as connection:
            entries.remove(connection, list(found))

    def _sweep(self) -> None:
        """Remove, once per process, what writers that died left behind unacknowledged."""
        if self._swept:
            return
        self._swept = True
        left = self._spool.abandoned()
        if left:
            with self._database.reading() as connection:
                known = entries.known_files(connection, self._spool.id)
            for dataset, names in left.items():
                self._spool.remove(dataset, [name for name in names if name not in known])


def quarantine_of(dataset: str) -> str:
    """Name of the table of rows that a dataset held back."""
    return f"quarantine.{dataset}"


def _record(
    ledger: Ledger,
    connection: Connection,
    group: Sequence[Entry],
    version: int,
    *,
    before: int | None = None,
    unchanged: bool = False,
    more: Sequence[Draft] = (),
) -> None:
    drafts: list[Draft] = []
    for entry in group:
        receipt = receipts.committed(entry.receipt, version, unchanged=unchanged)
        urn = f"dataset:{receipt.dataset}@{version}"
        edges = [] if unchanged else [(receipt.urn, urn)]
        if before is not None and not drafts:
            edges.append((f"dataset:{receipt.dataset}@{before}", urn))
        drafts.append(committed_event(receipt, entry.facts, tuple(edges)))
    entries.finish(connection, [entry.receipt.id for entry in group], version, unchanged=unchanged)
    ledger.append(connection, *drafts, *more)


def _damage_event(entry: Entry, why: str) -> Draft:
    facts: dict[str, object] = {
        "receipt": entry.receipt.id,
        "rows": entry.receipt.accepted_rows,
        "files": [file.name for file in entry.files],
        "why": why,
    }
    return Draft("spool.damaged", f"dataset:{entry.receipt.dataset}", "steek", facts)
