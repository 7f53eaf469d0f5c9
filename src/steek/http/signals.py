"""`/v1/signals`: what somebody noticed, in one line; what lies together asks for a declaration."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.incidents import Signals
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Filed:
    """What was noticed, in a line, about which system."""

    text: str
    on: str
    kind: str = "other"
    source: str | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Why it is no incident."""

    reason: str


@dataclass(frozen=True, slots=True)
class DeclaredFrom:
    """How bad it is; without a title, what is known is the title."""

    severity: str = "sev2"
    title: str | None = None
    freeze: bool = True


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/signals", tags=["incidents"])
    _reading(routes, platform.signals)
    _writing(routes, platform)
    return routes


def _reading(routes: APIRouter, signals: Signals) -> None:
    @routes.get("")
    def listed(open_only: bool = False, incident: str | None = None, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Signals, newest first."""
        return reply(signals.list(open_only=open_only, incident=incident, limit=limit))

    @routes.get("/prompts")
    def prompts(open_only: bool = True, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What asks for a declaration, newest first."""
        return reply(signals.prompts(open_only=open_only, limit=limit))


def _writing(routes: APIRouter, platform: Platform) -> None:
    signals = platform.signals

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("", status_code=201)
    def file(asked: Filed, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """File one line; if others noticed something near it, a declaration is prompted."""
        filed = signals.file(
            asked.text,
            on=asked.on,
            kind=asked.kind,
            actor=actor_or_api(actor),
            key=require_key(key),
            source=asked.source,
            said_at=asked.said_at,
        )
        return told(filed, 201)

    @routes.post("/{signal}/dismissal")
    def dismiss(signal: str, asked: Dismissed, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that a signal, or a prompt with all its signals, is no incident."""
        return told(signals.dismiss(signal, asked.reason, actor_or_api(actor), key=require_key(key)))

    @routes.post("/prompts/{prompt}/incident", status_code=201)
    def declare(prompt: str, asked: DeclaredFrom, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declare an incident from a prompt; its signals and alerts are taken in as evidence."""
        declared = signals.declare(
            prompt,
            severity=asked.severity,
            title=asked.title,
            freeze=asked.freeze,
            actor=actor_or_api(actor),
            key=require_key(key),
        )
        return told(declared, 201)
