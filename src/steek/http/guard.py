"""A door for this machine's own callers: no other site may use a visitor's browser to reach the control API."""

import asyncio
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steek.http.headers import first_headers
from steek.http.problems import problem

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_OWN_SITES = {"same-origin", "none"}
# Everything but a batch of data and a file for an incident is a short form; those have limits of their own.
_LARGE = ("/batches", "/files")
_MOST_BYTES = 1_000_000
# Longest pause within a body, and what it must bring on average after that time.
_PATIENCE_S = 30.0
_LEAST_BYTES_A_S = 1_000


class OwnHostsOnly:
    """Refuses requests for a foreign host name (DNS rebinding) and writes that come from another site's page.

    Programs that are no browsers send neither Origin nor Sec-Fetch-Site and pass: no other site can make them act.

    Args:
        app: The application behind the door.
        own_host: Address the project listens on; loopback is always its own.
    """

    def __init__(self, app: ASGIApp, own_host: str) -> None:
        self._app = app
        self._own_host = own_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reason = self._refusal(scope["method"], first_headers(scope))
        if reason is not None:
            next_step = "Use the address the project listens on, from its own pages or a program."
            refusal = problem(scope["path"], 403, reason, code="refused", next_step=next_step)
            await refusal(scope, receive, send)
            return
        small = scope["path"].startswith("/v1/") and not scope["path"].endswith(_LARGE)
        timely = _timely(receive)
        await self._app(scope, _limited(timely) if small else timely, send)

    def _refusal(self, method: str, headers: Mapping[str, str]) -> str | None:
        host = headers.get("host", "")
        if not self._is_own(_host_of(host)):
            return f"the host {host[:100]!r} is not this project's"
        if method in _SAFE_METHODS:
            return None
        foreign_site = headers.get("sec-fetch-site", "none") not in _OWN_SITES
        origin = headers.get("origin")
        foreign_origin = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        return "another site's page may not write here" if foreign_site or foreign_origin else None

    def _is_own(self, host: str) -> bool:
        return host in {self._own_host, "localhost"} or _is_loopback(host)


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _timely(receive: Receive) -> Receive:
    """Ends a body that hardly comes: a request must not hold its place for ever."""
    loop = asyncio.get_running_loop()
    began_s, size, ended = loop.time(), 0, False

    async def receive_soon() -> Message:
        nonlocal size, ended
        if ended:
            # What comes now is only that the caller left, and that may take as long as the answer.
            return await receive()
        left_s = began_s + _PATIENCE_S + size / _LEAST_BYTES_A_S - loop.time()
        try:
            async with asyncio.timeout(max(0, min(_PATIENCE_S, left_s))):
                message = await receive()
        except TimeoutError:
            ended = True
            text = f"the body stopped after {size:,} bytes, or came with less than {_LEAST_BYTES_A_S:,} a second"
            raise HTTPException(408, text) from None
        size += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        return message

    return receive_soon


def _limited(receive: Receive) -> Receive:
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > _MOST_BYTES:
            raise HTTPException(413, f"the request has more than {_MOST_BYTES:,} bytes")
        return message

    return receive_some


def _host_of(value: str) -> str:
    return value.removeprefix("[").partition("]")[0] if value.startswith("[") else value.partition(":")[0]
