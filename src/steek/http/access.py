"""`/v1/access` and rows of datasets: reading as somebody, who may read what, who did."""

import json
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

from steek.governance import OWNER, Actor, Read, ReadQuery, all_reads, caller, cloud_event, list_reads, usage
from steek.http.replying import Key, Limit, reply, require_key
from steek.kernel.errors import InputError, RefusedError
from steek.kernel.records import to_plain
from steek.kernel.units import parse_duration
from steek.platform import Platform, Rows, explain_access, read_rows

_NDJSON = "application/x-ndjson"
_ARROW = "application/vnd.apache.arrow.stream"
_EVENTS = "application/cloudevents-batch+json"
_MOST_ROWS = 10_000

Accept = Annotated[str | None, Header()]


class TokenOrder(BaseModel):
    """A token to be made: whom it stands for, roles (none: those declared for the principal), how long it lives."""

    principal: str
    roles: list[str] = []
    expires: str = "30d"


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["access"])
    _rows(routes, platform)
    _declared(routes, platform)
    _record(routes, platform)
    _tokens(routes, platform)
    return routes


def _rows(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/datasets/{dataset}/rows")
    def rows(  # pyright: ignore[reportUnusedFunction]
        dataset: str,
        columns: Annotated[str | None, Query(description="Names, separated by commas; by default all open.")] = None,
        where: Annotated[str | None, Query(description="Condition on open columns, e.g. region == 'EU'.")] = None,
        limit: Annotated[int, Query(ge=0, le=_MOST_ROWS)] = 100,
        version: Annotated[int | None, Query(ge=0)] = None,
        purpose: Annotated[str, Query(description="What for; needed where there are personal columns.")] = "",
        accept: Accept = None,
    ) -> Response:
        """Rows as the caller may see them, as JSON, NDJSON or an Arrow stream; in no order."""
        asked = [name.strip() for name in (columns or "").split(",") if name.strip()]
        actor = _for(purpose)
        found = read_rows(platform, actor, dataset, columns=asked, where=where, limit=limit, version=version)
        return in_form(found, accept or "")


def _declared(routes: APIRouter, platform: Platform) -> None:
    access = platform.access

    @routes.get("/access/policies")
    def policies() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declared policies."""
        return reply([{"name": policy.name, **policy.described()} for policy in access.policies])

    @routes.get("/access/roles")
    def roles() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Declared roles and their members."""
        return reply(list(access.roles.values()))

    @routes.get("/access/explanation")
    def explanation(principal: str, dataset: str, purpose: str = "") -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What somebody would be given of a dataset now, and which rule says so; nothing is read."""
        if principal != _caller().principal:
            _require_owner("ask about others")
        decision = explain_access(platform, principal, dataset, purpose)
        return reply(
            {
                "principal": decision.actor.principal,
                "roles": decision.actor.roles,
                "purpose": purpose,
                "dataset": dataset,
                "verdict": decision.verdict,
                "columns": decision.columns,
                "since": decision.since,
                "reasons": decision.reasons,
                "text": decision.explained(),
            }
        )


def _record(routes: APIRouter, platform: Platform) -> None:
    database = platform.database

    @routes.get("/access/reads")
    def reads(  # pyright: ignore[reportUnusedFunction]
        principal: str | None = None,
        dataset: str | None = None,
        purpose: str | None = None,
        verdict: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: Limit = 100,
        accept: Accept = None,
    ) -> Response:
        """Reads, newest first; as NDJSON or CloudEvents all that fit, oldest first."""
        _require_owner("look into the record of reads")
        query = ReadQuery(principal, dataset, purpose, verdict, since, until)
        if accept in {_NDJSON, _EVENTS}:
            return _export(all_reads(database, query), accept, platform.settings.name)
        found = list_reads(database, query, limit, before=before)
        return reply({"items": found, "next_before": found[-1].sequence if len(found) == limit else None})

    @routes.get("/access/usage")
    def used(  # pyright: ignore[reportUnusedFunction]
        by: str = "dataset", dataset: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> JSONResponse:
        """Usage by user, service, job, model, dataset or token: counts, columns, purposes, day by day."""
        _require_owner("look into the record of reads")
        return reply(usage(database, by, ReadQuery(dataset=dataset, since=since, until=until)))


def _tokens(routes: APIRouter, platform: Platform) -> None:
    tokens = platform.tokens

    @routes.get("/access/tokens")
    def known() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """All tokens, newest first, without their secrets."""
        _require_owner("list tokens")
        return reply(tokens.known())

    @routes.post("/access/tokens", status_code=201)
    def issue(order: TokenOrder, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Make a token. Its secret is in this answer and nowhere else; the same key again shows none."""
        _require_owner("issue tokens")
        lifetime = parse_duration(order.expires)
        made = tokens.issue(order.principal, order.roles, lifetime, key=require_key(key), actor=_caller().principal)
        answer = reply({"token": made.token, "secret": made.secret}, 201)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @routes.post("/access/tokens/{token}/revocation")
    def revoke(token: str, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """End a token now."""
        _require_owner("revoke tokens")
        return reply(tokens.revoke(token, key=require_key(key), actor=_caller().principal))


def _caller() -> Actor:
    found = caller()
    assert found is not None, "every request passes the door, which says who calls"
    return found


def _for(purpose: str) -> Actor:
    """The caller, for the purpose that this request names and no other."""
    if len(purpose) > 100:
        message = "a purpose has at most 100 characters"
        raise InputError(message)
    found = _caller()
    return Actor(found.principal, found.roles, purpose, found.token)


def _require_owner(what: str) -> None:
    found = _caller()
    if OWNER not in found.roles:
        message = f"{found.principal} may not {what}"
        raise RefusedError(message, next_step="It takes the role owner.")


def in_form(found: Rows, accept: str) -> Response:
    """Rows in the form that the caller accepts: an Arrow stream, NDJSON, or JSON for everything else."""
    headers = {"X-Steek-Version": str(found.version), "Cache-Control": "no-store"}
    if _ARROW in accept:
        body = BytesIO()
        found.frame.write_ipc_stream(body)
        return Response(body.getvalue(), media_type=_ARROW, headers=headers)
    plain: list[Any] = [_finite(row) for row in found.frame.to_dicts()]
    if _NDJSON in accept:
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in plain)
        return Response(lines, media_type=_NDJSON, headers=headers)
    body_ = {"dataset": found.dataset, "version": found.version, "closed": found.closed, "rows": plain}
    return JSONResponse(to_plain(body_), headers=headers)


def _finite(value: Any) -> Any:
    """Plain JSON; what is no number is null there."""
    if isinstance(value, dict):
        return {str(name): _finite(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_finite(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    if isinstance(value, bytes):
        return value.hex()
    return to_plain(value)


def _export(found: Iterator[Read], form: str, project: str) -> StreamingResponse:
    def lines() -> Iterator[str]:
        for read in found:
            yield json.dumps(to_plain(read), ensure_ascii=False) + "\n"

    def events() -> Iterator[str]:
        before = "["
        for read in found:
            yield before + json.dumps(to_plain(cloud_event(read, f"steek:{project}")), ensure_ascii=False)
            before = ","
        yield "[]" if before == "[" else "]"

    return StreamingResponse(lines() if form == _NDJSON else events(), media_type=form)
