"""`/v1/postmortems` and `/v1/taxonomy`: what was learned, and the words for it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.incidents.postmortems.exporting import PostmortemExport
from steek.incidents.postmortems.gaps import gaps
from steek.incidents.postmortems.report import schema
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.platform import Platform

Words = Annotated[
    str, Query(description="Words, and filters such as category:join-failure or ml:>=4.", max_length=1000)
]


@dataclass(frozen=True, slots=True)
class Edits:
    """New text by field or section; with the version that was looked at, another's text is not overwritten."""

    changes: dict[str, str]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class NewPoint:
    """A cause, a condition, a defence, a category, a follow-up."""

    role: str
    text: str = ""
    kind: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class PointWords:
    """Other words for a point."""

    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Yes or no to a suggestion."""

    standing: Literal["confirmed", "struck", "suggested"]


@dataclass(frozen=True, slots=True)
class Said:
    """A comment; `about` names a section or a point."""

    text: str
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A step of the review; to return needs a comment."""

    step: Literal["ask", "withdraw", "accept", "return"]
    comment: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Why it is published although something is open in it; needed only then."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """Old postmortems: text by file name; `others` says that they are not of this project."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    others: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class NewTaxonomy:
    """A whole taxonomy in TOML, and why it is another."""

    text: str
    reason: str
    expected_version: int | None = None


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["postmortems"])
    _finding(routes, platform)
    _reading(routes, platform)
    _writing(routes, platform)
    _reviewing(routes, platform)
    _taxonomy(routes, platform)
    return routes


def _told(platform: Platform, record: PostmortemRecord, status: int = 200) -> JSONResponse:
    warnings = platform.postmortems.warnings(record)
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    found = {
        "report": PostmortemExport(platform.follow_ups, platform.incidents.stories).report(record),
        "warnings": warnings,
        "open": gaps(record.report, len(warnings)),
        "newer": platform.postmortems.newer(record),
    }
    return reply({**values, **found}, status)


