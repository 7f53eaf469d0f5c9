"""`/v1/cleaning`, `/v1/datasets/{dataset}/cleaning`, `…/sampling`: what is done to rows on their way in."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from steek.http.replying import reply
from steek.platform import Platform, preparation, preparations, sampling_costs


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["data"])

    @routes.get("/cleaning")
    def cleaned() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Datasets whose rows are cleaned, filtered or sampled on their way in."""
        return reply(preparations(platform))

    @routes.get("/datasets/{dataset}/cleaning")
    def cleaning(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The cleaning list of one dataset in order, with versions, and what it did to the newest batch."""
        return reply(preparation(platform, dataset))

    @routes.get("/datasets/{dataset}/sampling")
    def sampling(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The sampling of one dataset, and what share of the newest batch it kept."""
        found = preparation(platform, dataset)
        return reply({"sampling": found.sampling, "last": found.last.get("sampling")})

    @routes.get("/datasets/{dataset}/sampling/cost")
    def cost(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        by: Annotated[list[str], Query(description="Field that names a unit; again for each further one.")],
        rate: Annotated[list[float], Query(description="Share to try; again for each further one.")],
        metric: Annotated[str | None, Query(description="Numbers whose totals are compared.")] = None,
        slice_by: Annotated[str | None, Query(description="Column whose values are the slices.")] = None,
    ) -> JSONResponse:
        """What samples of several rates would cost: errors of totals and distributions against all rows."""
        return reply(sampling_costs(platform, dataset, by, rate, metric=metric, group=slice_by))

    return routes
