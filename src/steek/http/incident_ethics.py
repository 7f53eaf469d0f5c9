"""`/v1/incidents/{id}/groups` and `/refusals`: who was harmed, and what somebody will not do."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.ethics.groups import GroupAnswer
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class AnsweredGroup:
    """Whether one group was harmed, and by what one knows."""

    group: str
    harm: Literal["harmed", "not_harmed", "not_known"]
    why: str


@dataclass(frozen=True, slots=True)
class ConsideredGroups:
    """One answer per group, or why nobody can have been harmed."""

    answers: tuple[AnsweredGroup, ...] = ()
    nobody_because: str = ""


@dataclass(frozen=True, slots=True)
class DeclinedThing:
    """A mitigation or a role that somebody will not do or take."""

    what: str
    reason: str
    kind: Literal["action", "role"] = "action"


@dataclass(frozen=True, slots=True)
class DecidedRefusal:
    """What another person decides: do it without them, or leave it."""

    verdict: Literal["go_ahead", "leave"]
    note: str
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    _groups(routes, platform)
    _refusals(routes, platform)
    return routes


def _groups(routes: APIRouter, platform: Platform) -> None:
    service = platform.groups

    @routes.get("/{incident}/groups")
    def groups(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Groups that alerts and attributions name, and everything that was answered."""
        return reply({"questions": service.questions(incident), "considered": service.considered(incident)})

    @routes.post("/{incident}/groups", status_code=201)
    def consider(incident: str, asked: ConsideredGroups, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say which groups were harmed; an incident does not close before somebody did."""
        answers = [GroupAnswer(each.group, each.harm, each.why) for each in asked.answers]
        by, name = actor_or_api(actor), require_key(key)
        made = service.consider(incident, answers, nobody_because=asked.nobody_because, actor=by, key=name)
        return reply(made, 201)


def _refusals(routes: APIRouter, platform: Platform) -> None:
    service = platform.refusals

    @routes.get("/{incident}/refusals")
    def refusals(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What people declined, and what others decided about it."""
        return reply(service.list(incident))

    @routes.post("/{incident}/refusals", status_code=201)
    def refuse(incident: str, asked: DeclinedThing, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Decline an action or a role on ethical grounds; an action then waits for another person."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(service.refuse(incident, asked.kind, asked.what, asked.reason, actor=by, key=name), 201)

    @routes.post("/{incident}/refusals/{refusal}/decision")
    def decide(  # pyright: ignore[reportUnusedFunction]
        incident: str, refusal: str, asked: DecidedRefusal, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Decide about what somebody else declined."""
        platform.incidents.get(incident)
        by, name, seen = actor_or_api(actor), require_key(key), asked.expected_version
        decided = service.decide(refusal, asked.verdict, note=asked.note, actor=by, key=name, expected_version=seen)
        return reply(decided)
