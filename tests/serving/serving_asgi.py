"""Talking to an ASGI application in this process, its lifespan included."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from steek.serving.app import ServingApp

Result = TypeVar("Result")


@asynccontextmanager
async def living(app: ServingApp) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an application that was started and will be stopped."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://steek") as http:
        yield http
    await inbox.put({"type": "lifespan.shutdown"})
    await life


def talk(app: ServingApp, conversation: Callable[[httpx.AsyncClient], Awaitable[Result]]) -> Result:
    """Start the application, hold the conversation, stop it."""

    async def hold() -> Result:
        async with living(app) as http:
            return await conversation(http)

    return asyncio.run(hold())
