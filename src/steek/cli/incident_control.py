"""Verbs of `steek incident` about agreements, effects of mitigations, and the end."""

from typing import Annotated

import typer

from steek.cli.arguments import argument_pairs
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.cli.working import some_worker
from steek.incidents.recovery.estimates import STEPS
from steek.kernel.units import parse_duration


def agreements(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Who was asked to agree to which mitigation, and what they said."""
    with opened(project) as platform:
        found = list(platform.agreements.list(incident))
        show(found, as_json=as_json, columns=("id", "of", "mitigation", "arguments", "state", "version", "expires_at"))


def ask_agreement(
    incident: str,
    mitigation: str,
    of: Annotated[str, typer.Option(help="A role of the incident, or a stakeholder: business.")],
    argument: Annotated[list[str] | None, typer.Option("--with", help="name=value; may be repeated.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for those who are asked.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask somebody to agree to a mitigation, exactly as it would be called."""
    with opened(project) as platform:
        asked = platform.agreements.ask(
            incident,
            mitigation,
            argument_pairs(argument or []),
            of=of,
            reason=reason,
            actor=actor_or_user(actor),
            key=key_or_new(key),
        )
        show(asked, as_json=as_json)


def agree(
    agreement: str,
    answer: Annotated[str, typer.Option(help="What to keep in mind.")] = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agree to a mitigation; a second person does, not who asked."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        said = platform.agreements.agree(agreement, answer=answer, actor=by, key=name, expected_version=seen)
        show(said, as_json=as_json)


def decline(
    agreement: str,
    answer: Annotated[str, typer.Option(help="Why not.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do not agree, or take an agreement back."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        said = platform.agreements.decline(agreement, answer=answer, actor=by, key=name, expected_version=seen)
        show(said, as_json=as_json)


def override(
    agreement: str,
    reason: Annotated[str, typer.Option(help="Why it cannot wait for them; it stays on record.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go ahead without those who were asked and cannot be reached; for the commander."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        said = platform.agreements.override(agreement, reason=reason, actor=by, key=name, expected_version=seen)
        show(said, as_json=as_json)


def answers_for(
    incident: str,
    of: Annotated[str, typer.Argument(help="A stakeholder: business.")],
    person: Annotated[str | None, typer.Argument(help="Who answers for it here; for the commander to say.")] = None,
    reason: Annotated[str, typer.Option(help="Why they.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who answers for others in an incident; with a person, name one more."""
    with opened(project) as platform:
        if person is None:
            found = platform.agreements.answerers(incident, of)
        else:
            by, name = actor_or_user(actor), key_or_new(key)
            found = platform.agreements.name_answerer(incident, of, person, reason=reason, actor=by, key=name)
        show(list(found), as_json=as_json, columns=("person", "because", "targets"))


def take_up(
    incident: str,
    number: Annotated[int, typer.Argument(help="Of the action in the incident; 'incident interrupted' lists them.")],
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Carry on, with the key it was begun with, an action whose process died; what it did already is not done twice."""
    with opened(project) as platform, some_worker(platform):
        show(platform.interrupted_actions.take_up(incident, number, actor=actor_or_user(actor)), as_json=as_json)


def interrupted(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Actions that began and that nobody carries on."""
    with opened(project) as platform:
        found = list(platform.interrupted_actions.list(incident))
        show(found, as_json=as_json, columns=("number", "mitigation", "arguments", "actor", "started_at", "key"))


def effects(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Whether each mitigation helped, by the indicators that showed the incident."""
    with opened(project) as platform:
        platform.incidents.get(incident)
        found = platform.mitigation_effects.list(incident)
        lines = [{"action": key, **_plain(effect)} for key, effect in found.items()]
        show(lines, as_json=as_json, columns=("action", "verdict", "confidence"))


def confidence(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """How sure it is that the incident is over, and from which windows."""
    with opened(project) as platform:
        platform.incidents.get(incident)
        show(platform.outlook.confidence(incident), as_json=as_json)


def estimate(
    incident: str,
    model: Annotated[str | None, typer.Option(help="Only this model; otherwise all that it touches.")] = None,
    step: Annotated[list[str] | None, typer.Option(help="Only these steps; may be repeated.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Write it into the timeline.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How long the way back takes with extraction, training, gate and deployment, from what they took before."""
    with opened(project) as platform:
        steps = tuple(step or STEPS)
        if record:
            by, name = actor_or_user(actor), key_or_new(key)
            found = platform.outlook.record(incident, model=model, steps=steps, actor=by, key=name)
        else:
            found = platform.outlook.estimates(incident, model=model, steps=steps)
        columns = ("model", "shortest_s", "likely_s", "longest_s", "sentence")
        show(list(found), as_json=as_json, columns=columns)


def watch(
    incident: str,
    length: Annotated[str | None, typer.Option("--for", help="Watch so long from now on, 5d.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watches after resolutions: until when, and what came of them."""
    with opened(project) as platform:
        platform.incidents.get(incident)
        if length is not None:
            by, name = actor_or_user(actor), key_or_new(key)
            platform.watch_periods.extend(incident, parse_duration(length), actor=by, key=name)
        found = list(platform.watch_periods.of(incident))
        show(found, as_json=as_json, columns=("state", "started_at", "until_at", "ended_at", "reason"))


def _plain(effect: object) -> dict[str, object]:
    return {name: getattr(effect, name) for name in ("verdict", "confidence", "indicators")}


CONTROL_VERBS = {
    "agreements": agreements,
    "ask-agreement": ask_agreement,
    "agree": agree,
    "decline": decline,
    "override": override,
    "answers-for": answers_for,
    "interrupted": interrupted,
    "take-up": take_up,
    "effects": effects,
    "confidence": confidence,
    "estimate": estimate,
    "watch": watch,
}
