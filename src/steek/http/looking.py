"""`/v1/datasets`: what there is, what a record means, profiles, volumes and samples."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from steek.data import parse_slice
from steek.http.replying import reply
from steek.platform import Platform, dataset_facts, dataset_lines, last_days, looking

Slice = Annotated[str | None, Query(description="Only rows with this value, as column=value.")]


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["data"])

    @routes.get("/datasets")
    def datasets() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """All datasets: owner, where from, newest version."""
        return reply(dataset_lines(platform))

    @routes.get("/datasets/{dataset}")
    def dataset_(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One dataset: its contract, and what arrived last."""
        return reply(dataset_facts(platform, dataset))

    @routes.get("/datasets/{dataset}/profile")
    def profile(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        days: Annotated[int | None, Query(ge=1, description="Only the newest days of event time.")] = None,
        slice: Slice = None,
        version: Annotated[int | None, Query(ge=0)] = None,
    ) -> JSONResponse:
        """What the columns hold."""
        service = looking(platform)
        window = None if days is None else service.newest_window(dataset, days=days)
        return reply(service.profile(dataset, window=window, slice=parse_slice(slice), version=version))

    @routes.get("/datasets/{dataset}/volumes")
    def volumes(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        days: Annotated[int, Query(ge=1, le=3660)] = 28,
        by: Annotated[str | None, Query(description="Column whose values are counted separately.")] = None,
    ) -> JSONResponse:
        """Rows per business day, in all or for each slice."""
        return reply(looking(platform).volumes(dataset, last_days(platform, days), by).to_dicts())

    @routes.get("/datasets/{dataset}/sample")
    def sample(  # pyright: ignore[reportUnusedFunction]
        dataset: str, rows: Annotated[int, Query(ge=1, le=1000)] = 10, slice: Slice = None
    ) -> JSONResponse:
        """A few rows, the newest by event time first."""
        found = looking(platform).sample(dataset, rows, slice=parse_slice(slice))
        facts = {"dataset": found.dataset, "version": found.version, "closed": found.closed}
        return reply(facts | {"rows": found.rows.to_dicts()})

    return routes
