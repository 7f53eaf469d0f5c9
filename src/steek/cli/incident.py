"""`steek incident`: from declaration to postmortem."""

from typing import Annotated

import typer

from steek.cli.acting import act as act_on
from steek.cli.arguments import argument_pairs
from steek.cli.commands import group
from steek.cli.incident_alerts import ALERT_VERBS
from steek.cli.incident_control import CONTROL_VERBS
from steek.cli.incident_ethics import ETHICS_VERBS
from steek.cli.incident_hypotheses import hypotheses, hypothesis, judge
from steek.cli.incident_kept import KEPT_VERBS
from steek.cli.incident_people import PEOPLE_VERBS
from steek.cli.incident_pins import PIN_VERBS
from steek.cli.incident_reading import READING_VERBS
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
from steek.cli.output import say, show
from steek.cli.working import some_worker


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
    """Do something from the menu; it is recorded with what it changed.

    Its key is printed before it begins: with --key the same is taken up, should this stop halfway.
    """
    with opened(project) as platform, some_worker(platform):
        by, name = actor_or_user(actor), key_or_new(key)
        given = argument_pairs(argument or [])
        say(f"key {name}: with --key {name} the same is taken up, should this stop halfway", err=True)
        done = act_on(platform, incident, mitigation, given, key=name, actor=by, expected_version=seen)
        show(done, as_json=as_json)


def advance(
    incident: str,
    action: Annotated[str, typer.Argument(help="investigate, mitigate, recover, reopen or close.")],
    reason: Annotated[
        str, typer.Option(help="Why; needed to close while a watch lasts or an indicator is not back.")
    ] = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move an incident to its next phase."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        moved = platform.incidents.advance(incident, action, by, key=name, reason=reason, expected_version=seen)
        show(moved, as_json=as_json)


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


COMMANDS = {
    "incident": group(
        "Incidents, from declaration to postmortem.",
        declare=KEPT_VERBS["declare"],
        sync=KEPT_VERBS["sync"],
        kept=KEPT_VERBS["kept"],
        **READING_VERBS,
        assign=assign,
        note=note,
        hypothesis=hypothesis,
        hypotheses=hypotheses,
        judge=judge,
        act=act,
        advance=advance,
        resolve=resolve,
        similar=similar,
        **ALERT_VERBS,
        **STATE_VERBS,
        **PIN_VERBS,
        **CONTROL_VERBS,
        **PEOPLE_VERBS,
        **STATUS_VERBS,
        **ETHICS_VERBS,
    )
}
