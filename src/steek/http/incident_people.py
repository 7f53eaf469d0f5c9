"""`/v1/incidents/{incident}`: roles handed over, status updates, questions, and the page for outsiders."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from steek.http.preconditions import IfMatch, seen_version
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.updates.status import summary_of
from steek.incidents.updates.status_documents import outside_html, status_markdown
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class UpdateGiven:
    """What is known, what it affects, what is done, what outsiders may read, and when there is more."""

    text: str
    impact: str = ""
    doing: str = ""
    outside: str = ""
    next_in_minutes: int | None = None
    outside_next_in_minutes: int | None = None
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CadenceGiven:
    """Minutes between updates."""

    every_minutes: int


@dataclass(frozen=True, slots=True)
class TitleGiven:
    """What outsiders read above everything."""

    title: str
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meant:
    """Words that are names here and are meant as the plain words they also are."""

    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionGiven:
    """What outsiders read instead, "" to take it back, and why."""

    reason: str
    text: str = ""
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A question, or the answer to one; `meant` as of texts for outsiders, where one of them asked."""

    text: str
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandoverGiven:
    """Which role goes to whom; an empty summary is drafted. `expected_version` is the one that was looked at."""

    role: str
    to: str
    summary: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Which role is taken, and why nobody hands it over."""

    role: str
    reason: str
    summary: str = ""
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _telling(routes, platform)
    _asking(routes, platform)
    _handing_over(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    @routes.get("/incidents/{incident}/updates")
    def listed(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What everybody was told, latest first."""
        return reply(updates.list(incident))

    @routes.get("/incidents/{incident}/status")
    def status(
        incident: str,
        sees: Literal["everything", "summary"] = "everything",
        form: Literal["json", "markdown"] = "json",
    ) -> Response:  # pyright: ignore[reportUnusedFunction]
        """The page for everybody, as JSON or Markdown; or what a stakeholder sees who may not see internals."""
        found = updates.status(incident)
        if sees == "summary":
            return reply(summary_of(found))
        if form == "markdown":
            return PlainTextResponse(status_markdown(found), media_type="text/markdown; charset=utf-8")
        return reply(found)

    @routes.get("/status/{token}")
    def outside(token: str, form: Literal["json", "html"] = "json") -> Response:  # pyright: ignore[reportUnusedFunction]
        """The page for outsiders, as JSON or as a page that stands alone."""
        page = platform.outsiders.page(token)
        return HTMLResponse(outside_html(page)) if form == "html" else reply(page)

    @routes.get("/incidents/{incident}/handovers")
    def handovers(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Roles that were handed over or offered, latest first."""
        platform.incidents.get(incident)
        return reply(platform.handovers.list(incident))

    @routes.get("/incidents/{incident}/handover-draft")
    def draft(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the next person must know."""
        return reply({"summary": platform.handovers.draft(incident)})


def _telling(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("/incidents/{incident}/updates", status_code=201)
    def post(incident: str, asked: UpdateGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Tell everybody how it stands."""
        posted = updates.post(
            incident,
            asked.text,
            actor=actor_or_api(actor),
            key=require_key(key),
            impact=asked.impact,
            doing=asked.doing,
            outside=asked.outside,
            next_in_minutes=asked.next_in_minutes,
            outside_next_in_minutes=asked.outside_next_in_minutes,
            meant=asked.meant,
        )
        return told(posted, 201)

    @routes.post("/incidents/{incident}/updates/{number}/approval")
    def approve(incident: str, number: int, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let outsiders read what an update says for them."""
        return told(updates.approve(incident, number, actor=actor_or_api(actor), key=require_key(key)))

    @routes.post("/incidents/{incident}/cadence")
    def cadence(incident: str, asked: CadenceGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say how often there is news of it."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(updates.set_cadence(incident, asked.every_minutes, actor=by, key=name))

    @routes.post("/incidents/{incident}/outside-page", status_code=201)
    def publish(incident: str, asked: TitleGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Open a page for outsiders under a link that nobody can guess."""
        link = updates.publish(incident, asked.title, actor=actor_or_api(actor), key=require_key(key))
        return reply({"path": link.path, "token": link.token, "title": link.title, "made_at": link.made_at}, 201)

    @routes.delete("/incidents/{incident}/outside-page")
    def withdraw(incident: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let every link of that page lead nowhere."""
        return reply({"links": updates.withdraw(incident, actor=actor_or_api(actor), key=require_key(key))})


def _asking(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    @routes.post("/incidents/{incident}/questions", status_code=201)
    def ask(incident: str, asked: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask on the page for everybody."""
        return reply(updates.ask(incident, asked.text, actor=actor_or_api(actor), key=require_key(key)), 201)

    @routes.post("/incidents/{incident}/questions/{question}/answer")
    def answer(incident: str, question: int, asked: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Answer a question of that page."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(updates.answer(incident, question, asked.text, actor=by, key=name))


def _handing_over(routes: APIRouter, platform: Platform) -> None:
    handovers = platform.handovers

    def told(value: object, status: int = 200) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value, status)

    @routes.post("/incidents/{incident}/handovers", status_code=201)
    def hand_over(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: HandoverGiven, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Offer a role to somebody with a summary; it is theirs once they accept."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match, asked.expected_version)
        said = asked.summary or handovers.draft(incident)
        offered = handovers.hand_over(incident, asked.role, asked.to, said, actor=by, key=name, expected_version=seen)
        return reply(offered, 201)

    @routes.post("/handovers/{handover}/acceptance")
    def accept(handover: str, key: Key = None, actor: Actor = None, if_match: IfMatch = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take the role that was offered; If-Match holds the ETag of the incident."""
        by, name, seen = actor_or_api(actor), require_key(key), seen_version(if_match)
        return told(handovers.accept(handover, actor=by, key=name, expected_version=seen))

    @routes.delete("/handovers/{handover}")
    def withdraw(handover: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take the offer of a role back."""
        return reply(handovers.withdraw(handover, actor=actor_or_api(actor), key=require_key(key)))

    @routes.post("/incidents/{incident}/takeovers", status_code=201)
    def take(  # pyright: ignore[reportUnusedFunction]
        incident: str, asked: Taken, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Take a role over from somebody who cannot be reached."""
        taken = handovers.take(
            incident,
            asked.role,
            reason=asked.reason,
            actor=actor_or_api(actor),
            key=require_key(key),
            summary=asked.summary,
            expected_version=seen_version(if_match, asked.expected_version),
        )
        return told(taken, 201)

    @routes.delete("/incidents/{incident}/shadows/{person}")
    def leave_shadow(incident: str, person: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Stop shadowing."""
        return reply(handovers.leave_shadow(incident, person, actor=actor_or_api(actor), key=require_key(key)))
