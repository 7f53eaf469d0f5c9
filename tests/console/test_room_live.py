"""Fifty people in the room of one incident on one process: all see a note, from one drawing."""

import asyncio
import json
from collections.abc import Iterator, Mapping

import httpx
import pytest
from console_world import World
from test_look import serve

from steek.console import app
from steek.console.incident_live import shared_parts

PEOPLE = 50
PAGE = "/incidents/2017-001"


@pytest.fixture
def drawn() -> list[str]:
    """What was drawn for the room."""
    return []


@pytest.fixture
def counted_address(world: World, drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    def count(*given: object) -> Mapping[str, str]:
        drawn.append(str(given[-1]))
        return shared_parts(*given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(app, "shared_parts", count)
    yield from serve(world)


async def parts(lines: object) -> dict[str, str]:
    async for line in lines:  # type: ignore[attr-defined] # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        if str(line).startswith("data: {"):  # pyright: ignore[reportUnknownArgumentType]
            return json.loads(str(line).removeprefix("data: "))["parts"]  # pyright: ignore[reportUnknownArgumentType]
    pytest.fail("the stream ended")


async def stay(client: httpx.AsyncClient, number: int, inside: asyncio.Semaphore, note: str) -> None:
    """Look at the room until a note appears."""
    headers = {"cookie": f"steek_actor=person{number}%40grocer"}
    async with client.stream("GET", f"{PAGE}/stream?seen=999999999", headers=headers) as answer:
        lines = answer.aiter_lines()
        await parts(lines)
        inside.release()
        while note not in (await parts(lines)).get("timeline", ""):
            pass


@pytest.mark.covers("I5", "I10")
def test_fifty_people_see_a_note_from_one_drawing(counted_address: str, world: World, drawn: list[str]) -> None:
    async def play() -> None:
        limits = httpx.Limits(max_connections=PEOPLE + 1)
        async with httpx.AsyncClient(base_url=counted_address, limits=limits, timeout=20, trust_env=False) as client:
            inside = asyncio.Semaphore(0)
            people = [asyncio.create_task(stay(client, each, inside, "all keys changed")) for each in range(PEOPLE)]
            for _ in range(PEOPLE):
                await asyncio.wait_for(inside.acquire(), 20)
            page = (await client.get(PAGE)).text
            assert f"person{PEOPLE - 1}@grocer" in page
            before = len(drawn)
            world.incidents.note("2017-001", "all keys changed", "sam@grocer", key="n")
            await asyncio.wait_for(asyncio.gather(*people), 20)
            # How soon is measured by benchmarks/incident_room.py.
            assert len(drawn) - before <= 2

    asyncio.run(play())
