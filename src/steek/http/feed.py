"""`/v1/feed`, verdicts and quality: each batch against the batches before it, and held batches."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.data import FEED_CHECKS
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.platform import Platform


class Judgement(BaseModel):
    """Why a held batch is let in or turned away."""

    reason: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["feed"])
    _looking(routes, platform)
    _deciding(routes, platform)
    return routes


def _looking(routes: APIRouter, platform: Platform) -> None:
    feed = platform.feed

    @routes.get("/receipts/{receipt_id}/verdicts")
    def verdicts(  # pyright: ignore[reportUnusedFunction]
        receipt_id: str, explain: Annotated[bool, Query(description="Also what each check asks.")] = False
    ) -> JSONResponse:
        """What each check said of a batch, and what a person decided of it."""
        said, decision = feed.verdicts(receipt_id), feed.decision(receipt_id)
        return reply({"batch": said, "decision": decision, "asks": FEED_CHECKS if explain else None})

    @routes.get("/feed/held")
    def held(dataset: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Batches that wait for a person, oldest first."""
        return reply(feed.held(dataset))

    @routes.get("/datasets/{dataset}/quality")
    def quality(  # pyright: ignore[reportUnusedFunction]
        dataset: str, since: datetime | None = None, until: datetime | None = None, limit: Limit = 100
    ) -> JSONResponse:
        """The judged batches of a dataset in order of arrival."""
        return reply(feed.quality(dataset, since, until, limit))


def _deciding(routes: APIRouter, platform: Platform) -> None:
    feed = platform.feed

    @routes.post("/receipts/{receipt_id}/release")
    def release(receipt_id: str, order: Judgement, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let a held batch in."""
        by, name = actor_or_api(actor), require_key(key)
        decision = feed.release(receipt_id, actor=by, reason=order.reason, key=name)
        platform.ingestion.drain(decision.dataset)
        platform.subscriptions.deliver()
        return reply(decision)

    @routes.post("/receipts/{receipt_id}/rejection")
    def reject(receipt_id: str, order: Judgement, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Turn a held batch away; its rows stay in quarantine."""
        by, name = actor_or_api(actor), require_key(key)
        decision = feed.reject(receipt_id, actor=by, reason=order.reason, key=name)
        platform.ingestion.drain(decision.dataset)
        platform.subscriptions.deliver()
        return reply(decision)
