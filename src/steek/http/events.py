"""`POST /v1/datasets/{name}/events`: small records, on bare ASGI because each costs little and they are many."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from steek.data import BackgroundCommitter, EventReceipt, EventRequest
from steek.http.problems import explain_crash, explain_error, explain_status, explain_value
from steek.kernel.errors import InputError, SteekError, UnreadableError
from steek.platform import Platform

_PATH = re.compile(r"/v1/datasets/([^/]+)/events")
_ROW = msgspec.json.Decoder(dict[str, Any])
_REPLY = msgspec.json.Encoder()
_HEAD: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
_OBJECT, _LINES = "application/json", "application/x-ndjson"


class EventsApi(FastAPI):
    """An application that takes single events before anything else looks at the request.

    What else an application has costs several times what an event does; the door asks itself who calls.
    """

    events_door: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            self.events_door is not None
            and scope["type"] == "http"
            and scope["method"] == "POST"
            and _PATH.fullmatch(scope["path"])
        ):
            await self.events_door(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class EventsDoor:
    """Takes requests with single events, from callers who may write.

    Args:
        platform: Its ingestion takes the events.
    """

    def __init__(self, platform: Platform) -> None:
        self._ingestion = platform.ingestion
        self._answers = _Answers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"])
        assert found is not None
        try:
            receipt = await self._take(found[1], scope, receive)
        except Exception as cause:  # noqa: BLE001 - every refusal is a problem
            answer = await _explained(Request(scope), cause)
            await answer(scope, receive, send)
            return
        body = _REPLY.encode(receipt)
        head = [*_HEAD, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _take(self, dataset: str, scope: Scope, receive: Receive) -> EventReceipt:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        rows = _rows(headers, await _body(receive))
        producer, sequence = _text(headers, b"steek-producer"), _text(headers, b"steek-sequence")
        done, answer = self._answers.expect()
        request = EventRequest(
            dataset=dataset,
            rows=rows,
            actor=_text(headers, b"x-steek-actor") or "api",
            producer=producer,
            sequence=None if sequence is None else _number(sequence),
            done=done,
        )
        self._ingestion.send_events(request)
        return await answer


class _Answers:
    """Brings results from the thread that writes to the loop that answers, many at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: list[tuple[asyncio.Future[EventReceipt], EventReceipt | Exception]] = []
        self._called = False

    def expect(self) -> tuple[Callable[[EventReceipt | Exception], None], "asyncio.Future[EventReceipt]"]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[EventReceipt] = loop.create_future()

        def done(result: EventReceipt | Exception) -> None:
            with self._lock:
                self._ready.append((future, result))
                called, self._called = self._called, True
            if not called:
                loop.call_soon_threadsafe(self._hand_out)

        return done, future

    def _hand_out(self) -> None:
        with self._lock:
            ready, self._ready, self._called = self._ready, [], False
        for future, result in ready:
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def committing(platform: Platform) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of the control API: what waits in the spool is committed while it runs."""
    background = BackgroundCommitter(
        platform.ingestion.committer,
        platform.settings.number("commit_every_ms") / 1000,
        platform.subscriptions.deliver,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:  # noqa: ARG001 - the form of a lifespan
        with background.running():
            yield

    return lifespan


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            text = "the caller went away before its request ended"
            raise HTTPException(400, text)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _rows(headers: dict[bytes, bytes], body: bytes) -> list[dict[str, Any]]:
    kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
    if kind not in (_OBJECT, _LINES):
        message = f"content type {kind[:100]!r} is not understood; allowed: {_OBJECT}, {_LINES}"
        raise UnreadableError(message, next_step="Say what the body is in the header Content-Type.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        text = "events are sent as they are, without Content-Encoding"
        raise HTTPException(415, text)
    lines = [body] if kind == _OBJECT else [line for line in body.split(b"\n") if line.strip()]
    return [_row(number, line) for number, line in enumerate(lines, start=1)]


def _row(number: int, line: bytes) -> dict[str, Any]:
    try:
        return _ROW.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        why = "nested too deeply" if isinstance(cause, RecursionError) else cause
        message = f"event {number} is not a JSON object: {why}"
        raise UnreadableError(
            message, next_step='Send {"field": value, ...}, or one such object on each line.'
        ) from cause


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    message = f"Steek-Sequence is {text[:40]!r}, not a whole number"
    raise InputError(message, next_step="Send 0, 1, 2, … : one more for each request of the producer.")


async def _explained(request: Request, cause: Exception) -> Any:
    if isinstance(cause, SteekError):
        return await explain_error(request, cause)
    if isinstance(cause, HTTPException):
        return await explain_status(request, cause)
    if isinstance(cause, OverflowError | UnicodeError | DataError):
        return await explain_value(request, cause)
    return await explain_crash(request, cause)
