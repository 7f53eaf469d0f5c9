"""How long to wait before the next attempt."""

import hashlib

FIRST_S = 2.0
LONGEST_S = 600.0
_LONGEST_ASKED_S = 3600.0
_HALF = 2**64


def next_delay_s(attempts: int, *, seed: str, retry_after_s: float | None = None) -> float:
    """Seconds until the next attempt: exponential with full jitter, at least what the receiver asked for.

    Full jitter (anything between nothing and the exponential delay) spreads those that failed together best;
    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        attempts: Attempts made so far, at least 1.
        seed: Whatever tells this delivery from others; the same seed and attempts give the same delay.
        retry_after_s: What the receiver asked for; believed up to an hour.

    >>> 0 <= next_delay_s(1, seed="a") <= 2.0 and next_delay_s(40, seed="a") <= 600.0
    True
    """
    longest_s = min(LONGEST_S, FIRST_S * 2.0 ** min(attempts - 1, 32))
    digest = hashlib.sha256(f"{seed}:{attempts}".encode()).digest()
    fraction = int.from_bytes(digest[:8], "big") / _HALF
    asked_s = min(retry_after_s or 0.0, _LONGEST_ASKED_S)
    return max(fraction * longest_s, asked_s)
