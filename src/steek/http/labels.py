"""`/v1/labels`: what turned out to be right, corrections, agreement, and who learned from what was taken back."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from steek.http.content_types import format_of
from steek.http.receiving import receive_body
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.platform import Platform, labels_affected, labels_summary, put_labels

Correcting = Annotated[
    bool, Query(description="Every statement takes an earlier one back; needs a reason and an earlier statement.")
]
Reason = Annotated[str, Query(description="What was found out.")]


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/labels", tags=["labels"])
    _reading(routes, platform)
    _writing(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    @routes.get("")
    def names() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every labels declaration and how many examples have a label."""
        return reply([labels_summary(platform, name, limit=1) for name in platform.project.labels])

    @routes.get("/{name}")
    def labels(name: str, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Labels that hold by value, how late they came, and the newest batches; no example of anybody."""
        return reply(labels_summary(platform, name, limit=limit))

    @routes.get("/{name}/agreement")
    def agreement(name: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How far people agree beyond chance: Cohen's kappa by pair, and the mean."""
        return reply(platform.labels.agreement(name))

    @routes.get("/{name}/batches/{batch_id}")
    def batch(name: str, batch_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One batch of statements, and what learned from the labels that it took back."""
        platform.labels.declaration(name)
        return reply({"batch": platform.labels.batch(batch_id), "affected": labels_affected(platform, batch_id)})


def _writing(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/{name}/batches", status_code=201)
    async def put(  # pyright: ignore[reportUnusedFunction]
        name: str,
        request: Request,
        key: Key = None,
        actor: Actor = None,
        content_type: Annotated[str | None, Header()] = None,
        correcting: Correcting = False,
        reason: Reason = "",
    ) -> JSONResponse:
        """Add statements, or take earlier ones back; 201 means that they are durable."""
        format, own = format_of(content_type), require_key(key)
        platform.labels.declaration(name)
        with platform.ingestion.spool.incoming() as file:
            payload = await receive_body(request, file, platform.settings.number("max_batch_bytes"))
            stored = await run_in_threadpool(
                put_labels,
                platform,
                name,
                payload,
                format=format,
                correcting=correcting,
                reason=reason,
                key=own,
                actor=actor_or_api(actor),
            )
        return reply(stored, 201)
