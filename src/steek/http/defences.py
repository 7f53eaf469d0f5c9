"""`/v1/defences`, `/v1/readiness`, `/v1/reviews`, `/v1/assessment`: what stands between a failure and harm."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.reviews.reviews import Reviews
from steek.platform import Platform
from steek.platform.assessing import assess


class ReadinessAnswer(BaseModel):
    """What a person says of one test; "automatic" needs a link."""

    level: str = "manual"
    text: str
    link: str = ""
    days: int = 180


class HeldReview(BaseModel):
    """What was said in a review."""

    note: str


class ReviewEntry(BaseModel):
    """What no configuration tells."""

    text: str
    kind: str
    subject: str


class Settled(BaseModel):
    """Why an entry is no more."""

    reason: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["defences"])
    maps, readiness = platform.defence_map, platform.readiness

    @routes.get("/assessment")
    def assessment(model: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Holes in a line, the map, readiness, the review, the first follow-ups."""
        return reply(assess(platform, model))

    @routes.get("/defences")
    def defences(model: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The map of one model or of all: category of failure by layer of defence."""
        return reply(maps.map(model))

    @routes.get("/defences/{category}")
    def category(category: str, model: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One category: what is set up against it, and what exercised that."""
        return reply(maps.category(category, model))

    @routes.get("/readiness")
    def all_models() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every model with its 28 tests, the least ready first."""
        return reply(readiness.all())

    @routes.get("/readiness/{model}")
    def one_model(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One model with its 28 tests."""
        return reply(readiness.of(model))

    @routes.post("/readiness/{model}/tests/{test}", status_code=201)
    def answer(  # pyright: ignore[reportUnusedFunction]
        model: str, test: str, body: ReadinessAnswer, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Answer a test that nothing here can measure."""
        by, at_key = actor_or_api(actor), require_key(key)
        return reply(readiness.answer(model, test, **body.model_dump(), actor=by, key=at_key), 201)

    _reviews(routes, platform.reviews)
    return routes


def _reviews(routes: APIRouter, reviews: Reviews) -> None:
    @routes.get("/reviews")
    def held() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Reviews of the architecture that were held, newest first."""
        return reply(reviews.list())

    @routes.post("/reviews", status_code=201)
    def hold(body: HeldReview, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write down that the architecture was reviewed, as it is now."""
        return reply(reviews.hold(note=body.note, actor=actor_or_api(actor), key=require_key(key)), 201)

    @routes.get("/reviews/now")
    def standing() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What stands now, and what is different from the last review."""
        return reply(reviews.now())

    @routes.post("/reviews/entries", status_code=201)
    def add(body: ReviewEntry, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Add what no configuration tells."""
        return reply(reviews.add(**body.model_dump(), actor=actor_or_api(actor), key=require_key(key)), 201)

    @routes.post("/reviews/entries/{entry}/settlement")
    def settle(entry: str, body: Settled, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that what a person added is no more."""
        by, at_key = actor_or_api(actor), require_key(key)
        return reply(reviews.settle(entry, reason=body.reason, actor=by, key=at_key))
