"""Canonical JSON and content hashes of frozen records."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import Enum
from typing import cast


def to_plain(value: object) -> object:
    """Records, enums, instants, durations and sets as plain JSON values.

    Durations become seconds; instants, dates and times of day ISO 8601 strings; sets sorted lists; dictionary keys
    strings.
    """
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in cast("dict[object, object]", value).items()}
    if isinstance(value, set | frozenset):
        return sorted((to_plain(item) for item in cast("set[object]", value)), key=str)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in cast("list[object]", value)]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    # Paths, by their protocol: pure rooms use this module, and must not come to know the file system through it.
    as_path = getattr(value, "__fspath__", None)
    return as_path() if as_path else value


def canonical_json(value: object) -> str:
    """One text per value: sorted keys, no spaces, NaN refused.

    Raises:
        ValueError: a NaN or an infinity, which JSON cannot hold.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
