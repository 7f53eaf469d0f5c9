"""`steek incident`: from declaration to postmortem."""

from typing import Annotated

import typer

from steek.cli.acting import act as act_on
from steek.cli.arguments import argument_pairs
from steek.cli.commands import group
from steek.cli.incident_control import CONTROL_VERBS
from steek.cli.incident_ethics import ETHICS_VERBS
from steek.cli.incident_hypotheses import hypotheses, hypothesis, judge
from steek.cli.incident_kept import KEPT_VERBS
from steek.cli.incident_people import PEOPLE_VERBS
from steek.cli.incident_pins import PIN_VERBS
from steek.cli.incident_similar import similar
from steek.cli.incident_state import STATE_VERBS
from steek.cli.incident_status import STATUS_VERBS
from steek.cli.opening import opened
from steek.cli.options import (
    ActorOption,
    JsonOption,
    KeyOption,
    ProjectOption,
    SeenOption,
    actor_or_user,
    key_or_new,
    to_instant,
)
from steek.cli.output import show
from steek.cli.working import some_worker
from steek.platform import mitigation_lines


def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has resolved.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Incidents, newest first."""
    with opened(project) as platform:
        found = list(platform.incidents.list(open_only=open_only))
        show(found, as_json=as_json, columns=("id", "severity", "state", "title", "declared_at", "resolved_at"))


def show_(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One incident as it is now."""
    with opened(project) as platform:
        show(platform.incidents.get(incident), as_json=as_json)


def assign(
    incident: str,
    role: Annotated[str, typer.Argument(help="commander, communications, operations, planning or shadow.")],
    person: str,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a role to a person."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.incidents.assign(incident, role, person, by, key=name, expected_version=seen), as_json=as_json)


def note(
    incident: str,
    text: str,
    about: Annotated[str | None, typer.Option(help="Id of the event the note is about.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="The suspect of --about is the cause.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="The suspect of --about is not the cause.")] = False,
    said_at: Annotated[str | None, typer.Option("--at", help="When it happened, like 2017-10-15T08:00Z.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write into the timeline."""
    verdict = "confirmed" if confirm else "rejected" if reject else None
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        at = None if said_at is None else to_instant(said_at)
        noted = platform.incidents.note(incident, text, by, key=name, about=about, verdict=verdict, said_at=at)
        show(noted, as_json=as_json)


def suspects(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What changed before it, ranked, each with its reason; and what did not change."""
    with opened(project) as platform:
        changed = platform.incidents.suspects(incident)
        if as_json:
            show(changed, as_json=True)
            return
        if not changed.suspects:
            typer.echo("No change was recorded upstream or outside in the week before. That is an answer too.")
        for place, suspect in enumerate(changed.suspects, start=1):
            typer.echo(
                f"{place}. {suspect.score:.0%}  {suspect.category}: {suspect.what}\n   {suspect.reason}\n"
                f"   event {suspect.event.id}"
            )
        for unchanged in changed.unchanged:
            typer.echo(f"-  {unchanged.sentence}")


def menu(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What can be done, with risk, effect and the way back."""
    with opened(project) as platform:
        platform.incidents.get(incident)
        lines = mitigation_lines(platform.incidents.menu)
        show(lines, as_json=as_json, columns=("name", "takes", "effect"))


def act(
    incident: str,
    mitigation: str,
    argument: Annotated[list[str] | None, typer.Option("--with", help="name=value; may be repeated.")] = None,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do something from the menu; it is recorded with what it changed."""
    with opened(project) as platform, some_worker(platform):
        by, name = actor_or_user(actor), key_or_new(key)
        given = argument_pairs(argument or [])
        done = act_on(platform, incident, mitigation, given, key=name, actor=by, expected_version=seen)
        show(done, as_json=as_json)


def advance(
    incident: str,
    action: Annotated[str, typer.Argument(help="investigate, mitigate, recover, reopen or close.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move an incident to its next phase."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.incidents.advance(incident, action, by, key=name, expected_version=seen), as_json=as_json)


def resolve(
    incident: str,
    verify: Annotated[
        bool, typer.Option(help="Ask the indicators that showed it; refuse while they are not back.")
    ] = True,
    reason: Annotated[str, typer.Option(help="Why it is over; needed with --no-verify.")] = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the outage, verified by the indicators that showed it, and draft the postmortem."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        over = platform.incidents.resolve(
            incident, actor=by, key=name, verify=verify, reason=reason, expected_version=seen
        )
        show(over, as_json=as_json)


def timeline(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Everything that happened around it, oldest first."""
    with opened(project) as platform:
        show(list(platform.incidents.timeline(incident)), as_json=as_json, columns=("at", "actor", "text"))


def postmortem(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """The draft of the postmortem, as Markdown or JSON."""
    with opened(project) as platform:
        draft = platform.incidents.postmortem(incident)
        if as_json:
            show(draft, as_json=True)
        else:
            typer.echo(draft.markdown)


COMMANDS = {
    "incident": group(
        "Incidents, from declaration to postmortem.",
        declare=KEPT_VERBS["declare"],
        sync=KEPT_VERBS["sync"],
        kept=KEPT_VERBS["kept"],
        list=list_,
        show=show_,
        assign=assign,
        note=note,
        suspects=suspects,
        hypothesis=hypothesis,
        hypotheses=hypotheses,
        judge=judge,
        menu=menu,
        act=act,
        advance=advance,
        resolve=resolve,
        timeline=timeline,
        postmortem=postmortem,
        similar=similar,
        **STATE_VERBS,
        **PIN_VERBS,
        **CONTROL_VERBS,
        **PEOPLE_VERBS,
        **STATUS_VERBS,
        **ETHICS_VERBS,
    )
}
