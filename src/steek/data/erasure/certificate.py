"""The certificate of an erasure: what was removed, how it was searched for, and who had learned from it; pure."""

from collections.abc import Sequence
from datetime import datetime

from steek.data.erasure.records import Erasure

_HOW = (
    "every data file of every lake table was decoded, whether the table refers to it or not",
    "every log entry and checkpoint was read for statistics and predicates",
    "databases, online store, prediction log and spool were searched by value and by pseudonym",
    "the key vault was asked for keys of the person",
)
_VERSION = 1


def certificate_of(erasure: Erasure, holders: Sequence[str], at: datetime) -> dict[str, object]:
    """A verified erasure as a record without personal values; the person only as a keyed hash."""
    removed: dict[str, int] = {}
    for place in erasure.places:
        removed[str(place["where"])] = removed.get(str(place["where"]), 0) + int(place["count"])
    return {
        "certificate_version": _VERSION,
        "erasure": erasure.id,
        "kind": erasure.kind,
        "digest": erasure.digest,
        "reason": erasure.reason,
        "requested_by": erasure.actor,
        "requested_at": erasure.requested_at.isoformat(),
        "verified_at": erasure.changed_at.isoformat(),
        "certified_at": at.isoformat(),
        "removed": removed,
        "searched": {"places": list(holders), "how": list(_HOW), "found": 0},
        "models": [dict(model) for model in erasure.models],
    }
