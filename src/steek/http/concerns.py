"""`/v1/concerns`: worries that pass the commander by, also without a name."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse

from steek.governance import caller
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform, person_asking

Ticket = Annotated[str, Header(alias="X-Steek-Ticket", description="Shown once, when the concern was raised.")]


@dataclass(frozen=True, slots=True)
class RaisedConcern:
    """What worries somebody; an anonymous one is stored without who they are."""

    text: str
    incident: str | None = None
    anonymous: bool = False
    to_commander: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """It was read."""

    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer; `close` where nothing is left to do."""

    text: str
    close: bool = False
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/concerns", tags=["concerns"])
    service = platform.concerns

    def told(value: object, status: int = 200) -> JSONResponse:
        answer = reply(value, status)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def reader(actor: str | None) -> str:
        return person_asking(platform.access, actor_or_api(actor)).principal

    @routes.post("", status_code=201)
    def raise_(asked: RaisedConcern, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Raise one; anybody may. The ticket in this answer, and nowhere else, shows what becomes of it."""
        found = caller()
        name = found.principal if found is not None and found.token is not None else actor_or_api(actor)
        by = None if asked.anonymous else name
        made = service.raise_concern(
            asked.text, by=by, incident=asked.incident, to_commander=asked.to_commander, key=require_key(key)
        )
        return told(made, 201)

    @routes.get("")
    def listed(incident: str | None = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Concerns that the caller may see; only those whom concern_contacts names, and not who commands."""
        return told(service.list(reader(actor), incident=incident))

    @routes.post("/{concern}/acknowledgement")
    def acknowledge(concern: str, asked: Acknowledged, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that it was read."""
        by, name = reader(actor), require_key(key)
        return told(service.acknowledge(concern, by, key=name, expected_version=asked.expected_version))

    @routes.post("/{concern}/answer")
    def answer(concern: str, asked: Answered, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Answer it."""
        by, name, seen = reader(actor), require_key(key), asked.expected_version
        return told(service.answer(concern, by, asked.text, close=asked.close, key=name, expected_version=seen))

    @routes.get("/{concern}/answer")
    def follow(concern: str, ticket: Ticket = "") -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What became of it, for who has its ticket."""
        return told(service.follow(concern, ticket))

    return routes
