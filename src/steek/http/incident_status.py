"""`/v1/incidents/{incident}/status`: the page in the caller's view, questions, and what outsiders read."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from steek.governance import caller
from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.roles.stakeholders import Sees
from steek.incidents.updates.status import Status, outside_page, summary_of
from steek.incidents.updates.status_documents import OUTSIDE_HEADERS, outside_html, status_markdown
from steek.incidents.updates.viewing import status_for
from steek.platform import Platform


@dataclass(frozen=True, slots=True)
class TitleGiven:
    """What outsiders read above everything; `meant` are names here that are meant as plain words."""

    title: str
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meant:
    """Names here that are meant as the plain words they also are."""

    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionGiven:
    """What outsiders read instead, "" to take it back, and why."""

    reason: str
    text: str = ""
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A question, or the answer to one; `meant` as of texts for outsiders, where a stakeholder asked."""

    text: str
    meant: tuple[str, ...] = ()


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["incidents"])
    _reading(routes, platform)
    _asking(routes, platform)
    _outside(routes, platform)
    return routes


def _seen(platform: Platform, incident: str, asked: Sees | None = None) -> tuple[Status, Sees]:
    listed = platform.stakeholders.list
    return status_for(caller(), incident, status=platform.updates.status, stakeholders=listed, asked=asked)


def _reading(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/incidents/{incident}/status")
    def status(  # pyright: ignore[reportUnusedFunction]
        incident: str,
        sees: Literal["everything", "summary", "outsider"] | None = None,
        form: Literal["json", "markdown"] = "json",
    ) -> Response:
        """The page for everybody, in the view of whoever calls; `sees` may only narrow it."""
        found, shown = _seen(platform, incident, None if sees is None else Sees(sees))
        if shown is Sees.OUTSIDER:
            return reply(outside_page(found, found.links[0].title if found.links else ""))
        if shown is Sees.SUMMARY:
            return reply(summary_of(found))
        if form == "markdown":
            return PlainTextResponse(status_markdown(found), media_type="text/markdown; charset=utf-8")
        return reply(found)

    @routes.get("/status/{token}")
    def outside(token: str, form: Literal["json", "html"] = "json") -> Response:  # pyright: ignore[reportUnusedFunction]
        """The page for outsiders, as JSON or as a page that stands alone; whoever has the link may read it."""
        page = platform.outsiders.page(token)
        return HTMLResponse(outside_html(page), headers=OUTSIDE_HEADERS) if form == "html" else reply(page)


def _asking(routes: APIRouter, platform: Platform) -> None:
    updates = platform.updates

    @routes.post("/incidents/{incident}/questions", status_code=201)
    def ask(incident: str, asked: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask on the page for everybody; stakeholders may."""
        found, may = _seen(platform, incident)
        asked_as = None if may is Sees.INTERNAL else may.value
        by, name = actor_or_api(actor), require_key(key)
        return reply(updates.ask(found.incident.id, asked.text, actor=by, key=name, asked_as=asked_as), 201)

    @routes.post("/incidents/{incident}/questions/{question}/answer")
    def answer(incident: str, question: int, asked: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Answer a question of that page."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(updates.answer(incident, question, asked.text, actor=by, key=name, meant=asked.meant))


def _outside(routes: APIRouter, platform: Platform) -> None:
    outsiders = platform.outsiders

    def told(value: object) -> JSONResponse:
        platform.subscriptions.deliver()
        return reply(value)

    @routes.post("/incidents/{incident}/updates/{number}/approval")
    def approve(  # pyright: ignore[reportUnusedFunction]
        incident: str, number: int, asked: Meant | None = None, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Let outsiders read what an update says for them."""
        by, name, meant = actor_or_api(actor), require_key(key), asked.meant if asked else ()
        return told(outsiders.approve(incident, number, actor=by, key=name, meant=meant))

    @routes.post("/incidents/{incident}/updates/{number}/correction")
    def correct(  # pyright: ignore[reportUnusedFunction]
        incident: str, number: int, asked: CorrectionGiven, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Change what outsiders read of an update, or take it back."""
        by, name, why = actor_or_api(actor), require_key(key), asked.reason
        changed = outsiders.correct(incident, number, asked.text, reason=why, actor=by, key=name, meant=asked.meant)
        return told(changed)

    @routes.post("/incidents/{incident}/outside-page", status_code=201)
    def publish(incident: str, asked: TitleGiven, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Open a page for outsiders under a link that nobody can guess; where one is open, give it this title."""
        by, name = actor_or_api(actor), require_key(key)
        link = outsiders.publish(incident, asked.title, actor=by, key=name, meant=asked.meant)
        return reply({"path": link.path, "token": link.token, "title": link.title, "made_at": link.made_at}, 201)

    @routes.delete("/incidents/{incident}/outside-page")
    def withdraw(incident: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Let every link of that page lead nowhere."""
        return reply({"links": outsiders.withdraw(incident, actor=actor_or_api(actor), key=require_key(key))})
