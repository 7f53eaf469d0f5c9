"""`/v1/nights`, `/v1/extractions`, `/v1/retrainings`: durable work, asked for and looked at."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import NotFoundError
from steek.kernel.records import to_plain
from steek.platform import Platform


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
        """Start the night of a business day; a night that began is left as it is."""
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

    @routes.post("/extractions", status_code=202)
    def extract(asked: Extraction, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Extract days of a derived dataset again."""
        name = require_key(key)
        days = [day.isoformat() for day in asked.days]
        worker.start("extract", name, asked.dataset, days, name, actor_or_api(actor))
        return reply({"workflow": name, "status": worker.status(name)}, 202)

    @routes.post("/retrainings", status_code=202)
    def retrain(asked: Retraining, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Train, judge, deploy and verify a model now."""
        if asked.model not in platform.project.definitions:
            raise NotFoundError.among("model", asked.model, platform.project.definitions)
        name, until = require_key(key), asked.known_until.isoformat()
        worker.start("retrain", name, asked.model, until, asked.members, name, actor_or_api(actor))
        return reply({"workflow": name, "status": worker.status(name)}, 202)

    @routes.get("/workflows/{workflow_id}")
    def workflow(workflow_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Status of durable work."""
        status, error = worker.outcome(workflow_id)
        if status is None:
            message = f"no workflow {workflow_id!r} was ever started"
            raise NotFoundError(message)
        return reply({"workflow": workflow_id, "status": status, "error": error})

    return routes


def _mapping(record: object) -> dict[str, object]:
    plain = to_plain(record)
    assert isinstance(plain, dict)
    return plain  # pyright: ignore[reportUnknownVariableType]
