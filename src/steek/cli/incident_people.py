"""Verbs of `steek incident` about roles handed over, status updates, questions, and the page for outsiders."""

from typing import Annotated, Literal

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.incidents.updates.status import summary_of
from steek.incidents.updates.status_documents import outside_html, status_markdown

_UPDATE_COLUMNS = ("number", "at", "actor", "text", "outside_state", "next_due_at")
_HANDOVER_COLUMNS = ("id", "role", "giver", "taker", "state", "offered_at", "ended_at")


def update(
    incident: str,
    text: Annotated[str, typer.Argument(help="What is known.")],
    impact: Annotated[str, typer.Option(help="Who and what is affected.")] = "",
    doing: Annotated[str, typer.Option(help="What is being done, in plain words.")] = "",
    outside: Annotated[str, typer.Option(help="What outsiders may read; communications approves it.")] = "",
    next_in: Annotated[
        int | None, typer.Option("--next-in", help="Minutes until the next; by default as usual.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell everybody how it stands."""
    with opened(project) as platform:
        posted = platform.updates.post(
            incident,
            text,
            actor=actor_or_user(actor),
            key=key_or_new(key),
            impact=impact,
            doing=doing,
            outside=outside,
            next_in_minutes=next_in,
        )
        show(posted, as_json=as_json)


def updates(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What everybody was told, latest first."""
    with opened(project) as platform:
        show(list(platform.updates.list(incident)), as_json=as_json, columns=_UPDATE_COLUMNS)


def approve(
    incident: str,
    number: int,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let outsiders read what an update says for them; communications does."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.updates.approve(incident, number, actor=by, key=name), as_json=as_json)


def cadence(
    incident: str,
    every_minutes: int,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how often there is news of an incident."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.updates.set_cadence(incident, every_minutes, actor=by, key=name), as_json=as_json)


def publish(
    incident: str,
    title: Annotated[str, typer.Argument(help="What outsiders read above everything.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a page for outsiders under a link that nobody can guess."""
    with opened(project) as platform:
        link = platform.updates.publish(incident, title, actor=actor_or_user(actor), key=key_or_new(key))
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
        show({"links": platform.updates.withdraw(incident, actor=by, key=name)}, as_json=as_json)


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
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question of that page."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.updates.answer(incident, question, text, actor=by, key=name), as_json=as_json)


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
        found = platform.updates.status(incident)
        if view == "summary":
            show(summary_of(found), as_json=as_json)
        elif view == "outsider":
            page = platform.updates.outside(found.links[0].token) if found.links else None
            show(page or {"page": "none"}, as_json=True) if as_json else typer.echo(
                "no page for outsiders is open" if page is None else outside_html(page)
            )
        elif as_json:
            show(found, as_json=True)
        else:
            typer.echo(status_markdown(found))


def hand_over(
    incident: str,
    role: str,
    to: str,
    summary: Annotated[str, typer.Option(help="What the next person must know; by default as 'draft' shows it.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Only show what would be said.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    seen: SeenOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer a role to somebody with a summary; it is theirs once they accept."""
    with opened(project) as platform:
        said = summary or platform.handovers.draft(incident)
        if draft:
            show({"summary": said}, as_json=True) if as_json else typer.echo(said)
            return
        by, name = actor_or_user(actor), key_or_new(key)
        show(
            platform.handovers.hand_over(incident, role, to, said, actor=by, key=name, expected_version=seen),
            as_json=as_json,
        )


def accept(
    handover: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    seen: SeenOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the role that was offered."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.handovers.accept(handover, actor=by, key=name, expected_version=seen), as_json=as_json)


def take(
    incident: str,
    role: str,
    reason: Annotated[str, typer.Option(help="Why nobody hands it over.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    seen: SeenOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a role over from somebody who cannot be reached."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        taken = platform.handovers.take(incident, role, reason=reason, actor=by, key=name, expected_version=seen)
        show(taken, as_json=as_json)


def withdraw_offer(
    handover: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the offer of a role back."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.handovers.withdraw(handover, actor=by, key=name), as_json=as_json)


def handovers(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Roles that were handed over or offered, latest first."""
    with opened(project) as platform:
        show(list(platform.handovers.list(incident)), as_json=as_json, columns=_HANDOVER_COLUMNS)


def leave_shadow(
    incident: str,
    person: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop shadowing."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.handovers.leave_shadow(incident, person, actor=by, key=name), as_json=as_json)


PEOPLE_VERBS = {
    "update": update,
    "updates": updates,
    "approve": approve,
    "cadence": cadence,
    "status": status,
    "publish": publish,
    "withdraw_page": withdraw_page,
    "ask": ask,
    "answer": answer,
    "hand_over": hand_over,
    "accept": accept,
    "take": take,
    "withdraw_offer": withdraw_offer,
    "handovers": handovers,
    "leave_shadow": leave_shadow,
}
