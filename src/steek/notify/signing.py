"""Signatures of webhooks: HMAC-SHA256 over the time and the body, so that neither can be replaced."""

import hashlib
import hmac
from datetime import UTC, datetime

SCHEME = "v1"
TOLERANCE_S = 300


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """The value of the header Steek-Signature: `v1=` and 64 hexadecimal digits over `{timestamp}.{body}`.

    >>> signature("s3cret", 1_700_000_000, b"{}")[:11]
    'v1=97926816'
    """
    digest = hmac.new(secret.encode(), f"{timestamp_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"{SCHEME}={digest}"


def is_genuine(secret: str, timestamp: str, body: bytes, given: str, *, now: datetime) -> bool:
    """Whether a request was signed with the secret within the last five minutes (or the next, for clocks that differ).

    Args:
        secret: Shared with the sender.
        timestamp: Value of the header Steek-Timestamp, Unix seconds.
        body: The request's bytes as they came.
        given: Value of the header Steek-Signature; several, separated by commas, while a secret is replaced.
        now: Aware UTC.
    """
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 15):
        return False
    if abs(now.astimezone(UTC).timestamp() - int(timestamp)) > TOLERANCE_S:
        return False
    expected = signature(secret, int(timestamp), body)
    return any(hmac.compare_digest(expected, each.strip()) for each in given.split(","))