def _finding(routes: APIRouter, platform: Platform) -> None:
    library = platform.postmortems

    @routes.get("/postmortems")
    def found(q: Words = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Postmortems that a search finds, the best first; without words the latest first."""
        return reply(library.search(q, limit=limit))

    @routes.get("/postmortems/statistics")
    def statistics(q: Words = "", with_others: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Counts over the project's own postmortems, or over those of others too."""
        return reply(library.statistics(q, with_others=with_others))

    @routes.get("/postmortems/schema")
    def json_schema() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The JSON Schema of a postmortem."""
        return reply(schema())

    @routes.get("/postmortems/export")
    def exported(  # pyright: ignore[reportUnusedFunction]
        q: Words = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100, for_outsiders: bool = False
    ) -> JSONResponse:
        """What a search finds, as Markdown and as JSON; for outsiders with roles for names."""
        found = (one.record for one in library.search(q, limit=limit))
        out = PostmortemExport(platform.follow_ups, platform.incidents.stories)
        return reply(out.take(found, for_outsiders=for_outsiders))

    @routes.get("/incidents/{incident}/similar")
    def similar(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Past incidents that are like one, each with why."""
        return reply(library.similar(incident))


def _reading(routes: APIRouter, platform: Platform) -> None:
    library, writing = platform.postmortems, platform.postmortem_writing

    @routes.get("/postmortems/{postmortem}")
    def one(postmortem: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """A postmortem as it is now, with what is still open in it."""
        return _told(platform, library.get(postmortem))

    @routes.get("/postmortems/{incident}/draft")
    def preview(incident: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the draft of an incident would be now; nothing is written."""
        return reply(library.preview(incident))

    @routes.get("/postmortems/{postmortem}/history")
    def history(postmortem: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every version that ever stood, newest first."""
        return reply(library.history(postmortem))

    @routes.get("/postmortems/{postmortem}/revisions/{revision}")
    def revision(postmortem: str, revision: int) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """A postmortem as it was published."""
        return reply(library.revision(postmortem, revision))

    @routes.get("/postmortems/{postmortem}/comments")
    def comments(postmortem: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What people said about it, oldest first."""
        library.get(postmortem)
        return reply(writing.comments(postmortem))


def _writing(routes: APIRouter, platform: Platform) -> None:
    writing = platform.postmortem_writing

    @routes.post("/postmortems/{incident}/draft", status_code=201)
    def draft(incident: str, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Draft anew from the record of an incident; what people wrote stays."""
        by, name = actor_or_api(actor), require_key(key)
        return _told(platform, writing.draft(incident, actor=by, key=name), 201)

    @routes.patch("/postmortems/{postmortem}")
    def edit(postmortem: str, asked: Edits, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Write fields and sections."""
        by, name, seen = actor_or_api(actor), require_key(key), asked.expected_version
        return _told(platform, writing.edit(postmortem, asked.changes, actor=by, key=name, expected_version=seen))

    @routes.post("/postmortems/{postmortem}/points", status_code=201)
    def add(postmortem: str, asked: NewPoint, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Add a point."""
        by, name = actor_or_api(actor), require_key(key)
        given = {"kind": asked.kind, "subject": asked.subject}
        return _told(platform, writing.add(postmortem, asked.role, asked.text, actor=by, key=name, **given), 201)

    @routes.patch("/postmortems/{postmortem}/points/{point}")
    def rewrite(  # pyright: ignore[reportUnusedFunction]
        postmortem: str, point: str, asked: PointWords, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Change the words of a point, which confirms it."""
        by, name = actor_or_api(actor), require_key(key)
        return _told(platform, writing.rewrite(postmortem, point, asked.text, actor=by, key=name))

    @routes.post("/postmortems/{postmortem}/points/{point}/judgement")
    def judge(  # pyright: ignore[reportUnusedFunction]
        postmortem: str, point: str, asked: Judgement, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Confirm a point, strike it, or make it a suggestion again."""
        by, name = actor_or_api(actor), require_key(key)
        return _told(platform, writing.judge(postmortem, point, asked.standing, actor=by, key=name))

    @routes.post("/postmortems/import", status_code=201)
    def take(asked: Files, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Bring in old postmortems; a file is known by its content and never taken twice."""
        files = {name: text.encode("utf-8", "replace") for name, text in asked.files.items()}
        by, name = actor_or_api(actor), require_key(key)
        given = {"others": asked.others, "dry_run": asked.dry_run}
        return reply(platform.postmortem_import.take(files, actor=by, key=name, **given), 201)


def _reviewing(routes: APIRouter, platform: Platform) -> None:
    writing = platform.postmortem_writing

    @routes.post("/postmortems/{postmortem}/comments", status_code=201)
    def comment(postmortem: str, asked: Said, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say something about it without changing it."""
        by, name = actor_or_api(actor), require_key(key)
        return reply(writing.comment(postmortem, asked.text, actor=by, key=name, about=asked.about), 201)

    @routes.post("/postmortems/{postmortem}/review")
    def review(postmortem: str, asked: Review, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Ask for a review, take that back, accept the text or return it."""
        by, name = actor_or_api(actor), require_key(key)
        if asked.step in {"ask", "withdraw"}:
            withdraw = asked.step == "withdraw"
            return _told(platform, writing.ask_review(postmortem, actor=by, key=name, withdraw=withdraw))
        done = writing.review(
            postmortem,
            accept=asked.step == "accept",
            actor=by,
            key=name,
            comment=asked.comment,
            expected_version=asked.expected_version,
        )
        return _told(platform, done)

    @routes.post("/postmortems/{postmortem}/publish")
    def publish(  # pyright: ignore[reportUnusedFunction]
        postmortem: str, asked: Publication | None = None, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Make the reviewed text a revision that never changes again; refused while it teaches too little."""
        by, name = actor_or_api(actor), require_key(key)
        done = writing.publish(postmortem, actor=by, key=name, reason=asked.reason if asked else "")
        platform.subscriptions.deliver()
        return _told(platform, done)


def _taxonomy(routes: APIRouter, platform: Platform) -> None:
    taxonomies = platform.taxonomies

    @routes.get("/taxonomy")
    def current(version: int | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """A version of the taxonomy with its text and categories; the newest when none is named."""
        stored = taxonomies.stored(version)
        values = {name: getattr(stored, name) for name in stored.__dataclass_fields__}
        return reply({**values, "categories": taxonomies.at(stored.version).categories})

    @routes.get("/taxonomy/history")
    def history() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every version, who made it, when and why."""
        return reply(taxonomies.history())

    @routes.put("/taxonomy")
    def edit(asked: NewTaxonomy, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Make the next version; older postmortems keep theirs."""
        by, name, seen = actor_or_api(actor), require_key(key), asked.expected_version
        return reply(taxonomies.edit(asked.text, actor=by, reason=asked.reason, key=name, expected_version=seen))
