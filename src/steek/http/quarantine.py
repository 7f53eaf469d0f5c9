"""`/v1/datasets/{dataset}/quarantine`, `/v1/quarantine`: rows that did not fit their contract."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.data import Selection
from steek.governance import Actor as Reader
from steek.governance import caller
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.platform import Platform

Purpose = Annotated[
    str, Query(description="Ask for protected values, for this purpose; a policy must open them to the caller.")
]


class Rows(BaseModel):
    """Which rows; what is not given selects all open ones."""

    receipt_id: str | None = None
    reason: str | None = None
    rows: list[str] = []

    def selection(self, *, discarded: bool = False) -> Selection:
        """The same for the service."""
        return Selection(self.receipt_id, self.reason, tuple(self.rows), discarded)


class Replay(Rows):
    """Rows to be judged again; `discarded` takes those that were given up too."""

    discarded: bool = False


class Discard(Rows):
    """Rows to be given up, and why."""

    why: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["quarantine"])
    _looking(routes, platform)
    _deciding(routes, platform)
    return routes


def _looking(routes: APIRouter, platform: Platform) -> None:
    quarantine = platform.quarantine

    @routes.get("/datasets/{dataset}/quarantine")
    def rows(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        receipt_id: str | None = None,
        reason: str | None = None,
        state: Literal["open", "replayed", "discarded"] | None = None,
        limit: Limit = 100,
        purpose: Purpose = "",
    ) -> JSONResponse:
        """Rows that did not fit the contract, newest batch first, with reasons and what became of them."""
        selection = Selection(receipt_id, reason)
        return reply(quarantine.rows(dataset, selection, state=state, limit=limit, reader=_reader(purpose)))

    @routes.get("/datasets/{dataset}/quarantine/reasons")
    def reasons(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Open rows by reason, the most frequent first."""
        return reply(quarantine.reasons(dataset))

    @routes.get("/datasets/{dataset}/quarantine/decisions")
    def decisions(dataset: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What was replayed and discarded, by whom and why."""
        return reply(quarantine.decisions(dataset))

    @routes.get("/quarantine/{row_id}")
    def row(row_id: str, purpose: Purpose = "") -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One row as it came; protected values are masked unless a policy opens them for the purpose."""
        return reply(quarantine.show(row_id, reader=_reader(purpose)))


def _deciding(routes: APIRouter, platform: Platform) -> None:
    quarantine = platform.quarantine

    @routes.post("/datasets/{dataset}/quarantine/replays")
    def replay(dataset: str, order: Replay, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Judge rows by the present contract and cleaning, and bring in those that fit now."""
        selection = order.selection(discarded=order.discarded)
        done = quarantine.replay(dataset, selection, actor=actor_or_api(actor), key=require_key(key))
        platform.subscriptions.deliver()
        return reply(done)

    @routes.post("/datasets/{dataset}/quarantine/discards")
    def discard(dataset: str, order: Discard, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Give rows up; a replay of discarded rows takes them up again."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(quarantine.discard(dataset, order.selection(), reason=order.why, actor=by, key=name))


def _reader(purpose: str) -> Reader | None:
    asking = caller()
    return replace(asking, purpose=purpose) if asking is not None and purpose else None
