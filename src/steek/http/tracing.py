"""A span for each request of the control API and the console, below that of the caller if it says so."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steek.http.headers import first_headers
from steek.kernel.tracing import is_tracing, note, span


class TracedRequests:
    """Names a span by method and route, never by the address: that may hold names of things, and is not bounded.

    Args:
        app: The application behind; without tracing it is called as if nobody stood here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_tracing():
            await self._app(scope, receive, send)
            return
        status: list[int] = []

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        facts = {"http.request.method": scope["method"], "url.scheme": scope.get("scheme", "http")}
        with span(scope["method"], facts, headers=first_headers(scope)) as one:
            await self._app(scope, receive, told)
            route = getattr(scope.get("route"), "path", None)
            if route is not None:
                one.update_name(f"{scope['method']} {route}")
            note(one, {"http.route": route, "http.response.status_code": status[0] if status else None})
