"""`/v1/incidents`: from declaration to postmortem."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents import Incident, Said
from steek.platform import Platform, mitigation_lines


@dataclass(frozen=True, slots=True)
class Declared:
    """What is wrong, with what, how badly."""

    title: str
    on: str
    severity: str = "sev2"
    freeze: bool = True


@dataclass(frozen=True, slots=True)
class Assigned:
    """A role for a person."""

    role: str
    person: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A line for the timeline, perhaps with a verdict on a suspect."""

    text: str
    about: str | None = None
    verdict: Literal["confirmed", "rejected"] | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """A mitigation of the menu."""

    mitigation: str
    arguments: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Advanced:
    """The next phase."""

    action: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The end of the outage; without verification a reason is needed."""

    verify: bool = True
    reason: str = ""


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    _reading(routes, platform)
    _writing(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    @routes.get("")
    def listed(open_only: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Incidents, newest first."""
        return reply(incidents.list(open_only=open_only))

    @routes.get("/{incident}")
    def one(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One incident as it is now."""
        return reply(incidents.get(incident))

    @routes.get("/{incident}/menu")
    def menu(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What can be done, with risk, effect and the way back."""
        incidents.get(incident)
        return reply(mitigation_lines(incidents.menu))

    @routes.get("/{incident}/suspects")
    def suspects(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What changed before it, ranked, and what did not."""
        return reply(incidents.suspects(incident))

    @routes.get("/{incident}/timeline")
    def timeline(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Everything that happened around it."""
        return reply(incidents.timeline(incident))

    @routes.get("/{incident}/postmortem")
    def postmortem(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The draft of its postmortem."""
        return reply(incidents.postmortem(incident))


def _writing(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("", status_code=201)
    def declare(asked: Declared, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declare an incident; 202 when no database takes it now, so that it is kept here and written later."""
        by, name = actor_or_api(actor), require_key(key)
        declared = platform.offline.declare(Said(asked.title, asked.on, asked.severity, by, asked.freeze, name))
        return told(declared, 201) if isinstance(declared, Incident) else reply(declared, 202)

    @routes.post("/{incident}/roles")
    def assign(incident: str, asked: Assigned, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Give a role to a person."""
        by, name = actor_or_api(actor), require_key(key)
        return told(incidents.assign(incident, asked.role, asked.person, by, key=name))

    @routes.post("/{incident}/notes", status_code=201)
    def note(incident: str, asked: Noted, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write into the timeline."""
        by, name = actor_or_api(actor), require_key(key)
        about, verdict, at = asked.about, asked.verdict, asked.said_at
        return told(incidents.note(incident, asked.text, by, key=name, about=about, verdict=verdict, said_at=at), 201)

    @routes.post("/{incident}/actions")
    def act(incident: str, asked: Acted, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Do something from the menu; look at `outcome`, a failure is recorded and returned."""
        by, name = actor_or_api(actor), require_key(key)
        return told(incidents.act(incident, asked.mitigation, asked.arguments, by, key=name))

    @routes.post("/{incident}/phase")
    def advance(incident: str, asked: Advanced, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Move to the next phase."""
        by, name = actor_or_api(actor), require_key(key)
        return told(incidents.advance(incident, asked.action, by, key=name))

    @routes.post("/{incident}/resolution")
    def resolve(incident: str, asked: Resolved, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """End the outage, verified by the indicators that showed it."""
        by, name = actor_or_api(actor), require_key(key)
        return told(incidents.resolve(incident, actor=by, key=name, verify=asked.verify, reason=asked.reason))
