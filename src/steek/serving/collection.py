"""Bringing the prediction log into the lake: every answer once, whatever dies in between."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from steek.data import Lake
from steek.kernel.clock import Clock
from steek.ledger import Database, Draft, Ledger
from steek.models import trained_urn
from steek.serving.evidence import canary_evidence
from steek.serving.prediction_log import PredictionLog, Segment
from steek.serving.prediction_record import PREDICTIONS, to_frame
from steek.serving.tables import prediction_collections, prediction_positions
from steek.serving.types import RouteStats

# A client that repeats a request repeats it soon; the look back keeps the check from reading the whole table.
_REPEAT_WITHIN = timedelta(days=1)
_BEGUN, _DONE = "begun", "done"


@dataclass(frozen=True, slots=True)
class Collection:
    """What one collection brought in.

    Args:
        key: Its idempotency key.
        rows: Answers appended to the lake.
        repeated: Answers left out because their request id was there already.
        unreadable: Lines that could not be read; their segment is kept on disk.
        table_version: Version of the lake table with them; None when there was nothing to append.
        at: Processing time.
    """

    key: str
    rows: int
    repeated: int
    unreadable: int
    table_version: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which bytes a collection takes, fixed before it begins so that a repeated attempt takes the same."""

    key: str
    ranges: tuple[tuple[str, int, int], ...]
    base_version: int | None
    at: datetime


class PredictionCollector:
    """Moves answers from the log's segments to the lake table "predictions".

    The plan (byte ranges) is written first, then the lake commit under the plan's key, then positions, record and
    events in one transaction. A process that dies after any of these leaves a plan that the next call, with
    whatever key, finishes before it makes its own.
    """

    def __init__(self, log: PredictionLog, lake: Lake, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._log = log
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def collect(self, *, key: str, actor: str = "steek") -> Collection:
        """Append everything logged since the last collection; called again with the same key it appends nothing."""
        for plan in self._unfinished():
            if plan.key != key:
                self._finish(plan, actor)
        known = self._known(key)
        return known if known is not None else self._finish(self._planned(key), actor)

    def canary_evidence(self, model: str, epoch: int) -> dict[str, RouteStats]:
        """What "primary" and "candidate" of a model did under one epoch of its route; see `canary_evidence`."""
        return canary_evidence(self._log, model, epoch)

    def _known(self, key: str) -> Collection | None:
        table = prediction_collections
        with self._database.reading() as connection:
            query = select(table).where(table.c.key == key, table.c.state == _DONE)
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_collection(row)

    def _unfinished(self) -> list[_Plan]:
        table = prediction_collections
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.state == _BEGUN).order_by(table.c.at)).mappings()
            return [_to_plan(row) for row in rows]

    def _planned(self, key: str) -> _Plan:
        table = prediction_collections
        segments = self._log.segments()
        with self._database.transaction() as connection:
            row = connection.execute(select(table).where(table.c.key == key)).mappings().first()
            if row is not None:
                return _to_plan(row)
            _forget_removed(connection, segments)
            taken = _positions(connection)
            ranges = [
                (segment.name, taken.get(segment.name, 0), segment.end)
                for segment in segments
                if segment.end > taken.get(segment.name, 0)
            ]
            plan = _Plan(key, tuple(ranges), self._lake.latest_version(PREDICTIONS), self._clock.now())
            values = {"ranges": [list(item) for item in ranges], "base_version": plan.base_version, "at": plan.at}
            connection.execute(insert(table).values(key=key, state=_BEGUN, **values))
        return plan

    def _finish(self, plan: _Plan, actor: str) -> Collection:
        read = {name: list(self._log.read(name, start, end)) for name, start, end in plan.ranges}
        records = [record for lines in read.values() for record in lines if record is not None]
        unreadable = {name: lines.count(None) for name, lines in read.items()}
        fresh = self._without_repeats(to_frame(records), plan.base_version)
        version = self._lake.append(PREDICTIONS, fresh, key=plan.key) if len(fresh) else None
        collection = Collection(
            key=plan.key,
            rows=len(fresh),
            repeated=len(records) - len(fresh),
            unreadable=sum(unreadable.values()),
            table_version=version,
            at=plan.at,
        )
        with self._database.transaction() as connection:
            known = self._known(plan.key)
            if known is not None:
                return known
            _record(connection, plan, collection, unreadable)
            self._ledger.append(connection, *_events(collection, fresh, actor))
        self._remove_collected()
        return collection

    def _without_repeats(self, frame: pl.DataFrame, base_version: int | None) -> pl.DataFrame:
        unique = frame.unique(["model", "request_id"], keep="first", maintain_order=True)
        if base_version is None or not len(unique):
            return unique
        since = pl.select(unique["at"].min()).item() - _REPEAT_WITHIN
        base_version = self._lake.readable_version(PREDICTIONS, base_version)
        there = self._lake.scan(PREDICTIONS, version=base_version).filter(pl.col("at") >= since)
        keys = there.select("model", "request_id").collect()
        return unique.join(keys, on=["model", "request_id"], how="anti", maintain_order="left")

    def _remove_collected(self) -> None:
        with self._database.reading() as connection:
            taken = _positions(connection, whole=True)
        for segment in self._log.segments():
            if segment.closed and segment.end == taken.get(segment.name):
                self._log.remove(segment.name)


