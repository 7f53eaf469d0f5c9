"""`/v1/slos`: promises, what is left of their budgets, and why; OpenSLO in and out."""

from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.kernel.windows import Window
from steek.monitoring import Objectives
from steek.platform import Platform


class Documents(BaseModel):
    """OpenSLO v1 documents as one text of YAML."""

    openslo: str


class Reason(BaseModel):
    """Why something is taken back."""

    reason: str


class NoCount(BaseModel):
    """A stretch of time that does not count, for one objective or for all; instants carry an offset."""

    start_at: AwareDatetime
    end_at: AwareDatetime
    reason: str
    objective: str | None = None

    @property
    def window(self) -> Window:
        """The stretch."""
        return Window(self.start_at.astimezone(UTC), self.end_at.astimezone(UTC))


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["objectives"])
    objectives = platform.objectives

    @routes.get("/slos")
    def states() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How every objective stands."""
        return reply(objectives.states())

    @routes.post("/slos", status_code=201)
    def take_in(body: Documents, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take in objectives from OpenSLO v1; a part that steek does not know is refused by its name."""
        return reply(objectives.take_in(body.openslo, actor=actor_or_api(actor), key=require_key(key)), 201)

    @routes.get("/slos/documents")
    def export(name: Annotated[list[str] | None, Query()] = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Objectives as OpenSLO v1 documents in one text of YAML; all, or those named."""
        return reply({"openslo": objectives.export(name)})

    @routes.post("/slos/checks")
    def check(day: date, objective: str | None = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Count a business day again, judge the period that ends with it, and tell what changed."""
        window = Window.of_day(day, platform.settings.day_starts_at)
        only = None if objective is None else [objective]
        checked = objectives.check(window, key=require_key(key), only=only)
        platform.subscriptions.deliver()
        return reply(checked)

    # Before the addresses of one objective, or "exclusions" would be taken for the name of one.
    _exclusions(routes, objectives)

    @routes.get("/slos/{objective}")
    def story(objective: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One objective: its slots, what was left after each, its rules, its times of trouble."""
        return reply(objectives.story(objective))

    @routes.post("/slos/{objective}/retirement")
    def retire(objective: str, body: Reason, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Stop checking an imported objective."""
        require_key(key)
        objectives.retire(objective, reason=body.reason, actor=actor_or_api(actor))
        return reply({"objective": objective, "retired": True})

    return routes


def _exclusions(routes: APIRouter, objectives: Objectives) -> None:
    """Time that does not count."""

    @routes.get("/slos/exclusions")
    def exclusions(objective: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Time that does not count, the latest first; what was taken back too."""
        return reply(objectives.exclusions(objective))

    @routes.post("/slos/exclusions", status_code=201)
    def exclude(body: NoCount, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Agree that a stretch of time does not count."""
        by, name = actor_or_api(actor), require_key(key)
        made = objectives.exclude(body.window, objective=body.objective, reason=body.reason, actor=by, key=name)
        return reply(made, 201)

    @routes.post("/slos/exclusions/{exclusion}/withdrawal")
    def include(exclusion: str, body: Reason, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take an exclusion back."""
        require_key(key)
        return reply(objectives.withdraw(exclusion, reason=body.reason, actor=actor_or_api(actor)))
