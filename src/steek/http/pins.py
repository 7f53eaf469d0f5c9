"""`/v1/incidents/{incident}/pins` and `files`: charts as they were, and files, beside the timeline."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents import Pin
from steek.kernel.errors import TooLargeError
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Pinned:
    """A chart that is to be kept as it is now."""

    monitor: str
    slice: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    title: str | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    pins = platform.pins

    @routes.get("/incidents/{incident}/pins")
    def listed(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What is pinned, oldest first."""
        return reply(pins.list(incident))

    @routes.post("/incidents/{incident}/pins", status_code=201)
    def pin(incident: str, asked: Pinned, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Keep a chart as it is now."""
        kept = pins.pin_chart(
            incident,
            asked.monitor,
            actor_or_api(actor),
            key=require_key(key),
            slice=asked.slice,
            since=asked.since,
            until=asked.until,
            title=asked.title,
        )
        return reply(kept, 201)

    @routes.post("/incidents/{incident}/files", status_code=201)
    async def attach(  # pyright: ignore[reportUnusedFunction]
        incident: str, name: str, request: Request, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Keep a file: its bytes are the body."""
        by, at_key = actor_or_api(actor), require_key(key)
        content = await _read(request, pins.most_bytes)
        kept = await run_in_threadpool(lambda: pins.attach(incident, name, content, by, key=at_key))
        return reply(kept, 201)

    @routes.get("/pins/{pin}/content")
    def content(pin: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        """A file, or the picture of a chart, to be saved."""
        return attachment(pins.get(pin), pins.content(pin))

    return routes


def attachment(pin: Pin, content: bytes) -> Response:
    """Bytes that a browser saves and never shows or runs, whatever they are and however they are called."""
    name = pin.title if pin.kind == "file" else f"{pin.title}.svg"
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _read(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            message = f"the file has more than {most_bytes:,} bytes"
            raise TooLargeError(message, next_step="Attach the part that shows it, or raise most_attachment_bytes.")
    return bytes(body)
