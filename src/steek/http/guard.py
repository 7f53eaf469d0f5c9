"""A door for this machine's own callers: no other site may use a visitor's browser to reach the control API."""

import ipaddress

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class OwnHostsOnly:
    """Refuses requests for a foreign host name (DNS rebinding) and writes that come from another site's page.

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
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = _host_of(headers.get("host", ""))
        if not self._is_own(host):
            await _refuse(f"the host {host!r} is not this project's")(scope, receive, send)
        elif scope["method"] not in _SAFE_METHODS and headers.get("sec-fetch-site") == "cross-site":
            await _refuse("another site's page may not write here")(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        if host in {self._own_host, "localhost"}:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def _host_of(value: str) -> str:
    return value.removeprefix("[").partition("]")[0] if value.startswith("[") else value.partition(":")[0]


def _refuse(reason: str) -> JSONResponse:
    body = {"type": "urn:steek:error:refused", "title": reason, "status": 403, "code": "refused", "next_step": ""}
    return JSONResponse(body, 403, media_type="application/problem+json")
