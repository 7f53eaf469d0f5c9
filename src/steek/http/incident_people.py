"""`/v1/incidents/{incident}`: roles handed over and status updates."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class UpdateGiven:
    """What is known, what it affects, what is done, what outsiders may read, and when there is more."""

    text: str
    impact: str = ""
    doing: str = ""
    outside: str = ""
    next_in_minutes: int | None = None
    outside_next_in_minutes: int | None = None
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CadenceGiven:
    """Minutes between updates."""

    every_minutes: int


@dataclass(frozen=True, slots=True)
class HandoverGiven:
    """Which role goes to whom; an empty summary is drafted. `expected_version` is the one that was looked at."""

    role: str
    to: str
    summary: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Which role is taken, and why nobody hands it over."""

    role: str
    reason: str
    summary: str = ""
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _telling(routes, platform)
    _handing_over(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    @routes.get("/incidents/{incident}/updates")
    def listed(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What everybody was told, latest first."""
        return reply(updates.list(incident))

    @routes.get("/incidents/{incident}/handovers")
    def handovers(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Roles that were handed over or offered, latest first."""
        platform.incidents.get(incident)
        return reply(platform.handovers.list(incident))

    @routes.get("/incidents/{incident}/handover-draft")
    def draft(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the next person must know."""
        return reply({"summary": platform.handovers.draft(incident)})


def _telling(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("/incidents/{incident}/updates", status_code=201)
    def post(incident: str, asked: UpdateGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Tell everybody how it stands."""
        posted = updates.post(
            incident,
            asked.text,
            actor=actor_or_api(actor),
            key=require_key(key),
            impact=asked.impact,
            doing=asked.doing,
            outside=asked.outside,
            next_in_minutes=asked.next_in_minutes,
            outside_next_in_minutes=asked.outside_next_in_minutes,
            meant=asked.meant,
        )
        return told(posted, 201)

    @routes.post("/incidents/{incident}/cadence")
    def cadence(incident: str, asked: CadenceGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say how often there is news of it."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(updates.set_cadence(incident, asked.every_minutes, actor=by, key=name))


def _handing_over(routes: APIRouter, platform: Platform) -> None:
    handovers = platform.handovers

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("/incidents/{incident}/handovers", status_code=201)
    def hand_over(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: HandoverGiven, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Offer a role to somebody with a summary; it is theirs once they accept."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        said = asked.summary or handovers.draft(incident)
        offered = handovers.hand_over(incident, asked.role, asked.to, said, actor=by, key=name, expected_version=seen)
        return reply(offered, 201)

    @routes.post("/handovers/{handover}/acceptance")
    def accept(handover: str, key: Key = None, actor: Actor = None, if_match: IfMatch = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take the role that was offered; If-Match holds the ETag of the incident."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match)
        return told(handovers.accept(handover, actor=by, key=name, expected_version=seen))

    @routes.delete("/handovers/{handover}")
    def withdraw(handover: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take the offer of a role back."""
        return reply(handovers.withdraw(handover, actor=actor_or_api(actor), key=require_key(key)))

    @routes.post("/incidents/{incident}/takeovers", status_code=201)
    def take(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Taken, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Take a role over from somebody who cannot be reached."""
        taken = handovers.take(
            incident,
            asked.role,
            reason=asked.reason,
            actor=actor_or_api(actor),
            key=require_key(key),
            summary=asked.summary,
            expected_version=seen_version(if_match, asked.expected_version),
        )
        return told(taken, 201)

    @routes.delete("/incidents/{incident}/shadows/{person}")
    def leave_shadow(incident: str, person: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Stop shadowing."""
        return reply(handovers.leave_shadow(incident, person, actor=actor_or_api(actor), key=require_key(key)))
