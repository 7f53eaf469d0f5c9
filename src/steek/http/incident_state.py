"""`/v1/incidents/{incident}/impact`, `severity`, `systems`, `merge`, `unmerge` and more; `/v1/declarations`."""

from dataclasses import dataclass, field
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class Assessed:
    """How much on one dimension, between low and high, and how that is known."""

    dimension: str
    evidence: str
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    names: list[str] = field(default_factory=list[str])
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """A severity and why."""

    severity: str
    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A system that is affected, or is not after all."""

    system: str
    reason: str
    affected: bool = True
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Unmerged:
    """Why it is no duplicate after all."""

    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """The incident that goes on."""

    into: str
    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What held, so that nobody was hurt."""

    defence: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """What is right: about an event, or about when a phase began or ended."""

    text: str
    about: str | None = None
    phase: str | None = None
    edge: str = "start"
    earliest_at: datetime | None = None
    latest_at: datetime | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _assessing(routes, platform)
    _changing(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    triage = platform.triage

    @routes.get("/incidents/{incident}/impact")
    def impacts(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The latest word on every dimension."""
        return reply(triage.impacts(incident))

    @routes.get("/incidents/{incident}/severity")
    def severity(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the rule says about how bad it is, and why."""
        return reply(triage.severity(incident))

    @routes.get("/declarations")
    def kept() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declarations on this machine that no database has taken yet."""
        return reply(platform.offline.waiting())


def _assessing(routes: APIRouter, platform: Platform) -> None:
    triage = platform.triage

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("/incidents/{incident}/impact")
    def assess(incident: str, asked: Assessed, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say how much it harmed on one dimension."""
        said = triage.assess(
            incident,
            asked.dimension,
            actor_or_api(actor),
            key=require_key(key),
            evidence=asked.evidence,
            low=asked.low,
            high=asked.high,
            unit=asked.unit,
            names=asked.names,
            text=asked.text,
        )
        return told(said)

    @routes.post("/incidents/{incident}/impact/counts")
    def count(incident: str, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Count anew what can be counted; what people said stays."""
        return told(triage.estimate(incident, key=require_key(key)))

    @routes.post("/incidents/{incident}/severity")
    def rate(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Rated, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Set the severity against or with the rule."""
        by, at_key, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(triage.set_severity(incident, asked.severity, asked.reason, by, key=at_key, expected_version=seen))

    @routes.post("/incidents/{incident}/near-miss")
    def near_miss(incident: str, asked: NearMiss, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that it hurt nobody, and which defence held."""
        return told(triage.near_miss(incident, asked.defence, actor_or_api(actor), key=require_key(key)))

    @routes.post("/declarations/sync")
    def sync(key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declare what was kept on this machine; each becomes one incident, however often this is called."""
        require_key(key)
        return told(platform.offline.sync())


def _changing(routes: APIRouter, platform: Platform) -> None:
    triage = platform.triage

    def told(value: object) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value)

    @routes.post("/incidents/{incident}/systems")
    def touch(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Touched, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Say that one more system is affected, or that one is not after all."""
        change = triage.add_system if asked.affected else triage.remove_system
        by, at_key, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(change(incident, asked.system, asked.reason, by, key=at_key, expected_version=seen))

    @routes.post("/incidents/{incident}/merge")
    def merge(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Merged, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Make it a duplicate of another, which is returned."""
        by, at_key, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(platform.merges.merge(incident, asked.into, asked.reason, by, key=at_key, expected_version=seen))

    @routes.post("/incidents/{incident}/unmerge")
    def unmerge(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Unmerged, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Take back that it is a duplicate; it stands where it stood before."""
        by, at_key, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        return told(platform.merges.undo(incident, asked.reason, by, key=at_key, expected_version=seen))

    @routes.post("/incidents/{incident}/corrections", status_code=201)
    def correct(incident: str, asked: Corrected, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Correct an entry, or when a phase began or ended; what was written stays."""
        corrected = triage.correct(
            incident,
            asked.text,
            actor_or_api(actor),
            key=require_key(key),
            about=asked.about,
            phase=asked.phase,
            edge=asked.edge,
            earliest_at=asked.earliest_at,
            latest_at=asked.latest_at,
        )
        return told(corrected)
