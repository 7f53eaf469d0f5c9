"""Feed checks as a service: batches are judged as they come, and held ones wait for a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from threading import Lock

import polars as pl
from sqlalchemy import Connection, select

from steek.data.contracts.contract import Contract
from steek.data.datasets import AnyDataset, Dataset, contract_of
from steek.data.ingest import receipts
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.steps import FeedJudgement
from steek.data.lake.lake import check_key
from steek.data.tables import receipts as receipt_rows
from steek.data.validation.feed import decisions, store
from steek.data.validation.feed.checks import HELD_BY_PEOPLE, FeedChecks, FeedVerdict, overall
from steek.data.validation.feed.decisions import FeedAction, FeedDecision
from steek.data.validation.feed.history import FeedHistory
from steek.data.validation.feed.judging import judge_feed
from steek.data.validation.feed.profiles import FeedProfile, from_json, merge
from steek.data.validation.feed.profiling import profile
from steek.data.validation.feed.promised import count_periods
from steek.data.validation.feed.store import JudgedBatch
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.ledger import Database, Draft, Ledger

KeepRejected = Callable[[Receipt, str], None]
"""Puts the rows of a rejected batch into quarantine, with a reason; called again after a crash."""

HeldBecause = Callable[[str], str | None]
"""Why people hold all batches of a dataset, by its name; None when they do not."""

# A table that is replaced as a whole holds the same rows every day.
_OF_APPENDED = ("duplicate_batch", "near_duplicate", "late_data")
# Reasons of rows that came with a batch that a person turned away begin so.
REJECTED = "batch rejected"
_NO_HISTORY = FeedHistory([])
_PAST: dict[FeedAction, str] = {"release": "batch.released", "reject": "batch.rejected"}


class FeedChecking:
    """Judges every batch against the last known good feed. Safe to share between threads and processes.

    The good feed is what was neither held nor rejected; profiles of it are kept in memory once they were read.

    Args:
        database: Where profiles, verdicts and decisions live.
        ledger: Where batches that are held, released or rejected become events.
        clock: When people decided.
        datasets: Declarations by name.
        keep_rejected: What becomes of the rows of a rejected batch.
        day_starts_at: When business days begin, UTC: promised volumes are counted by them.
        held_because: Says why people hold all batches of a dataset, by its name; None when they do not.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        keep_rejected: KeepRejected | None = None,
        day_starts_at: time = time(),
        held_because: HeldBecause | None = None,
    ) -> None:
        self._held_because = held_because
        self.day_starts_at = day_starts_at
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._keep_rejected = keep_rejected
        self._known: dict[str, dict[str, FeedProfile]] = {}
        self._summed: dict[str, FeedHistory] = {}
        self._lock = Lock()

    def watch(self, dataset: Dataset, contract: Contract, arrived_at: datetime) -> "BatchFold":
        """Begin the profile of a batch; `Ingestion` adds its chunks and asks for the judgement."""
        return BatchFold(self, dataset, contract, arrived_at)

    def consider(self, dataset: Dataset, batch: FeedProfile, receipt_id: str) -> tuple[FeedVerdict, ...]:
        """What the checks say of a batch; nothing is written."""
        checks = _checks_of(dataset)
        with self._database.reading() as connection:
            history = self._history(connection, dataset.name, checks.most_history, but=receipt_id)
            twin = store.find_twin(connection, dataset.name, batch, but=receipt_id) if batch.rows else None
            known = None if twin is None else self._load(connection, dataset.name, [twin])[0]
        contract = contract_of(dataset)
        volumes = () if contract is None else contract.volumes
        said = judge_feed(batch, history, checks, twin=known, volumes=volumes)
        why = None if self._held_because is None else self._held_because(dataset.name)
        return said if why is None else (*said, FeedVerdict(HELD_BY_PEOPLE, "hold", None, None, why))

    def record(
        self,
        connection: Connection,
        dataset: str,
        receipt_id: str,
        batch: FeedProfile,
        verdicts: tuple[FeedVerdict, ...],
    ) -> list[Draft]:
        """Store profile and verdicts inside the transaction that writes the receipt; events to append with it.

        A batch that is stored already stays as it is.
        """
        verdict = overall(verdicts)
        new = store.write(
            connection, receipt_id=receipt_id, dataset=dataset, profile=batch, verdicts=verdicts, verdict=verdict
        )
        if not new or verdict != "hold":
            return []
        facts: dict[str, object] = {
            "receipt": receipt_id,
            "rows": batch.rows,
            "checks": [one.check for one in verdicts if one.verdict == "hold"],
        }
        return [Draft("batch.held", f"dataset:{dataset}", "steek", facts, at=batch.arrived_at)]

    def verdicts(self, receipt_id: str) -> JudgedBatch:
        """What the checks said of one batch, and where it stands now.

        Raises:
            NotFoundError: no batch of that receipt was judged.
        """
        with self._database.reading() as connection:
            found = store.list_batches(connection, receipt_id=receipt_id)
        if not found:
            message = f"no batch with the receipt {receipt_id!r} was compared with its feed"
            raise NotFoundError(message, next_step="'steek receipt list' shows the newest receipts.")
        return found[0]

    def held(self, dataset: str | None = None) -> list[JudgedBatch]:
        """Batches that wait for a person, oldest first; of one dataset or of all.

        Also those that no check of the feed holds, because their table cannot take their types.
        """
        self._check(dataset)
        with self._database.reading() as connection:
            waiting = _waiting(connection, dataset)
            return [_held(one, store.list_batches(connection, receipt_id=one.id)) for one in waiting]

    def quality(
        self, dataset: str, since: datetime | None = None, until: datetime | None = None, limit: int = 1000
    ) -> list[JudgedBatch]:
        """The judged batches of a dataset that arrived in [since, until), oldest first."""
        self._check(dataset)
        with self._database.reading() as connection:
            return store.list_batches(connection, dataset=dataset, since=since, until=until, limit=limit)

    def decision(self, receipt_id: str) -> FeedDecision | None:
        """What a person decided of a held batch, None while nobody did."""
        with self._database.reading() as connection:
            return decisions.of_receipt(connection, receipt_id)

    def release(self, receipt_id: str, *, actor: str, reason: str, key: str) -> FeedDecision:
        """Let a held batch in: it is committed next, and counts as part of the good feed.

        Raises:
            NotFoundError, IllegalTransitionError: no such batch, or it is not held.
            ConflictError: the key was used for another decision.
            InputError: no reason.
        """
        return self._decide(receipt_id, "release", actor=actor, reason=reason, key=key)

    def reject(self, receipt_id: str, *, actor: str, reason: str, key: str) -> FeedDecision:
        """Turn a held batch away: its rows stay in quarantine, and it never counts. Otherwise as `release`."""
        return self._decide(receipt_id, "reject", actor=actor, reason=reason, key=key)

    def _decide(self, receipt_id: str, action: FeedAction, *, actor: str, reason: str, key: str) -> FeedDecision:
        check_key(key)
        if not reason.strip():
            message = f"to {action} a held batch takes a reason"
            raise InputError(message, next_step="Say in a sentence what you found out about it.")
        with self._database.reading() as connection:
            done = decisions.find(connection, key, receipt_id, action)
            receipt = receipts.find_by_id(connection, receipt_id)
        if done is not None:
            return done
        if action == "reject" and receipt is not None and receipt.state == "held" and self._keep_rejected is not None:
            # Rows are safe before the batch is turned away; a crash in between repeats this with the same result.
            self._keep_rejected(receipt, f"{REJECTED}: {reason}")
        with self._database.transaction() as connection:
            done = decisions.find(connection, key, receipt_id, action)
            if done is not None:
                return done
            moved = receipts.move(connection, receipt_id, action)
            store.set_standing(connection, receipt_id, "good" if action == "release" else "rejected")
            decision = FeedDecision(key, receipt_id, moved.dataset, action, actor, reason, self._clock.now())
            decisions.write(connection, decision)
            facts: dict[str, object] = {"receipt": receipt_id, "reason": reason, "key": key}
            self._ledger.append(connection, Draft(_PAST[action], f"dataset:{moved.dataset}", actor, facts))
        return decision

    def _history(self, connection: Connection, dataset: str, most: int, *, but: str) -> FeedHistory:
        good = [id for id in store.newest_good(connection, dataset, most + 1) if id != but][-most:]
        found = self._load(connection, dataset, good)
        with self._lock:
            known = self._known.get(dataset, {})
            self._known[dataset] = {id: known[id] for id in good if id in known}
            before = self._summed.get(dataset, _NO_HISTORY)
            history = self._summed[dataset] = before.followed_by(found)
        return history

    def _load(self, connection: Connection, dataset: str, ids: list[str]) -> list[FeedProfile]:
        with self._lock:
            known = dict(self._known.get(dataset, {}))
        missing = [id for id in ids if id not in known]
        read = {id: from_json(plain) for id, plain in store.read_profiles(connection, missing).items()}
        with self._lock:
            self._known.setdefault(dataset, {}).update(read)
        return [(known | read)[id] for id in ids]

    def _check(self, dataset: str | None) -> None:
        if dataset is not None and dataset not in self._datasets:
            raise NotFoundError.among("dataset", dataset, self._datasets)


