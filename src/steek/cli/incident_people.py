"""Verbs of `steek incident` about roles handed over and status updates."""

from typing import Annotated

import typer

from steek.cli.incident_status import MeantOption, say_what_waits
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import say, show

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
    outside_next_in: Annotated[
        int | None,
        typer.Option("--outside-next-in", help="Minutes until more is promised to outsiders; else nothing is."),
    ] = None,
    meant: MeantOption = None,
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
            outside_next_in_minutes=outside_next_in,
            meant=tuple(meant or ()),
        )
        show(posted, as_json=as_json)
        if posted.outside_state == "proposed":
            say_what_waits(platform, posted)
        missed = ", ".join(f"{one.person} ({one.part})" for one in platform.telling.unreached(incident))
        if missed:
            say(f"no target reaches {missed}: call them, or give one with 'steek oncall contact'", err=True)


def updates(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What everybody was told, latest first."""
    with opened(project) as platform:
        show(list(platform.updates.list(incident)), as_json=as_json, columns=_UPDATE_COLUMNS)


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
    "cadence": cadence,
    "hand_over": hand_over,
    "accept": accept,
    "take": take,
    "withdraw_offer": withdraw_offer,
    "handovers": handovers,
    "leave_shadow": leave_shadow,
}
