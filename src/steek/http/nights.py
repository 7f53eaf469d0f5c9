"""`/v1/nights`, `/v1/extractions`, `/v1/retrainings`: durable work, asked for and looked at."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.records import to_plain
from steek.platform import Platform, find_definition, find_derived


@dataclass(frozen=True, slots=True)
class Extraction:
    """Days of a derived dataset to extract again."""

    dataset: str
    days: list[date]


@dataclass(frozen=True, slots=True)
class Retraining:
    """A model, or some members of a fleet, to train on what is known at the end of a day."""

    model: str
    known_until: date
    members: list[str] | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["loop"])
    worker = platform.worker

    @routes.post("/nights/{day}", status_code=202)
    def start(day: date) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Start the night of a business day; one that began is left as it is, one that failed begins again."""
        worker.start("night", f"night-{day}", day.isoformat())
        return reply({"night": day, "status": worker.status(f"night-{day}")}, 202)

    @routes.get("/nights/{day}")
    def show(day: date) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How far a night has come."""
        night = platform.nights.get(day)
        status, error = worker.outcome(f"night-{day}")
        progress = {"started": night is not None, "status": status, "error": error, "stage": "not started"}
        return reply(progress | ({} if night is None else {**_mapping(night)}))

    @routes.get("/nights")
    def latest(limit: Limit = 14) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The last nights, newest first."""
        return reply(platform.nights.latest(limit))

    _asking(routes, platform)
    return routes


def _asking(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/extractions", status_code=202)
    def extract(asked: Extraction, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Extract days of a derived dataset again."""
        find_derived(platform, asked.dataset)
        if not asked.days:
            raise InputError("no day was named", next_step="Give at least one in `days`.")
        name, days = require_key(key), [day.isoformat() for day in asked.days]
        return _started(platform, "extract", name, asked.dataset, days, name, actor_or_api(actor))

    @routes.post("/retrainings", status_code=202)
    def retrain(asked: Retraining, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Train, judge, deploy and verify a model now."""
        find_definition(platform, asked.model)
        name, until = require_key(key), asked.known_until.isoformat()
        return _started(platform, "retrain", name, asked.model, until, asked.members, name, actor_or_api(actor))

    @routes.get("/workflows/{workflow_id:path}")
    def workflow(workflow_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Status of durable work."""
        status, error = platform.worker.outcome(workflow_id)
        if status is None:
            message = f"no workflow {workflow_id!r} was ever started"
            raise NotFoundError(message)
        return reply({"workflow": workflow_id, "status": status, "error": error})


def _started(platform: Platform, workflow: str, key: str, *arguments: Any) -> JSONResponse:
    workflow_id = f"{workflow}:{key}"
    platform.worker.start(workflow, workflow_id, *arguments)
    return reply({"workflow": workflow_id, "status": platform.worker.status(workflow_id)}, 202)


def _mapping(record: object) -> dict[str, object]:
    plain = to_plain(record)
    assert isinstance(plain, dict)
    return plain  # pyright: ignore[reportUnknownVariableType]
