"""`/v1/incidents/…/hypotheses`: what may be the cause, and what came of it."""

from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Stated:
    """What is supposed; `about` is the id of the event of a suspect."""

    text: str
    test: str = ""
    owner: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Who finds out; a test that is given replaces how."""

    owner: str
    test: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it: confirmed, rejected or undecided."""

    verdict: str
    reason: str = ""
    evidence: list[str] = field(default_factory=list[str])
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Doubted:
    """Why a verdict is doubted."""

    reason: str
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/incidents/{incident}/hypotheses", tags=["incidents"])
    service = platform.hypotheses

    @routes.get("")
    def listed(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Hypotheses of an incident, in the order they were stated."""
        return reply(service.list(incident))

    @routes.post("", status_code=201)
    def state(incident: str, asked: Stated, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Suppose something; of one suspect there is one hypothesis."""
        by, name = actor_or_api(actor), require_key(key)
        made = service.state(
            incident, asked.text, actor=by, key=name, owner=asked.owner, test=asked.test, about=asked.about
        )
        return reply(made, 201)

    @routes.post("/{number}/owner")
    def take(incident: str, number: int, asked: Taken, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Somebody finds out."""
        by, name, seen = actor_or_api(actor), require_key(key), asked.expected_version
        taken = service.take(incident, number, asked.owner, actor=by, key=name, test=asked.test, expected_version=seen)
        return reply(taken)

    @routes.post("/{number}/verdict")
    def judge(incident: str, number: int, asked: Judged, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say what came of it."""
        by, name = actor_or_api(actor), require_key(key)
        judged = service.judge(
            incident,
            number,
            asked.verdict,
            actor=by,
            key=name,
            reason=asked.reason,
            evidence=asked.evidence,
            expected_version=asked.expected_version,
        )
        return reply(judged)

    @routes.post("/{number}/doubt")
    def doubt(incident: str, number: int, asked: Doubted, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Doubt a verdict: it is tested again."""
        by, name, seen = actor_or_api(actor), require_key(key), asked.expected_version
        return reply(service.reopen(incident, number, asked.reason, actor=by, key=name, expected_version=seen))

    return routes
