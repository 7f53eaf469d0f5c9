"""Live updates: a stream tells that something was written, and ends when its reader is gone."""

import asyncio

import pytest
from console_world import World

from steek.console.stream import changes
from steek.ledger import Draft


@pytest.mark.covers("I5")
def test_a_stream_tells_of_new_events_and_ends_with_its_reader(empty: World) -> None:
    rounds = 0

    async def is_gone() -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            empty.ledger.record(*[Draft("external.changed", "external:x", "a")] * 2)

        return rounds > 4

    async def read() -> list[str]:
        stream = changes(empty.ledger, empty.clock, is_gone=is_gone, poll_s=0.001)
        return [message async for message in stream]

    told = asyncio.run(read())
    assert told == ["retry: 3000\nevent: hello\ndata: 0\n\n", "id: 2\nevent: changed\ndata: 2\n\n"]
