"""`/v1/incidents`: from declaration to postmortem. Decisions take the version they rest on, see `preconditions`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version, tag
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.incidents import Incident, Said
from steek.incidents.next_action import steps_of
from steek.incidents.text import checked_instant
from steek.incidents.timeline_pages import timeline_page
from steek.platform import Platform, mitigation_lines

Kinds = Annotated[tuple[str, ...], Query(description='Kinds of events; "incident" takes all of that family.')]


@dataclass(frozen=True, slots=True)
class Declared:
    """What is wrong, with what, how badly; `on` may be left out where an alert says it.

    `impact` has lines like "users=100..250" or "money=0..40000 EUR: how it is known", `signals` ids of signals.
    """

    title: str
    on: str = ""
    severity: str = "sev2"
    freeze: bool = True
    alert: str | None = None
    note: str = ""
    impact: list[str] = field(default_factory=list[str])
    signals: list[str] = field(default_factory=list[str])


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
    """The next phase, and why; closing needs a reason while a watch lasts or an indicator is not back."""

    action: str
    reason: str = ""
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
    _timeline(routes, platform)
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
        return reply(mitigation_lines(incidents.menu, incidents.stories.read(incident)))

    @routes.get("/{incident}/suspects")
    def suspects(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What changed before it, ranked, and what did not."""
        return reply(incidents.suspects(incident))

    @routes.get("/{incident}/next")
    def next_steps(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What somebody should do next, the most pressing first."""
        return reply(steps_of(incidents.stories.read(incident), platform.clock.now()))


def _timeline(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    @routes.get("/{incident}/timeline")
    def timeline(  # pyright: ignore[reportUnusedFunction]
        incident: str,
        limit: Limit = 200,
        before: str | None = None,
        after: int | None = None,
        since: datetime | None = None,
        own: bool = False,
        kind: Kinds = (),
    ) -> JSONResponse:
        """The latest of what happened around it, oldest first; `latest` and `next_before` go on from there."""
        found = timeline_page(
            incidents.timeline(incident),
            most=limit,
            before=before,
            after=after,
            since=None if since is None else checked_instant(since, what="since"),
            own_only=own,
            kinds=kind,
        )
        return reply(found)


def _telling(routes: APIRouter, platform: Platform) -> None:
    incidents = platform.incidents

    def told(value: object, status: int) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("", status_code=201)
    def declare(asked: Declared, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declare an incident; 202 when no database takes it now, so that it is kept here and written later."""
        by, name = actor_or_api(actor), require_key(key)
        said = Said(
            asked.title,
            asked.on,
            asked.severity,
            by,
            asked.freeze,
            name,
            alert=asked.alert,
            note=asked.note,
            impacts=tuple(asked.impact),
            signals=tuple(asked.signals),
        )
        declared = platform.offline.declare(said)
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
        moved = incidents.advance(incident, asked.action, by, key=name, reason=asked.reason, expected_version=seen)
        return told(moved)

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
