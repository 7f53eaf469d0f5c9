"""`/v1/notices`: who is told of what, what arrived, what was given up."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class AskedTest:
    """A target that is to be told that something is wrong, and that it is over."""

    target: str


@dataclass(frozen=True, slots=True)
class AskedRetry:
    """A notice to be sent again, to one target or to all that did not get it."""

    notice: str
    target: str | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/notices", tags=["notices"])
    notices = platform.notices

    @routes.get("")
    def deliveries(state: Literal["waiting", "delivered", "dead"] | None = None, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Notices and how each target stands to them, latest first."""
        return reply(notices.deliveries(state, limit=limit))

    @routes.get("/targets")
    def targets() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every target, what waits for it and what it said last; secrets are not shown."""
        return reply(notices.targets())

    @routes.post("/deliveries")
    def deliver(target: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Send now what is due, as the worker does all the time."""
        platform.subscriptions.deliver()
        notices.deliver(target)
        return reply(notices.targets())

    @routes.post("/tests")
    def test(asked: AskedTest, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Send a test to one target; look at `outcome`."""
        return reply(notices.test(asked.target, key=require_key(key), actor=actor_or_api(actor)))

    @routes.post("/retries")
    def retry(asked: AskedRetry, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Have a notice sent again."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(notices.retry(asked.notice, asked.target, key=name, actor=by))

    return routes
