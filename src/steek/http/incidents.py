"""`/v1/incidents`: from declaration to postmortem. Decisions take the version they rest on, see `preconditions`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version, tag
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
    expected_version: int | None = None


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
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """The next phase."""

    action: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The end of the outage; without verification a reason is needed."""

    verify: bool = True
    reason: str = ""
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    _reading(routes, platform)
    _telling(routes, platform)
    _deciding(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    @routes.get("")
    def listed(open_only: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Incidents, newest first."""
        return reply(incidents.list(open_only=open_only))

    @routes.get("/{incident}")
    def one(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One incident as it is now; its ETag makes a later decision a compare-and-set."""
        found = incidents.get(incident)
        return tag(reply(found), found.version)

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


def _telling(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    def told(value: object, status: int) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("", status_code=201)
    def declare(asked: Declared, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declare an incident; 202 when no database takes it now, so that it is kept here and written later."""
        by, name = actor_or_api(actor), require_key(key)
        declared = platform.offline.declare(Said(asked.title, asked.on, asked.severity, by, asked.freeze, name))
        return told(declared, 201) if isinstance(declared, Incident) else reply(declared, 202)

    @routes.post("/{incident}/notes", status_code=201)
    def note(incident: str, asked: Noted, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write into the timeline."""
        by, name = actor_or_api(actor), require_key(key)
        about, verdict, at = asked.about, asked.verdict, asked.said_at
        return told(incidents.note(incident, asked.text, by, key=name, about=about, verdict=verdict, said_at=at), 201)


def _deciding(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    def told(value: object) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value)

    @routes.post("/{incident}/roles")
    def assign(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Assigned, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Give a role to a person."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(incidents.assign(incident, asked.role, asked.person, by, key=name, expected_version=seen))

    @routes.post("/{incident}/actions")
    def act(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Acted, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Do something from the menu; look at `outcome`, a failure is recorded and returned."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(incidents.act(incident, asked.mitigation, asked.arguments, by, key=name, expected_version=seen))

    @routes.post("/{incident}/phase")
    def advance(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Advanced, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Move to the next phase."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(incidents.advance(incident, asked.action, by, key=name, expected_version=seen))

    @routes.post("/{incident}/resolution")
    def resolve(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Resolved, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """End the outage, verified by the indicators that showed it."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        over = incidents.resolve(
            incident, actor=by, key=name, verify=asked.verify, reason=asked.reason, expected_version=seen
        )
        return told(over)
