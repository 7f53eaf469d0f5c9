"""`/v1/bench`: the same questions to versions of a model side by side."""

from dataclasses import dataclass, field
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.incidents import Asking
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.platform import Platform

Value = int | str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions go to which sides; with `as_said`, typed values are given as persons say them."""

    model: str
    sides: list[str] = field(default_factory=list[str])
    typed: list[dict[str, Value]] = field(default_factory=list[dict[str, Value]])
    as_said: bool = False
    examples: bool = False
    requests: list[str] = field(default_factory=list[str])
    since: datetime | None = None
    until: datetime | None = None
    slice: str | None = None
    by: list[str] = field(default_factory=list[str])
    limit: int = 200
    incident: str | None = None
    hypothesis: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; with `as_said`, values are given as the person says them. No `sides` asks what served at `moment`,
    and what serves now.
    """

    model: str
    entity: dict[str, Value]
    sides: list[str] = field(default_factory=list[str])
    moment: datetime | None = None
    as_said: bool = False
    top: int = 10
    incident: str | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/bench", tags=["incidents"])
    _runs(routes, platform)
    bench = platform.bench

    @routes.get("/comparison")
    def comparison(run: str, other: str, side: int = 0, other_side: int = 0) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """A side of one run against a side of another, on the questions that both asked."""
        return reply(bench.compare(run, other, side=side, other_side=other_side))

    @routes.post("/questions")
    def ask(asked: Asked, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One question: what each side answers, and which features made it so. That it was asked is written down."""
        found = bench.ask(
            asked.model,
            asked.entity,
            asked.sides,
            actor=actor_or_api(actor),
            moment=_aware(asked.moment),
            as_said=asked.as_said,
            top=asked.top,
            incident=asked.incident,
        )
        return reply(found)

    return routes


def _runs(routes: APIRouter, platform: Platform) -> None:
    bench = platform.bench

    @routes.get("/runs")
    def listed(model: str | None = None, incident: str | None = None, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Runs that are kept, newest first."""
        return reply(bench.list(model=model, incident=incident, limit=limit))

    @routes.post("/runs", status_code=201)
    def run(wanted: Wanted, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask all sides the same questions and keep the answers."""
        by, name = actor_or_api(actor), require_key(key)
        asking = Asking(
            typed=wanted.typed,
            as_said=wanted.as_said,
            examples=wanted.examples,
            requests=tuple(wanted.requests),
            window=_window(wanted.since, wanted.until),
            slice=wanted.slice,
            limit=wanted.limit,
        )
        made = bench.run(
            wanted.model,
            wanted.sides,
            asking,
            actor=by,
            key=name,
            incident=wanted.incident,
            hypothesis=wanted.hypothesis,
            by=wanted.by,
        )
        return reply(made, 201)

    @routes.get("/runs/{run_id}")
    def one(run_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One run: its sides and how they differ."""
        return reply(bench.get(run_id))

    @routes.get("/runs/{run_id}/results")
    def results(run_id: str, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Rows of a run, with pseudonyms for what names a person."""
        return reply(bench.results(run_id, limit=limit).to_dicts())


def _window(since: datetime | None, until: datetime | None) -> Window | None:
    first, last = _aware(since), _aware(until)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise InputError("a window has both since and until")
    return Window(first, last)


def _aware(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise InputError(f"{at.isoformat()} has no offset", next_step="Write 2017-10-14T06:00:00Z.")
    return at
