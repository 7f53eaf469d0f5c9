"""Verbs of `steek incident` about its status: the page for everybody, questions, and what outsiders read."""

from typing import Annotated, Literal

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import say, show
from steek.incidents.roles.stakeholders import Sees
from steek.incidents.updates.records import Update
from steek.incidents.updates.status import summary_of
from steek.incidents.updates.status_documents import outside_html, status_markdown
from steek.incidents.updates.viewing import status_for
from steek.platform import Platform

MeantOption = Annotated[
    list[str] | None,
    typer.Option("--meant", help="A word that is a name here and is meant as the plain word it also is."),
]


def approve(
    incident: str,
    number: int,
    meant: MeantOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let outsiders read what an update says for them; communications does."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(
            platform.outsiders.approve(incident, number, actor=by, key=name, meant=tuple(meant or ())), as_json=as_json
        )


def correct(
    incident: str,
    number: int,
    text: Annotated[str, typer.Argument(help="What outsiders read instead; nothing takes it back.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the record; outsiders do not read it.")] = "",
    meant: MeantOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what outsiders read of an update, or take it back; communications does."""
    with opened(project) as platform:
        by, name, words = actor_or_user(actor), key_or_new(key), tuple(meant or ())
        changed = platform.outsiders.correct(incident, number, text, reason=reason, actor=by, key=name, meant=words)
        show(changed, as_json=as_json)


def publish(
    incident: str,
    title: Annotated[str, typer.Argument(help="What outsiders read above everything.")],
    meant: MeantOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a page for outsiders under a link that nobody can guess; where one is open, give it this title."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        link = platform.outsiders.publish(incident, title, actor=by, key=name, meant=tuple(meant or ()))
        show({"path": link.path, "title": link.title, "made_at": link.made_at}, as_json=as_json)


def withdraw_page(
    incident: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let every link of the page for outsiders lead nowhere."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show({"links": platform.outsiders.withdraw(incident, actor=by, key=name)}, as_json=as_json)


def ask(
    incident: str,
    text: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask on the page for everybody, out of the way of those who work."""
    with opened(project) as platform:
        show(platform.updates.ask(incident, text, actor=actor_or_user(actor), key=key_or_new(key)), as_json=as_json)


def answer(
    incident: str,
    question: int,
    text: str,
    meant: MeantOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question of that page."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(
            platform.updates.answer(incident, question, text, actor=by, key=name, meant=tuple(meant or ())),
            as_json=as_json,
        )


def status(
    incident: str,
    view: Annotated[
        Literal["everything", "summary", "outsider"], typer.Option("--for", help="Whom it is for.")
    ] = "everything",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The page for everybody as Markdown or JSON; the one for outsiders as a page that stands alone."""
    with opened(project) as platform:
        listed, asked = platform.stakeholders.list, Sees(view)
        found, _ = status_for(None, incident, status=platform.updates.status, stakeholders=listed, asked=asked)
        if view == "summary":
            show(summary_of(found), as_json=as_json)
        elif view == "outsider":
            page = platform.outsiders.page(found.links[0].token) if found.links else None
            show(page or {"page": "none"}, as_json=True) if as_json else typer.echo(
                "no page for outsiders is open" if page is None else outside_html(page)
            )
        elif as_json:
            show(found, as_json=True)
        else:
            say(status_markdown(found))


def say_what_waits(platform: Platform, posted: Update) -> None:
    """Tell at the terminal's side that outsiders read nothing yet of an update, and what is asked before they do."""
    words = " ".join(f"--meant '{word}'" for word in platform.outsiders.asks(posted.incident_id, posted.number))
    named = "it has names of ours that may be meant as plain words; " if words else ""
    said = f"outsiders read nothing of it yet: {named}communications says steek incident approve"
    say(f"{said} {posted.incident_id} {posted.number} {words}".rstrip(), err=True)


STATUS_VERBS = {
    "status": status,
    "ask": ask,
    "answer": answer,
    "approve": approve,
    "correct_outside": correct,
    "publish": publish,
    "withdraw_page": withdraw_page,
}
