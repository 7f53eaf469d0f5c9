"""`/v1/datasets`, `/v1/receipts`: ingestion and what became of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from steek.http.content_types import format_of
from steek.http.receiving import receive_body
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import NotFoundError
from steek.kernel.tracing import note, span
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["data"])
    ingestion = platform.ingestion

    @routes.post("/datasets/{dataset}/batches", status_code=202)
    async def ingest(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        request: Request,
        key: Key = None,
        actor: Actor = None,
        content_type: Annotated[str | None, Header()] = None,
        wait: Annotated[Literal["commit"] | None, Query(description="Answer once it is in the lake.")] = None,
    ) -> JSONResponse:
        """Bring a batch; the receipt means that it is durable: 202 in the spool, 201 in the lake."""
        format, own = format_of(content_type), require_key(key)
        ingestion.declared(dataset)
        with ingestion.spool.incoming() as file:
            payload = await receive_body(request, file, platform.settings.number("max_batch_bytes"))
            with span("steek.ingest", {"steek.dataset": dataset, "steek.format": format}) as one:
                receipt = await run_in_threadpool(
                    ingestion.ingest,
                    dataset,
                    payload,
                    format=format,
                    key=own,
                    actor=actor_or_api(actor),
                    wait=wait is not None,
                )
                note(one, {"steek.receipt": receipt.id, "steek.rows": receipt.accepted_rows})
        if wait is not None:
            platform.subscriptions.deliver()
        return reply(receipt, 201 if receipt.state == "committed" else 202)

    _add_receipts(routes, platform)
    return routes


def _add_receipts(routes: APIRouter, platform: Platform) -> None:
    ingestion = platform.ingestion

    @routes.get("/datasets/{dataset}/receipts")
    def receipts(dataset: str, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The newest receipts of a dataset."""
        if dataset not in platform.project.datasets:
            raise NotFoundError.among("dataset", dataset, platform.project.datasets)
        return reply(ingestion.receipts(dataset, limit))

    @routes.get("/receipts")
    def newest(limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The newest receipts of all datasets."""
        return reply(ingestion.receipts(None, limit))

    @routes.post("/spool/commit")
    def commit(  # pyright: ignore[reportUnusedFunction]
        dataset: Annotated[str | None, Query(description="Of one dataset; by default of all.")] = None,
    ) -> JSONResponse:
        """Bring what waits in the spool of this machine into the lake now; again is the same."""
        left = ingestion.drain(dataset)
        platform.subscriptions.deliver()
        return reply(left)

    @routes.get("/receipts/{receipt_id}")
    def receipt(receipt_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One receipt, and everything that was made from its rows so far."""
        found = ingestion.receipt(receipt_id)
        made = platform.lineage.downstream(found.urn)
        return reply({"receipt": found, "downstream": list(made.distance)[1:]})