@dataclass(slots=True)
class BatchFold:
    """The profile of one batch in the making; a `FeedFold` of the ingestion."""

    checking: FeedChecking
    dataset: Dataset
    contract: Contract
    arrived_at: datetime
    so_far: FeedProfile | None = None

    def add(self, accepted: pl.DataFrame) -> None:
        """Fold in one chunk of accepted rows, after all steps."""
        event_time, by = self.dataset.event_time, self.dataset.volume_by
        chunk = profile(accepted, self.contract, event_time, by, self.arrived_at)
        if self.contract.volumes:
            # A table that is replaced is promised as a whole, not day by day.
            moment = event_time if self.dataset.mode == "append" else None
            periods = count_periods(accepted, self.contract, moment, self.checking.day_starts_at)
            chunk = replace(chunk, periods=periods)
        self.so_far = chunk if self.so_far is None else merge(self.so_far, chunk)

    def judge(self, receipt_id: str, content_hash: str) -> FeedJudgement:  # noqa: ARG002 - the form of FeedFold
        """Compare the whole batch with the feeds before it."""
        batch = self.so_far or FeedProfile(self.arrived_at, 0, {}, {}, {})
        verdicts = self.checking.consider(self.dataset, batch, receipt_id)

        def record(connection: Connection) -> list[Draft]:
            return self.checking.record(connection, self.dataset.name, receipt_id, batch, verdicts)

        verdict = overall(verdicts)
        told: dict[str, object] = {
            "verdict": verdict,
            "unusual": [one.check for one in verdicts if one.verdict in ("warn", "hold")],
        }
        return FeedJudgement("held" if verdict == "hold" else "spooled", record, told)


def _checks_of(dataset: Dataset) -> FeedChecks:
    return dataset.feed.without(*_OF_APPENDED) if dataset.mode == "replace" else dataset.feed


def _held(receipt: Receipt, known: list[JudgedBatch]) -> JudgedBatch:
    if known:
        return replace(known[0], standing="held")
    rows = receipt.accepted_rows
    return JudgedBatch(receipt.id, receipt.dataset, receipt.received_at, rows, "held", "undecided", ())


def _waiting(connection: Connection, dataset: str | None) -> list[Receipt]:
    query = select(receipt_rows).where(receipt_rows.c.state == "held").order_by(receipt_rows.c.sequence)
    if dataset is not None:
        query = query.where(receipt_rows.c.dataset == dataset)
    return [receipts.to_receipt(row) for row in connection.execute(query).mappings()]
