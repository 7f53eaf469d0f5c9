"""Profiles and verdicts in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.data.validation.feed.checks import FEED_CHECKS, FeedVerdict, Verdict
from steek.data.validation.feed.duplicates import fingerprint
from steek.data.validation.feed.profiles import FeedProfile, to_json
from steek.data.validation.feed.tables import feed_profiles, feed_verdicts

# "good" batches are what later ones are compared with.
Standing = Literal["good", "held", "rejected", "replayed"]


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """One batch in the history of a feed.

    Args:
        receipt_id: Of the batch.
        dataset: Where it came.
        arrived_at: When.
        rows: Accepted rows.
        standing: good, held, rejected, or replayed (mended rows, no batch to compare with).
        verdict: The word for the whole batch when it came.
        verdicts: What each check said.
    """

    receipt_id: str
    dataset: str
    arrived_at: datetime
    rows: int
    standing: Standing
    verdict: Verdict
    verdicts: tuple[FeedVerdict, ...]


def write(
    connection: Connection,
    *,
    receipt_id: str,
    dataset: str,
    profile: FeedProfile,
    verdicts: Sequence[FeedVerdict],
    verdict: Verdict,
) -> bool:
    """Store profile and verdicts of a batch; False, and nothing written, where they are stored already."""
    known = select(feed_profiles.c.receipt_id).where(feed_profiles.c.receipt_id == receipt_id)
    if connection.execute(known).first() is not None:
        return False
    row = {
        "receipt_id": receipt_id,
        "dataset": dataset,
        "arrived_at": profile.arrived_at,
        "rows": profile.rows,
        "fingerprint": fingerprint(profile.sketch, profile.rows),
        "standing": "held" if verdict == "hold" else "good",
        "verdict": verdict,
        "profile": to_json(profile),
    }
    connection.execute(insert(feed_profiles).values(row))
    if verdicts:
        connection.execute(insert(feed_verdicts), [_row(receipt_id, one) for one in verdicts])
    return True


def set_standing(connection: Connection, receipt_id: str, standing: Standing) -> None:
    """Write down what a person decided of a held batch."""
    query = update(feed_profiles).where(feed_profiles.c.receipt_id == receipt_id)
    connection.execute(query.values(standing=standing))


def leave_out(connection: Connection, receipt_id: str) -> None:
    """Never compare with a batch of mended rows; one that is held stays held."""
    query = update(feed_profiles).where(feed_profiles.c.receipt_id == receipt_id, feed_profiles.c.standing == "good")
    connection.execute(query.values(standing="replayed"))


def newest_good(connection: Connection, dataset: str, limit: int) -> list[str]:
    """Receipts of the newest good batches with rows or without, oldest first."""
    query = select(feed_profiles.c.receipt_id)
    query = query.where(feed_profiles.c.dataset == dataset, feed_profiles.c.standing == "good")
    found = connection.execute(query.order_by(feed_profiles.c.sequence.desc()).limit(limit)).scalars().all()
    return list(found)[::-1]


def read_profiles(connection: Connection, receipt_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Profiles as JSON, by receipt."""
    if not receipt_ids:
        return {}
    query = select(feed_profiles.c.receipt_id, feed_profiles.c.profile)
    found = connection.execute(query.where(feed_profiles.c.receipt_id.in_(receipt_ids)))
    return {row.receipt_id: row.profile for row in found}


def find_twin(connection: Connection, dataset: str, profile: FeedProfile, *, but: str) -> str | None:
    """The receipt of an earlier batch, good or held, with the same rows; never of a rejected one or of `but`."""
    query = select(feed_profiles.c.receipt_id).where(
        feed_profiles.c.dataset == dataset,
        feed_profiles.c.fingerprint == fingerprint(profile.sketch, profile.rows),
        feed_profiles.c.standing != "rejected",
        feed_profiles.c.receipt_id != but,
    )
    return connection.execute(query.order_by(feed_profiles.c.sequence.desc()).limit(1)).scalar_one_or_none()


def list_batches(
    connection: Connection,
    *,
    dataset: str | None = None,
    standing: Standing | None = None,
    receipt_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> list[JudgedBatch]:
    """Batches that fit all conditions, the newest `limit` of them, oldest first."""
    columns = [column for column in feed_profiles.c if column.name not in ("profile", "fingerprint")]
    query = select(*columns)
    if dataset is not None:
        query = query.where(feed_profiles.c.dataset == dataset)
    if standing is not None:
        query = query.where(feed_profiles.c.standing == standing)
    if receipt_id is not None:
        query = query.where(feed_profiles.c.receipt_id == receipt_id)
    if since is not None:
        query = query.where(feed_profiles.c.arrived_at >= since)
    if until is not None:
        query = query.where(feed_profiles.c.arrived_at < until)
    rows = connection.execute(query.order_by(feed_profiles.c.sequence.desc()).limit(limit)).mappings().all()
    said = _verdicts(connection, [row["receipt_id"] for row in rows])
    return [_to_batch(row, said.get(row["receipt_id"], ())) for row in rows][::-1]


def _verdicts(connection: Connection, receipt_ids: Sequence[str]) -> dict[str, tuple[FeedVerdict, ...]]:
    if not receipt_ids:
        return {}
    order = {name: at for at, name in enumerate(FEED_CHECKS)}
    rows = connection.execute(select(feed_verdicts).where(feed_verdicts.c.receipt_id.in_(receipt_ids))).mappings()
    found: dict[str, list[FeedVerdict]] = {}
    for row in rows:
        names = FeedVerdict.__dataclass_fields__
        found.setdefault(row["receipt_id"], []).append(FeedVerdict(**{name: row[name] for name in names}))
    return {id: tuple(sorted(said, key=lambda one: order.get(one.check, len(order)))) for id, said in found.items()}


def _to_batch(row: RowMapping, verdicts: tuple[FeedVerdict, ...]) -> JudgedBatch:
    names = [name for name in JudgedBatch.__dataclass_fields__ if name != "verdicts"]
    return JudgedBatch(**{name: row[name] for name in names}, verdicts=verdicts)


def _row(receipt_id: str, verdict: FeedVerdict) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(verdict, name) for name in FeedVerdict.__dataclass_fields__}
    return {"receipt_id": receipt_id} | values | {"parts": dict(verdict.parts)}
