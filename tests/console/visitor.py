"""A visitor of the console: asks the application directly, keeps cookies, follows redirects."""

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx
from starlette.types import ASGIApp

from steek.console import build_console

HOST = "127.0.0.1:8321"


class Visitor:
    """One browser without JavaScript."""

    def __init__(self, app: ASGIApp, host: str = HOST) -> None:
        self._app: Any = app
        self._base = f"http://{host}"
        self.cookies = httpx.Cookies()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, headers=headers))

    def post(
        self,
        path: str,
        *,
        data: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> httpx.Response:
        answer = self._ask("POST", path, data=data, headers=headers, follow_redirects=follow_redirects)
        return asyncio.run(answer)

    async def _ask(self, method: str, path: str, *, follow_redirects: bool = True, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url=self._base, cookies=self.cookies) as client:
            answer = await client.request(method, path, follow_redirects=follow_redirects, **more)
            self.cookies = client.cookies
            return answer


def visit(platform: object, host: str = HOST) -> Visitor:
    """Somebody at the console of these services."""
    return Visitor(build_console(platform), host)


def text_of(html: str) -> str:
    """What a reader sees, in one line."""
    shown = re.sub(r"<(style|script).*?</\1>", " ", html, flags=re.DOTALL)
    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", shown)))
    return re.sub(r" ([,.;)])", r"\1", words)
