"""`/v1/break-glass`: raw personal data in an emergency, opened by a second person, for minutes."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from steek.governance import Actor as Person
from steek.governance.emergency.grants import Opening
from steek.http.access import in_form
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform, person_asking, read_in_emergency


@dataclass(frozen=True, slots=True)
class AskedOpening:
    """The fewest columns and rows of one table that will do."""

    dataset: str
    columns: tuple[str, ...]
    rows: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be opened, for which incident, why, and for how long."""

    incident: str
    openings: tuple[AskedOpening, ...]
    purpose: str
    why_raw: str
    why_not_first: str = ""
    minutes: int = 15
    most_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """Opened, by a second person."""

    note: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not opened, and why."""

    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Closed before its time, or taken back."""

    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What somebody who had no part in it found: proper or improper."""

    verdict: str
    note: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class AskedRows:
    """Which table of the grant; may be left out where it opens one."""

    dataset: str | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/break-glass", tags=["break-glass"])
    _reading(routes, platform)
    _deciding(routes, platform)
    return routes


def _person(platform: Platform, actor: str | None) -> Person:
    return person_asking(platform.access, actor_or_api(actor))


def _reading(routes: APIRouter, platform: Platform) -> None:
    service = platform.break_glass

    @routes.get("")
    def listed(incident: str | None = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """What was asked for, newest first, and how it stands by the clock."""
        return reply(service.list(incident))

    @routes.get("/{grant}")
    def one(grant: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        """One of them."""
        return reply(service.get(grant))

    @routes.get("/{grant}/uses")
    def uses(grant: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Every query under it: when, which columns, how many rows; never a value."""
        return reply(service.uses(grant))

    @routes.post("/{grant}/rows")
    def rows(grant: str, asked: AskedRows, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """The rows that were opened to the caller, from the latest version; each query is written down."""
        by = _person(platform, actor)
        found = read_in_emergency(service, platform.lake, by, grant, asked.dataset)
        platform.subscriptions.deliver()
        return in_form(found, "")


def _deciding(routes: APIRouter, platform: Platform) -> None:
    service = platform.break_glass

    def told(value: object, status: int = 200) -> Response:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("", status_code=201)
    def ask(asked: Asked, key: Key = None, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Ask for raw values; nothing is open before a second person grants it."""
        openings = [Opening(each.dataset, each.columns, each.rows) for each in asked.openings]
        made = service.ask(
            _person(platform, actor),
            asked.incident,
            openings,
            purpose=asked.purpose,
            why_raw=asked.why_raw,
            why_not_first=asked.why_not_first,
            minutes=asked.minutes,
            most_rows=asked.most_rows,
            key=require_key(key),
        )
        return told(made, 201)

    @routes.post("/{grant}/grant")
    def grant_(grant: str, asked: Granted, key: Key = None, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Open it to who asked; its minutes run from now."""
        by, name, seen = _person(platform, actor), require_key(key), asked.expected_version
        return told(service.grant(grant, by, note=asked.note, key=name, expected_version=seen))

    @routes.post("/{grant}/refusal")
    def refuse(grant: str, asked: Refused, key: Key = None, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Do not open it."""
        by, name, seen = _person(platform, actor), require_key(key), asked.expected_version
        return told(service.refuse(grant, by, reason=asked.reason, key=name, expected_version=seen))

    @routes.post("/{grant}/end")
    def end(grant: str, asked: Ended, key: Key = None, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Close it now, or take the question back."""
        by, name = _person(platform, actor), require_key(key)
        return told(service.end(grant, by, key=name, expected_version=asked.expected_version))

    @routes.post("/{grant}/review")
    def review(grant: str, asked: Reviewed, key: Key = None, actor: Actor = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """Say whether it was proper; not for who asked."""
        by, name, seen = _person(platform, actor), require_key(key), asked.expected_version
        return told(service.review(grant, by, asked.verdict, note=asked.note, key=name, expected_version=seen))
