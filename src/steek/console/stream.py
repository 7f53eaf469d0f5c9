"""Server-sent events: a page learns that something new was written and fetches what it shows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.concurrency import run_in_threadpool

from steek.kernel.clock import Clock
from steek.ledger import Ledger

POLL_S = 2.0
KEEP_ALIVE_S = 15.0


async def changes(
    ledger: Ledger, clock: Clock, *, is_gone: Callable[[], Awaitable[bool]], poll_s: float = POLL_S
) -> AsyncIterator[str]:
    """Messages of a stream that tells of new events, at most one per `poll_s` seconds, until the reader is gone.

    Args:
        ledger: What is watched.
        clock: For the keep-alive comments, every 15 s, which also notice readers that left.
        is_gone: Whether the reader went away.
        poll_s: Seconds between two looks.
    """
    newest = await run_in_threadpool(_newest, ledger, None)
    yield f"retry: 3000\nevent: hello\ndata: {newest or 0}\n\n"
    spoke_s = clock.monotonic_s()
    while not await is_gone():
        await asyncio.sleep(poll_s)
        latest = await run_in_threadpool(_newest, ledger, newest)
        if latest is not None:
            newest = latest
            spoke_s = clock.monotonic_s()
            yield f"id: {latest}\nevent: changed\ndata: {latest}\n\n"
        elif clock.monotonic_s() - spoke_s > KEEP_ALIVE_S:
            spoke_s = clock.monotonic_s()
            yield ": still here\n\n"


def _newest(ledger: Ledger, after: int | None) -> int | None:
    found = ledger.events(after_sequence=after, newest_first=True, limit=1)
    return found[0].sequence if found else None
