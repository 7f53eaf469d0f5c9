"""`/v1/lake`: tables, their versions and files, and their upkeep."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.units import parse_duration
from steek.platform import Platform

KeepFor = Annotated[str, Query(description="Versions that were the latest within this stretch stay, e.g. 30d.")]


class CompactionOrder(BaseModel):
    """What a compaction may be told."""

    cluster_by: str | None = None


class PinOrder(BaseModel):
    """A version to keep, and what for."""

    version: int
    reason: str


class VacuumOrder(BaseModel):
    """How long versions stay."""

    keep_for: str = "30d"
    despite_pins: str | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/lake", tags=["lake"])
    inspection = platform.inspection

    @routes.get("/tables")
    def tables() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """All tables with their files, sizes and rows."""
        return reply(inspection.tables())

    @routes.get("/tables/{table:path}/versions")
    def versions(table: str, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Versions, newest first: what made each, whether it can be read, and who needs it."""
        return reply(inspection.versions(table, limit=limit))

    @routes.get("/tables/{table:path}/vacuum")
    def plan(table: str, keep_for: KeepFor = "30d") -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Which versions a vacuum would end now, and which stay."""
        return reply(platform.upkeep.plan(table, keep_for=parse_duration(keep_for)))

    @routes.get("/pins")
    def pins(table: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Pins that hold now."""
        return reply(platform.upkeep.pins(table))

    _writing(routes, platform)

    @routes.get("/tables/{table:path}")
    def table(table: str, limit: Limit = 5) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One table with its newest transformations."""
        return reply(inspection.table(table, limit=limit))

    return routes


def _writing(routes: APIRouter, platform: Platform) -> None:
    upkeep = platform.upkeep

    @routes.post("/tables/{table:path}/compaction")
    def compact(  # pyright: ignore[reportUnusedFunction]
        table: str, order: CompactionOrder, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Join small files into larger ones."""
        who = actor_or_api(actor)
        return reply(upkeep.compact(table, key=require_key(key), actor=who, cluster_by=order.cluster_by))

    @routes.post("/tables/{table:path}/pins")
    def pin(  # pyright: ignore[reportUnusedFunction]
        table: str, order: PinOrder, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Keep a version readable; the idempotency key is the pin's name."""
        holder = actor_or_api(actor)
        return reply(upkeep.pin(table, order.version, reason=order.reason, holder=holder, key=require_key(key)))

    @routes.post("/pins/{pin:path}/release")
    def unpin(pin: str, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let a pin go."""
        return reply(upkeep.unpin(pin, actor=actor_or_api(actor)))

    @routes.post("/tables/{table:path}/vacuum")
    def vacuum(  # pyright: ignore[reportUnusedFunction]
        table: str, order: VacuumOrder, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """End old versions that nobody needs, and delete their files."""
        done = upkeep.vacuum(
            table,
            keep_for=parse_duration(order.keep_for),
            key=require_key(key),
            actor=actor_or_api(actor),
            despite_pins=order.despite_pins,
        )
        return reply(done)
