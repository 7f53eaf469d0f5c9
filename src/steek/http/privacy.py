"""`/v1/privacy`: how many keys there are, pseudonyms and their reversal, groups too small to leave. Never a key."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from steek.governance import Actor, caller, permission_of
from steek.http.replying import Key, reply, require_key
from steek.kernel.records import to_plain
from steek.measures import require_anonymity
from steek.platform import Platform, check_export


class RotationOrder(BaseModel):
    """The scope whose pseudonyms get a new key."""

    scope: str


class LookUpOrder(BaseModel):
    """A value whose pseudonyms are wanted, and why."""

    value: str
    scope: str
    method: Literal["keyed", "prefix"] = "keyed"
    reason: str


class ReversalOrder(BaseModel):
    """A pseudonym to be undone, and why."""

    pseudonym: str
    scope: str
    reason: str


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["privacy"])
    _pseudonyms(routes, platform)

    @routes.get("/privacy/keys")
    def keys() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How many keys of each kind the vault holds, and how many were shredded."""
        return reply(platform.custody.summary())

    @routes.get("/datasets/{dataset}/anonymity")
    def anonymity(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        quasi: Annotated[str, Query(description="Columns somebody may know from elsewhere, separated by commas.")],
        k: Annotated[int, Query(ge=1)] = 5,
        sensitive: Annotated[str | None, Query(description="Column whose value nobody may learn.")] = None,
        l: Annotated[int | None, Query(ge=1, description="Least values of it in a group.")] = None,  # noqa: E741
        require: Annotated[bool, Query(description="Answer 403 when it does not pass.")] = False,
    ) -> JSONResponse:
        """Whether every group of people is large enough for the rows to leave; counts only."""
        names = [name.strip() for name in quasi.split(",") if name.strip()]
        check = check_export(platform, dataset, names, k=k, sensitive=sensitive, l=l)
        if require:
            require_anonymity(check, dataset)
        return reply(check)

    return routes


def _pseudonyms(routes: APIRouter, platform: Platform) -> None:
    pseudonyms = platform.pseudonyms

    @routes.post("/privacy/rotations", status_code=201)
    def rotate(order: RotationOrder, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Begin the next version of a scope's key; pseudonyms made so far keep resolving."""
        version = pseudonyms.rotate(order.scope, key=require_key(key), actor=_caller().principal)
        return reply({"scope": order.scope, "version": version}, 201)

    @routes.post("/privacy/pseudonyms")
    def look_up(order: LookUpOrder, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The pseudonyms of a value, one per version of its key; takes the role of a reversal and is written down."""
        asking = _caller()
        found = pseudonyms.look_up(
            order.value,
            order.scope,
            order.method,
            actor=asking.principal,
            reason=order.reason,
            permission=permission_of(asking),
            key=require_key(key),
        )
        return _unstored({"scope": order.scope, "pseudonyms": list(found)})

    @routes.post("/privacy/reversals")
    def reverse(order: ReversalOrder, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Undo a pseudonym: takes the role "reverser" and a reason, and is written down without the value."""
        asking = _caller()
        found = pseudonyms.reverse(
            order.pseudonym,
            order.scope,
            actor=asking.principal,
            reason=order.reason,
            permission=permission_of(asking),
            key=require_key(key),
        )
        return _unstored(to_plain(found))


def _unstored(body: object) -> JSONResponse:
    answer = reply(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _caller() -> Actor:
    found = caller()
    assert found is not None, "every request passes the door, which says who calls"
    return found
