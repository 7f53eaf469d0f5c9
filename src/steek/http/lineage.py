"""`/v1/lineage/columns`, OpenLineage out, and `/api/v1/lineage`, where systems that speak it send theirs."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from steek.http.replying import Actor, actor_or_api, reply
from steek.kernel.errors import UnreadableError
from steek.platform import Platform

_MOST_BYTES = 4_000_000


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(tags=["lineage"])

    @routes.get("/v1/lineage/columns")
    def columns(of: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What a column comes from, what comes from it, and where that is not known."""
        return reply(platform.provenance.of(of))

    @routes.get("/v1/lineage/openlineage")
    def openlineage(  # pyright: ignore[reportUnusedFunction]
        since: datetime | None = None,
        after: Annotated[int | None, Query(description="Only runs written after this event.")] = None,
        limit: Annotated[int, Query(ge=1, le=100_000)] = 1000,
    ) -> StreamingResponse:
        """Runs as OpenLineage RunEvents, one JSON object a line: a START and one end for each."""
        events = platform.provenance.run_events(since=since, after_sequence=after, limit=limit)
        return StreamingResponse(_lines(events), media_type="application/x-ndjson")

    @routes.post("/api/v1/lineage", status_code=201)
    async def receive(request: Request, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take in one OpenLineage RunEvent; the same run and event type again changes nothing."""
        document = _parsed(await _body(request))
        event = await run_in_threadpool(platform.outside_runs.receive, document, actor=actor_or_api(actor))
        return reply({"event": event.id, "job": event.subject}, 201)

    return routes


def _lines(events: Iterator[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        yield json.dumps(event, ensure_ascii=False) + "\n"


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, f"a RunEvent may have {_MOST_BYTES:,} bytes")
    return bytes(body)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        message = "the body is no JSON"
        raise UnreadableError(message, next_step="Send one OpenLineage RunEvent.") from None