def _forget_removed(connection: Connection, segments: Sequence[Segment]) -> None:
    present = [segment.name for segment in segments]
    connection.execute(delete(prediction_positions).where(prediction_positions.c.segment.not_in(present)))


def _positions(connection: Connection, *, whole: bool = False) -> dict[str, int]:
    """How far each segment was collected, in bytes; with `whole` only segments that were readable throughout."""
    query = select(prediction_positions)
    if whole:
        query = query.where(prediction_positions.c.unreadable == 0)
    return {row.segment: row.position_bytes for row in connection.execute(query)}


def _record(connection: Connection, plan: _Plan, collection: Collection, unreadable: Mapping[str, int]) -> None:
    table = prediction_positions
    for name, _, end in plan.ranges:
        before = connection.execute(select(table.c.unreadable).where(table.c.segment == name)).scalar() or 0
        connection.execute(delete(table).where(table.c.segment == name))
        values = {"segment": name, "position_bytes": end, "unreadable": before + unreadable[name]}
        connection.execute(insert(table).values(**values))
    done = {
        "state": _DONE,
        "rows": collection.rows,
        "repeated": collection.repeated,
        "unreadable": collection.unreadable,
        "table_version": collection.table_version,
    }
    connection.execute(update(prediction_collections).where(prediction_collections.c.key == plan.key).values(**done))


def _events(collection: Collection, fresh: pl.DataFrame, actor: str) -> list[Draft]:
    if collection.table_version is None:
        return []
    table = f"dataset:{PREDICTIONS}@{collection.table_version}"
    payload: dict[str, object] = {
        "rows": collection.rows,
        "repeated": collection.repeated,
        "unreadable": collection.unreadable,
    }
    served = fresh.filter(pl.col("version").is_not_null()).select("model", "version").unique().sort("model", "version")
    edges = tuple((trained_urn(model, version), table) for model, version in served.iter_rows())
    return [Draft("predictions.collected", table, actor, payload, edges=edges), *_fallback_events(fresh, actor)]


def _fallback_events(fresh: pl.DataFrame, actor: str) -> list[Draft]:
    """One `fallback.used` per model that fell back: how often, to what, and why, out of how many answers."""
    drafts: list[Draft] = []
    for (model,), rows in fresh.sort("model", maintain_order=True).group_by("model", maintain_order=True):
        fell = rows.filter(pl.col("fallback").is_not_null())
        if not len(fell):
            continue
        uses = Counter(fell["fallback"].to_list())
        # The kind of reason is before the colon; what follows differs from one answer to the next.
        reasons = Counter(str(reason).partition(":")[0] for reason in fell["fallback_reason"])
        payload: dict[str, object] = {
            "answers": len(rows),
            "fallbacks": len(fell),
            "to": dict(sorted(uses.items())),
            "reasons": dict(sorted(reasons.items())),
            "first_at": fell["at"].min(),
            "last_at": fell["at"].max(),
        }
        drafts.append(Draft("fallback.used", f"model:{model}", actor, payload))
    return drafts


def _to_plan(row: RowMapping) -> _Plan:
    ranges = tuple((str(name), int(start), int(end)) for name, start, end in row["ranges"])
    return _Plan(row["key"], ranges, row["base_version"], row["at"])


def _to_collection(row: RowMapping) -> Collection:
    return Collection(row["key"], row["rows"], row["repeated"], row["unreadable"], row["table_version"], row["at"])
