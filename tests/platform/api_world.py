"""Clients of the control API and the console of one opened project, without a network between."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from httpx import Response

from steek.console import build_console
from steek.http import build_api
from steek.platform import Platform, open_project

ORIGIN = "http://127.0.0.1:8321"


class Client:
    """Sends requests straight into an application, one after the other."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        self._runner = runner

    def request(self, method: str, path: str, **options: Any) -> Response:
        return self._runner.run(self._http.request(method, path, **options))

    def get(self, path: str, **options: Any) -> Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        return self.request("POST", path, **options)


@dataclass
class Api:
    """One project and somebody who sends it requests."""

    platform: Platform
    app: FastAPI
    client: Client

    @classmethod
    @contextmanager
    def over(cls, folder: Path) -> "Generator[Api]":
        """Open the project in a folder and serve it to a client of its own."""
        platform = open_project(folder)
        app = build_api(platform)
        app.mount("/", build_console(platform))
        with asyncio.Runner() as runner:
            yield cls(platform, app, Client(app, runner))
        platform.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """The body of a good answer."""
        response = self.client.get(path, params=parameters or None)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: object = None, *, key: str | None = "k1", **headers: str) -> Response:
        """A write by ada; underscores in names of headers become dashes."""
        sent = {"X-Steek-Actor": "ada"} | ({} if key is None else {"Idempotency-Key": key})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, json=body, headers=sent)

    def send(self, path: str, content: bytes, kind: str, *, key: str = "batch") -> Response:
        """A batch by the till."""
        headers = {"Content-Type": kind, "Idempotency-Key": key, "X-Steek-Actor": "till"}
        return self.client.post(path, content=content, headers=headers)
