"""`/v1/follow-ups`: what was agreed to do, by whom, until when, and whether it is done."""

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import AwareDatetime, BaseModel

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.followups.exporting import as_csv
from steek.incidents.followups.follow_up import Selection
from steek.incidents.followups.follow_ups import FollowUps
from steek.platform import Platform


class NewFollowUp(BaseModel):
    """Something to do; value and cost are 1 to 5 or words, a check is {"kind": ..., argument: ...}."""

    text: str
    owner: str
    kind: str = "improvement"
    priority: str = "P2"
    value: int | str = 3
    cost: int | str = 3
    due_at: AwareDatetime | None = None
    done_means: str = ""
    check: dict[str, Any] | None = None
    postmortem: str | None = None
    category: str | None = None


class FollowUpChange(BaseModel):
    """What is to be different; fields that are not given stay."""

    text: str | None = None
    owner: str | None = None
    kind: str | None = None
    priority: str | None = None
    value: int | str | None = None
    cost: int | str | None = None
    due_at: AwareDatetime | None = None
    done_means: str | None = None
    check: dict[str, Any] | None = None
    category: str | None = None
    action: str | None = None
    reason: str | None = None
    expected_version: int | None = None


class Said(BaseModel):
    """Why something is done."""

    reason: str = ""
    expected_version: int | None = None


class Note(BaseModel):
    """What leaders said."""

    note: str
    expected_version: int | None = None


class FromTracker(BaseModel):
    """How it stands in an issue tracker."""

    tracker: str
    outside_id: str
    state: str
    url: str = ""


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["follow-ups"])
    follow_ups, lateness = platform.follow_ups, platform.lateness

    @routes.get("/follow-ups")
    def list_(  # pyright: ignore[reportUnusedFunction]
        open_only: bool = False,
        overdue: bool = False,
        hard: bool = False,
        owner: str | None = None,
        priority: str | None = None,
        kind: str | None = None,
        postmortem: str | None = None,
        format: Literal["json", "csv"] = "json",
    ) -> Response:
        """Follow-ups, the most urgent first, as JSON or CSV."""
        found = follow_ups.list(Selection(open_only, priority, kind, owner, postmortem, overdue, hard))
        return reply(found) if format == "json" else PlainTextResponse(as_csv(found), media_type="text/csv")

    @routes.post("/follow-ups", status_code=201)
    def create(body: NewFollowUp, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Agree on something to do."""
        by, at_key = actor_or_api(actor), require_key(key)
        return reply(follow_ups.create(**body.model_dump(), actor=by, key=at_key), 201)

    @routes.get("/follow-ups/digest")
    def digest() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How all follow-ups stand this week."""
        return reply(lateness.digest())

    @routes.post("/follow-ups/digest")
    def tell_digest(key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Tell the digest of this week, if it was not told yet."""
        require_key(key)
        return reply(lateness.tell_digest() or lateness.digest())

    @routes.post("/follow-ups/checks")
    def check_all(key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Look at the checks of all that are open; what passes is done."""
        require_key(key)
        return reply(follow_ups.check(actor=actor_or_api(actor)))

    _of_one(routes, follow_ups)
    return routes


def _of_one(routes: APIRouter, follow_ups: FollowUps) -> None:
    @routes.get("/follow-ups/{follow_up}")
    def show(follow_up: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One follow-up, with what its check says now."""
        return reply(follow_ups.look(follow_up))

    @routes.post("/follow-ups/{follow_up}/changes")
    def change(follow_up: str, body: FollowUpChange, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Change what was agreed, or start, drop or reopen it."""
        given = body.model_dump(exclude_unset=True)
        seen = given.pop("expected_version", None)
        by, at_key = actor_or_api(actor), require_key(key)
        return reply(follow_ups.change(follow_up, given, actor=by, key=at_key, expected_version=seen))

    @routes.post("/follow-ups/{follow_up}/check")
    def check(follow_up: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Look at its check; when it passes, it is done."""
        require_key(key)
        return reply(follow_ups.check(follow_up, actor=actor_or_api(actor))[0])

    @routes.post("/follow-ups/{follow_up}/done")
    def done(follow_up: str, body: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Finish one: its check passes, or a reason says why."""
        by, at_key = actor_or_api(actor), require_key(key)
        seen = body.expected_version
        return reply(follow_ups.done(follow_up, reason=body.reason, actor=by, key=at_key, expected_version=seen))

    @routes.post("/follow-ups/{follow_up}/review")
    def review(follow_up: str, body: Note, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write down what leaders said of something valuable but very hard."""
        by, at_key = actor_or_api(actor), require_key(key)
        seen = body.expected_version
        return reply(follow_ups.review(follow_up, note=body.note, actor=by, key=at_key, expected_version=seen))

    @routes.post("/follow-ups/{follow_up}/tracker")
    def track(follow_up: str, body: FromTracker, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take in how it stands in an issue tracker; that ends nothing here."""
        by, at_key = actor_or_api(actor), require_key(key)
        return reply(follow_ups.track(follow_up, **body.model_dump(), actor=by, key=at_key))
