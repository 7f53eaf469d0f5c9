"""`/v1/changes`: what changed upstream of a thing, and changes of the world outside, as plain JSON or CloudEvents."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from steek.http.cloud_events import BATCH, PLAIN, STRUCTURED, cloud_events, media_type, plain_note
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.ledger import changes_upstream
from steek.ledger.outside import OUTSIDE_KINDS
from steek.platform import Platform

_DAYS, _AHEAD = timedelta(days=7), timedelta(days=366)
_TEXT: dict[str, object] = {"type": "string"}
_NOTE: dict[str, object] = {
    "type": "object",
    "required": ["subject", "summary"],
    "properties": {
        "subject": _TEXT,
        "summary": _TEXT,
        "at": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
        "expected": {"type": "boolean"},
        "on": {"type": "array", "items": _TEXT},
        "kind": {"type": "string", "enum": list(OUTSIDE_KINDS)},
    },
}
_EVENT: dict[str, object] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": dict.fromkeys(("specversion", "id", "source", "type", "subject", "time"), _TEXT),
}
_BODIES: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            PLAIN: {"schema": _NOTE},
            STRUCTURED: {"schema": _EVENT},
            BATCH: {"schema": {"type": "array", "items": _EVENT}},
        },
    }
}


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["watching"])

    @routes.get("/changes")
    def changes(  # pyright: ignore[reportUnusedFunction]
        upstream_of: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        about: str = "",
        limit: Limit = 100,
    ) -> JSONResponse:
        """What changed upstream of a thing, nearest first; without one, changes of the world outside, latest first.

        By default the last seven days, and what is announced; `about` is how their subject begins.
        """
        now = platform.clock.now()
        last = until or (now if upstream_of is not None else now + _AHEAD)
        first = since or min(now, last) - _DAYS
        if upstream_of is not None:
            return reply(changes_upstream(platform.ledger, platform.lineage, upstream_of, since=first, until=last))
        return reply(platform.outside.changes(first, last, about=about, limit=limit))

    @routes.post("/changes", status_code=201, openapi_extra=_BODIES)
    async def note(request: Request, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Tell of changes in the world outside; the same key, or the same source and id, again is the same change.

        Plain JSON takes the header Idempotency-Key. CloudEvents 1.0 come in binary mode (headers ce-...), structured
        or as a batch; `data` may have summary, subject, until, expected, on and kind.
        """
        body = await request.body()
        told = cloud_events(request.headers, body, now=platform.clock.now())
        many = told is not None and media_type(request.headers) == BATCH
        if told is None:
            told = [plain_note(body, key=require_key(key), now=platform.clock.now())]
        events = await run_in_threadpool(platform.outside.take, told, actor=actor_or_api(actor))
        await run_in_threadpool(platform.subscriptions.deliver)
        return reply(events if many else events[0], 201)

    return routes
