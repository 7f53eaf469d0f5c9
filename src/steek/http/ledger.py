"""`/v1/ledger`, `/v1/lineage`: history and what was made from what."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from steek.http.replying import reply
from steek.kernel.errors import NotFoundError
from steek.kernel.urn import Urn
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["ledger"])
    ledger = platform.ledger

    @routes.get("/ledger/events")
    def events(  # pyright: ignore[reportUnusedFunction]
        kind: Annotated[list[str] | None, Query()] = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JSONResponse:
        """Events, newest first; `next_before` is the cursor of the next page, null on the last."""
        found = ledger.events(
            kinds=kind,
            subject_prefix=subject,
            since=since,
            until=until,
            before_sequence=before,
            newest_first=True,
            limit=limit,
        )
        return reply({"items": found, "next_before": found[-1].sequence if len(found) == limit else None})

    @routes.get("/ledger/events/{event_id}")
    def event(event_id: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One event."""
        found = ledger.event(event_id)
        if found is None:
            message = f"no event with id {event_id!r}"
            raise NotFoundError(message)
        return reply(found)

    @routes.post("/ledger/verification")
    def verify(  # pyright: ignore[reportUnusedFunction]
        known_sequence: int | None = None, known_hash: str | None = None
    ) -> JSONResponse:
        """Recompute the hash chain; an event noted earlier, by sequence and hash, must still be there."""
        known = None if known_sequence is None or known_hash is None else (known_sequence, known_hash)
        events = ledger.verify(known=known)
        sequence, hash_ = ledger.tip()
        return reply({"verified_events": events, "tip": f"{sequence}:{hash_}"})

    _lineage(routes, platform)
    return routes


def _lineage(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/lineage")
    def lineage(  # pyright: ignore[reportUnusedFunction]
        of: str,
        direction: Literal["up", "down"] = "up",
        within: Annotated[int | None, Query(ge=1)] = None,
    ) -> JSONResponse:
        """What a thing was made from, or what was made from it."""
        walk = platform.lineage.upstream if direction == "up" else platform.lineage.downstream
        return reply(walk(str(Urn.parse(of)), max_distance=within))
