"""`/v1/freezes` and `/v1/changes-held`: what incidents hold still, and decisions on the changes that wait."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.kernel.units import parse_duration
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A change that nobody tried yet, in the words in which a refusal would name it."""

    incident: str
    subject: str
    action: str
    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Why a held change cannot wait; `expected_version` is the one that was looked at."""

    reason: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Why it is let through, and for how long ("2h"; null takes the setting)."""

    reason: str = ""
    valid_for: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it shall not be made."""

    reason: str
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _deciding(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    control = platform.change_control

    @routes.get("/freezes")
    def freezes(incident: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What is held still now."""
        return reply(control.freezes(incident))

    @routes.get("/changes-held")
    def held(incident: str | None = None, every: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Changes that were held back; with `every` also those that were made or refused."""
        return reply(control.held(incident, waiting_only=not every))

    @routes.get("/changes-scheduled")
    def scheduled(incident: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What would change by itself on held systems: nightly trainings and open proposals of contracts."""
        return reply(control.scheduled(incident))

    @routes.get("/changes-held/{change}")
    def one(change: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One held change."""
        return reply(control.get(change))


def _deciding(routes: APIRouter, platform: Platform) -> None:
    control = platform.change_control

    @routes.post("/changes-held", status_code=201)
    def foresee(asked: Foreseen, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask for a change before anybody tried it."""
        by, name = actor_or_api(actor), require_key(key)
        words = (asked.incident, asked.subject, asked.action, asked.what)
        return reply(control.ask_for(*words, reason=asked.reason, actor=by, key=name), 201)

    @routes.post("/changes-held/{change}/asking")
    def ask(change: str, asked: Asking, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask that it be let through."""
        by, name = actor_or_api(actor), require_key(key)
        version = asked.expected_version
        return reply(control.ask(change, reason=asked.reason, actor=by, key=name, expected_version=version))

    @routes.post("/changes-held/{change}/approval")
    def approve(change: str, said: Approval, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let it through, once and for a limited time."""
        approved = control.approve(
            change,
            reason=said.reason,
            valid_for=None if said.valid_for is None else parse_duration(said.valid_for),
            actor=actor_or_api(actor),
            key=require_key(key),
            expected_version=said.expected_version,
        )
        return reply(approved)

    @routes.post("/changes-held/{change}/refusal")
    def refuse(change: str, said: Refusal, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that it shall not be made."""
        by, name = actor_or_api(actor), require_key(key)
        version = said.expected_version
        return reply(control.refuse(change, reason=said.reason, actor=by, key=name, expected_version=version))

    @routes.post("/freezes/{incident}/release")
    def release(incident: str, subject: str | None = None, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """End the freezes of an incident; what they held is listed for a decision."""
        require_key(key)
        ended, waiting = control.release(incident, actor=actor_or_api(actor), subject=subject)
        return reply({"released": list(ended), "waiting": list(waiting)})
