"""Live updates: one look and one drawing for everybody in a room, and the end of both with the last reader."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping

import pytest
from console_world import World

from steek.console.stream import Live
from steek.ledger import Draft


class Drawer:
    """Draws two parts, of which one follows the ledger."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.drawn = 0
        self.failing: Iterator[bool] = iter(())

    def __call__(self, incident_id: str) -> Mapping[str, str]:
        if next(self.failing, False):
            message = "the database is away"
            raise OSError(message)
        self.drawn += 1
        return {"timeline": f"{self.world.ledger.count()} events", "roles": f"roles of {incident_id}"}

    def live(self) -> Live:
        def here(names: tuple[str, ...], unnamed: int) -> str:
            return f"{', '.join(names)} and {unnamed}"

        return Live(self.world.ledger, self.world.clock, draw=self, here=here, poll_s=0.001)


async def told(messages: AsyncGenerator[str], kind: str) -> str:
    """The data of the next message of a kind."""
    async for message in messages:
        if f"event: {kind}\n" in message:
            return message.split("data: ")[1].strip()
    pytest.fail("the stream ended")


async def parts(messages: AsyncGenerator[str]) -> dict[str, str]:
    return json.loads(await told(messages, "parts"))["parts"]


def write(world: World) -> None:
    world.ledger.record(*[Draft("external.changed", "external:x", "a")] * 2)


@pytest.mark.covers("I5")
def test_a_page_is_told_that_something_was_written(empty: World) -> None:
    live = Drawer(empty).live()

    async def read() -> list[str]:
        messages = live.changes()
        first = await told(messages, "hello")
        write(empty)
        second = await told(messages, "changed")
        await messages.aclose()
        return [first, second]

    assert asyncio.run(read()) == ["0", "2"]


@pytest.mark.covers("I5", "I10")
def test_a_room_is_drawn_once_for_all_and_only_what_changed_is_sent(empty: World) -> None:
    drawer = Drawer(empty)
    live = drawer.live()
    write(empty)

    async def read() -> tuple[list[dict[str, str]], tuple[tuple[str, ...], int]]:
        rooms = [live.room("2017-001", actor=name) for name in ("ariel", "sam", "", "sam")]
        for room in rooms:
            assert set(await parts(room)) >= {"timeline", "here"}
        before = drawer.drawn
        write(empty)
        found: list[dict[str, str]] = []
        for room in rooms:
            news = await parts(room)
            while "timeline" not in news:
                news = await parts(room)
            found.append(news)
        assert drawer.drawn == before + 1
        present = live.present("2017-001")
        for room in rooms:
            await room.aclose()
        return found, present

    found, present = asyncio.run(read())
    assert all(news["timeline"] == "4 events" for news in found)
    assert not any("roles" in news for news in found)
    assert present == (("ariel", "sam"), 1)
    assert live.present("2017-001") == ((), 0)


def test_a_page_that_is_newest_gets_nothing_twice_and_one_that_lost_its_connection_gets_what_it_missed(
    empty: World,
) -> None:
    live = Drawer(empty).live()
    write(empty)

    async def read() -> None:
        staying = live.room("2017-001", actor="ariel", seen_sequence=2)
        assert await parts(staying) == {"here": "ariel and 0"}
        message = await anext(live.room("2017-001", actor="late"))
        assert message.startswith("retry: 3000")
        lost = live.room("2017-001", actor="sam", seen_sequence=2)
        message = ""
        while "event: parts" not in message:
            message = await anext(lost)
        await lost.aclose()
        last_id = message.split("\n")[0].removeprefix("id: ")
        write(empty)
        while "timeline" not in await parts(staying):
            pass
        back = live.room("2017-001", actor="sam", seen_sequence=2, last_id=last_id)
        assert (await parts(back))["timeline"] == "4 events"
        stranger = live.room("2017-001", seen_sequence=2, last_id="another-boot.7")
        assert {"timeline", "roles"} <= set(await parts(stranger))

    asyncio.run(read())


def test_a_look_that_fails_is_tried_again(empty: World) -> None:
    drawer = Drawer(empty)
    live = drawer.live()

    async def read() -> str:
        room = live.room("2017-001")
        await parts(room)
        drawer.failing = iter([True, True])
        write(empty)
        news = await parts(room)
        while "timeline" not in news:
            news = await parts(room)
        await room.aclose()
        return news["timeline"]

    assert asyncio.run(read()) == "2 events"
