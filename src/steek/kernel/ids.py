"""Identifiers: UUID version 7, which sort by the time they were made (RFC 9562, section 5.7)."""

import secrets
import uuid
from datetime import datetime


def new_id(at: datetime) -> str:
    """A UUIDv7 whose leading 48 bits are `at` in milliseconds; the rest is random.

    >>> from datetime import UTC
    >>> new_id(datetime(2017, 10, 2, tzinfo=UTC))[:8]
    '015eda61'
    """
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    high = secrets.randbits(12)
    low = secrets.randbits(62)
    value = (milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low
    return str(uuid.UUID(int=value))
