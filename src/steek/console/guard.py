"""The door of the console: only pages of this console may post to it, and only under its own name."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)


def refusal(method: str, headers: Headers, own_hosts: Collection[str]) -> str | None:
    """Why a request is refused, or None when it may pass.

    A foreign Host is DNS rebinding; a POST whose Origin or Sec-Fetch-Site is another site is forgery. Programs
    that are no browsers send neither header and pass, because no other site can make them do anything.

    >>> refusal("POST", Headers({"host": "127.0.0.1:8321", "sec-fetch-site": "cross-site"}), LOOPBACK)
    'this request comes from another site'
    """
    host = headers.get("host", "")
    if _host_name(f"//{host}") not in own_hosts:
        return f"this console does not answer as {host[:100]!r}"
    if method in _SAFE_METHODS:
        return None
    site = headers.get("sec-fetch-site")
    if site is not None and site not in _OWN_SITES:
        return "this request comes from another site"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "this request comes from another site"
    return None


def _host_name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


class Guard:
    """ASGI middleware around the console: refuses what `refusal` names, and adds headers that keep pages apart."""

    def __init__(self, app: ASGIApp, own_hosts: Collection[str]) -> None:
        self._app = app
        self._own_hosts = frozenset(own_hosts) | LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reason = refusal(scope["method"], Headers(scope=scope), self._own_hosts)
        if reason is not None:
            body = f"{reason}; open the console at its own address and try again\n"
            await PlainTextResponse(body, status_code=403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(item for item in _HEADERS if item[0] not in present)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
