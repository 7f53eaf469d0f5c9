"""`/v1/oncall`: who is on call and reachable, rotations, calendar, contacts, stakeholders, pages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.oncall.icalendar import icalendar
from steek.incidents.oncall.rotation import Rotation, document_of
from steek.incidents.roles.stakeholders import Stakeholder
from steek.platform import Platform

Days = Annotated[int, Query(ge=1, le=400, description="How many days from now.")]


@dataclass(frozen=True, slots=True)
class RotationGiven:
    """People in their order, the first day, and how turns go; `expected_version` is the one that was looked at."""

    people: list[str]
    starts_on: str
    shift_hours: int = 168
    hands_over_at: str = "09:00"
    zone: str = "UTC"
    ends_on: str | None = None
    covers: list[str] = field(default_factory=lambda: ["*"])
    duty: str = "operations"
    escalation: list[dict[str, int | str]] = field(
        default_factory=lambda: [{"after_minutes": 10, "to": "next"}, {"after_minutes": 20, "to": "next"}]
    )
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class OverrideGiven:
    """Who takes over in which rotation, from when until when."""

    rotation: str
    person: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class AbsenceGiven:
    """Who is away, from when until when."""

    person: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class ContactsGiven:
    """How somebody is reached: kind (target, mail, phone) and value, in the order in which it is tried."""

    contacts: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Called:
    """A person, or rotation:NAME."""

    to: str


@dataclass(frozen=True, slots=True)
class StakeholderGiven:
    """Who it is, what for, what may be seen, and of which systems."""

    person: str
    part: str
    sees: str = "summary"
    covers: list[str] = field(default_factory=lambda: ["*"])


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/oncall", tags=["on call"])
    _reading(routes, platform)
    _rotations(routes, platform)
    _people(routes, platform)
    _pages(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    oncall = platform.oncall

    @routes.get("")
    def who(at: datetime | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who is on call in each rotation, or why nobody is."""
        return reply(oncall.who(at))

    @routes.get("/rotations")
    def rotations() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """All rotations; nothing calls those of their people who are `unreached`."""
        return reply([_of_rotation(one) for one in oncall.rotations().values()])

    @routes.get("/watches")
    def watches(days: Days = 14) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who is on call in the days to come; times without anybody stand among them."""
        now = platform.clock.now()
        return reply(oncall.watches(now, now + timedelta(days=days)))

    @routes.get("/gaps")
    def gaps(days: Days = 28) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Times to come when nobody is on call, and why."""
        now = platform.clock.now()
        return reply([each for each in oncall.watches(now, now + timedelta(days=days)) if each.is_gap])

    @routes.get("/calendar.ics")
    def calendar(days: Days = 28, rotation: str | None = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """The same as an iCalendar file."""
        now = platform.clock.now()
        found = oncall.watches(now, now + timedelta(days=days), rotation=rotation)
        return Response(icalendar(found, made_at=now), media_type="text/calendar; charset=utf-8")

    @routes.get("/exceptions")
    def exceptions() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Overrides and absences from now on."""
        return reply(oncall.calendar())

    @routes.get("/reachable")
    def reachable(system: str, at: datetime | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who is reachable for a model, with why; contacts for whoever has a role only."""
        return reply(oncall.reachable(system, at))


def _rotations(routes: APIRouter, platform: Platform) -> None:
    oncall = platform.oncall

    @routes.put("/rotations/{name}")
    def put(name: str, asked: RotationGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Add a rotation, or change the one of that name; look at `unreached`: nothing calls these people."""
        given = {
            each: getattr(asked, each) for each in RotationGiven.__dataclass_fields__ if each != "expected_version"
        }
        by, name_of, seen = actor_or_api(actor), require_key(key), asked.expected_version
        stored = oncall.put_rotation({"name": name, **given}, actor=by, key=name_of, expected_version=seen)
        return reply(_of_rotation(stored))

    @routes.delete("/rotations/{name}")
    def remove(name: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take a rotation out; nobody is paged by it from now on."""
        oncall.remove_rotation(name, actor=actor_or_api(actor), key=require_key(key))
        return reply({"rotation": name, "removed": True})

    @routes.post("/overrides", status_code=201)
    def override(asked: OverrideGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let somebody take over in a rotation for a time."""
        by, name = actor_or_api(actor), require_key(key)
        span = (asked.start_at, asked.end_at)
        return reply(oncall.override(asked.rotation, asked.person, *span, actor=by, key=name), 201)

    @routes.post("/absences", status_code=201)
    def absence(asked: AbsenceGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Note that somebody is away; the next of each rotation stands in."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(oncall.absence(asked.person, asked.start_at, asked.end_at, actor=by, key=name), 201)

    @routes.delete("/exceptions/{exception}")
    def withdraw(exception: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take an override or absence back."""
        return reply(oncall.withdraw(exception, actor=actor_or_api(actor), key=require_key(key)))


def _of_rotation(rotation: Rotation) -> dict[str, object]:
    return {**document_of(rotation), "version": rotation.version, "unreached": rotation.unreached}


def _people(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/contacts")
    def contacts() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How everybody is reached, for whoever has a role in the project."""
        return reply([{"person": name, "contacts": known} for name, known in platform.oncall.contacts().items()])

    @routes.put("/contacts/{person}")
    def set_contacts(person: str, asked: ContactsGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say how somebody is reached."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(platform.oncall.set_contacts(person, asked.contacts, actor=by, key=name))

    @routes.get("/stakeholders")
    def stakeholders() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who is kept informed of incidents of which systems, and what each may see."""
        return reply(platform.stakeholders.list())

    @routes.put("/stakeholders/{name}")
    def put_stakeholder(name: str, asked: StakeholderGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Keep somebody informed, or change what they see."""
        made = Stakeholder(name, asked.person, asked.part, asked.sees, tuple(asked.covers))
        return reply(platform.stakeholders.put(made, actor=actor_or_api(actor), key=require_key(key)))

    @routes.delete("/stakeholders/{name}")
    def remove_stakeholder(name: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Stop keeping somebody informed."""
        platform.stakeholders.remove(name, actor=actor_or_api(actor), key=require_key(key))
        return reply({"stakeholder": name, "removed": True})


def _pages(routes: APIRouter, platform: Platform) -> None:
    paging = platform.paging

    @routes.get("/pages")
    def pages() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Pages that nobody has answered, and whom they called."""
        return reply(paging.open())

    @routes.post("/pages/{incident}")
    def page(incident: str, asked: Called, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Call somebody for an incident."""
        return reply(paging.page(incident, asked.to, actor=actor_or_api(actor), key=require_key(key)))

    @routes.post("/pages/{incident}/acknowledgement")
    def acknowledge(incident: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Answer a page: somebody is on it, nobody else is called."""
        answered = paging.acknowledge(incident, actor=actor_or_api(actor), key=require_key(key))
        platform.subscriptions.deliver()
        return reply(answered)

    @routes.post("/attendance")
    def attend() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Do what is due for pages and updates now, as the worker does all the time."""
        return reply({"made": platform.pager.attend(), "sent": platform.notices.deliver()})
