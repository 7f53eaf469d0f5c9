"""`/v1/erasures`: persons erased, and searched for."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.data import Subject
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.units import parse_duration
from steek.platform import Platform


class Person(BaseModel):
    """Whom: kind as contracts name it, and the value that names them."""

    kind: str
    value: str

    @property
    def subject(self) -> Subject:
        """The person."""
        return Subject(self.kind, self.value)


class Request(Person):
    """A request to erase somebody."""

    reason: str
    delay: str | None = None

    @property
    def waits(self) -> timedelta | None:
        """How long it waits; None as the project says."""
        return None if self.delay is None else parse_duration(self.delay)


class Cancellation(BaseModel):
    """A request taken back."""

    reason: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["erasures"])
    erasures = platform.erasures

    @routes.post("/erasures", status_code=201)
    def request(body: Request, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Have a person erased once the delay is over; until then it can be cancelled."""
        asked = erasures.request(
            body.subject, reason=body.reason, actor=actor_or_api(actor), key=require_key(key), delay=body.waits
        )
        platform.subscriptions.deliver()
        return reply(asked, 201)

    @routes.get("/erasures")
    def listed(state: str | None = None, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Erasures, newest first; persons only by their keyed hash."""
        return reply(erasures.list(state, limit))

    @routes.get("/erasures/{erasure}")
    def one(erasure: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One erasure."""
        return reply(erasures.get(erasure))

    @routes.get("/erasures/{erasure}/certificate")
    def certificate(erasure: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What was removed, what was searched and how, and which models had learned from it."""
        return reply(erasures.certificate(erasure))

    @routes.post("/erasures/{erasure}/cancellation")
    def cancel(erasure: str, body: Cancellation, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take a request back; possible until its keys are shredded."""
        require_key(key)
        return _delivered(platform, erasures.cancel(erasure, reason=body.reason, actor=actor_or_api(actor)))

    @routes.post("/erasure-runs")
    def run(key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Carry out every erasure whose delay is over."""
        require_key(key)
        return _delivered(platform, erasures.run_due(actor=actor_or_api(actor)))

    @routes.post("/erasure-searches")
    def search(body: Person) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Look for a person everywhere; changes nothing. A POST, so that the value stands in no address."""
        return reply(erasures.search(body.subject))

    return routes


def _delivered(platform: Platform, done: object) -> JSONResponse:
    """The answer, after its events were handed on."""
    platform.subscriptions.deliver()
    return reply(done)
