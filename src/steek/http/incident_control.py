"""`/v1/incidents/{incident}`: agreements to mitigations, their effects, how sure the end is, the watch after it."""

from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.kernel.units import parse_duration
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class AgreementAsked:
    """A mitigation exactly as it would be called, and who shall agree: a role, or a stakeholder such as business."""

    mitigation: str
    of: str
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What is said with the answer; `expected_version` is the one that was looked at."""

    answer: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Overridden:
    """Why it cannot wait for those who were asked."""

    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class AnswererNamed:
    """A person who answers for others, such as the business, in an incident."""

    of: str
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Estimated:
    """Which model to estimate; null takes all that the incident touches."""

    model: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """How long to watch from now on, "5d"."""

    length: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _agreeing(routes, platform)
    _answering(routes, platform)
    _ending(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/incidents/{incident}/agreements")
    def agreements(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who was asked to agree to which mitigation, and what they said."""
        return reply(platform.agreements.list(platform.incidents.get(incident).id))

    @routes.get("/incidents/{incident}/effects")
    def effects(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Whether each mitigation helped, by the key of the action."""
        return reply(platform.mitigation_effects.list(platform.incidents.get(incident).id))

    @routes.get("/incidents/{incident}/interrupted-actions")
    def interrupted(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Actions that began and that nobody carries on."""
        return reply(platform.interrupted_actions.list(incident))

    @routes.get("/incidents/{incident}/confidence")
    def confidence(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How sure it is that the incident is over, and from which windows."""
        return reply(platform.outlook.confidence(platform.incidents.get(incident).id))

    @routes.get("/incidents/{incident}/estimate")
    def estimate(incident: str, model: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How long the way back takes, from what its steps took before."""
        return reply(platform.outlook.estimates(incident, model=model))

    @routes.get("/incidents/{incident}/watches")
    def watches(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Watches after its resolutions."""
        return reply(platform.watch_periods.of(platform.incidents.get(incident).id))


def _agreeing(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/incidents/{incident}/agreements", status_code=201)
    def ask(incident: str, asked: AgreementAsked, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask somebody to agree to a mitigation."""
        agreement = platform.agreements.ask(
            incident,
            asked.mitigation,
            asked.arguments,
            of=asked.of,
            reason=asked.reason,
            actor=actor_or_api(actor),
            key=require_key(key),
        )
        return reply(agreement, 201)

    @routes.post("/agreements/{agreement}/agreement")
    def agree(agreement: str, said: Answered, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Agree; a second person does, not who asked."""
        by, name, version = actor_or_api(actor), require_key(key), said.expected_version
        answered = platform.agreements.agree(
            agreement, answer=said.answer, actor=by, key=name, expected_version=version
        )
        return reply(answered)

    @routes.post("/agreements/{agreement}/refusal")
    def decline(agreement: str, said: Answered, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Do not agree, or take an agreement back."""
        by, name, version = actor_or_api(actor), require_key(key), said.expected_version
        answered = platform.agreements.decline(
            agreement, answer=said.answer, actor=by, key=name, expected_version=version
        )
        return reply(answered)


def _answering(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/incidents/{incident}/answerers")
    def answerers(incident: str, of: str = "business") -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who answers for a role, or for stakeholders such as business, in an incident."""
        return reply(platform.agreements.answerers(incident, of))

    @routes.post("/incidents/{incident}/answerers", status_code=201)
    def name(incident: str, asked: AnswererNamed, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Name a person who answers for others; for the commander."""
        by, given = actor_or_api(actor), (asked.of, asked.person)
        named = platform.agreements.name_answerer(incident, *given, reason=asked.reason, actor=by, key=require_key(key))
        return reply(named, 201)

    @routes.post("/agreements/{agreement}/override")
    def override(agreement: str, said: Overridden, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Go ahead without those who were asked and cannot be reached; for the commander."""
        by, name, version = actor_or_api(actor), require_key(key), said.expected_version
        answered = platform.agreements.override(
            agreement, reason=said.reason, actor=by, key=name, expected_version=version
        )
        return reply(answered)


def _ending(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/incidents/{incident}/interrupted-actions/{number}")
    def take_up(incident: str, number: int, _key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Carry one on with the key it was begun with; one that has ended is returned as it is."""
        return reply(platform.interrupted_actions.take_up(incident, number, actor=actor_or_api(actor)))

    @routes.post("/incidents/{incident}/estimate", status_code=201)
    def record(incident: str, asked: Estimated, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write an estimate into the timeline."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(platform.outlook.record(incident, model=asked.model, actor=by, key=name), 201)

    @routes.post("/incidents/{incident}/watches")
    def watch(incident: str, asked: Watched, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Watch a resolved incident so long from now on."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(platform.watch_periods.extend(incident, parse_duration(asked.length), actor=by, key=name))
