"""The little of HTTP that the serving process needs on bare ASGI."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

import msgspec

from steek.kernel.errors import (
    BusyError,
    ConflictError,
    InputError,
    NotFoundError,
    ResourceError,
    SteekError,
    TooLargeError,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

REQUEST_ID = "steek-request-id"
MAX_BODY_BYTES = 32_000_000

_ENCODER = msgspec.json.Encoder()
_STATUS: tuple[tuple[type[SteekError], int], ...] = (
    (NotFoundError, 404),
    (TooLargeError, 413),
    (BusyError, 503),
    (InputError, 400),
    (ConflictError, 409),
    (ResourceError, 503),
)


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back to the client."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def as_json(value: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A JSON response."""
    return Response(status, _ENCODER.encode(value), headers=tuple(headers))


def as_error(error: SteekError) -> Response:
    """An error in the protocol's form, `{"error": text}`, with the status of its kind; 500 for what is our fault."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers = [("retry-after", "1")] if isinstance(error, BusyError) else []
    return as_json({"error": str(error), "code": error.code}, status, headers)


def header(scope: Scope, name: str) -> str | None:
    """Value of a request header, or None."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), None)


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request.

    Raises:
        TooLargeError: it is larger than `MAX_BODY_BYTES`.
        ConnectionResetError: the client left before it was sent.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and message["type"] == "http.request":
        return body
    parts, size_bytes = [body], len(body)
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
        size_bytes += len(parts[-1])
        if size_bytes > MAX_BODY_BYTES:
            complaint = f"the request body is larger than {MAX_BODY_BYTES} bytes"
            raise TooLargeError(complaint, next_step="Send fewer instances at once.")
    if message["type"] == "http.disconnect":
        raise ConnectionResetError
    return b"".join(parts)


async def respond(send: Send, response: Response) -> None:
    """Send a response in two messages."""
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        *((name.encode(), value.encode()) for name, value in response.headers),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
