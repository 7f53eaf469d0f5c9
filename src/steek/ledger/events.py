"""Events: what happened, in the past tense, linked into one hash chain."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime

GENESIS = "0" * 64
PAYLOAD_VERSION = 1
# The text of `kernel.records.canonical_json`, for values that are plain already: six times as fast.
_to_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Draft:
    """An event about to be written.

    Args:
        kind: Noun and verb in the past tense, e.g. "batch.committed".
        subject: URN of the thing it happened to.
        actor: Who did it: a person ("ariel@grocer"), a job ("night 2017-10-16") or "steek".
        payload: JSON-serialisable facts; never personal values.
        at: Event time; None means now.
        causes: Ids of the events that led to this one.
        edges: Lineage drawn by this event, as (upstream URN, downstream URN).
    """

    kind: str
    subject: str
    actor: str
    payload: dict[str, object] = field(default_factory=dict[str, object])
    at: datetime | None = None
    causes: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A written event. `sequence` orders the ledger from 1 without gaps."""

    sequence: int
    id: str
    at: datetime
    recorded_at: datetime
    kind: str
    subject: str
    actor: str
    causes: tuple[str, ...]
    payload: dict[str, object]
    payload_version: int
    previous_hash: str
    hash: str


def event_hash(
    *,
    previous_hash: str,
    id: str,
    at: datetime,
    recorded_at: datetime,
    kind: str,
    subject: str,
    actor: str,
    causes: tuple[str, ...],
    payload: dict[str, object],
    payload_version: int,
) -> str:
    """SHA-256 over the previous hash and every field, 64 hexadecimal digits. `payload` is plain JSON."""
    told = at.isoformat(), recorded_at.isoformat()
    return body_hash([previous_hash, id, *told, kind, subject, actor, causes, payload, payload_version])


def body_hash(body: list[object]) -> str:
    """SHA-256 of the canonical JSON of an event's fields, in the order of `event_hash`, instants as ISO 8601 text.

    Raises:
        ValueError: a NaN or an infinity, which JSON cannot hold.
    """
    return hashlib.sha256(_to_text(body).encode()).hexdigest()
