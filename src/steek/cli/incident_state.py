"""`steek incident impact`, `severity`, `system`, `merge`, `unmerge`, `near-miss`, `correct`: how bad, for whom."""

from typing import Annotated

import typer

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
from steek.kernel.errors import InputError

ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]


def impact(
    incident: str,
    dimension: Annotated[
        str | None, typer.Argument(help="users, slices, partners, predictions, money or groups; without it, show all.")
    ] = None,
    low: Annotated[float | None, typer.Option(help="Least it can be.")] = None,
    high: Annotated[float | None, typer.Option(help="Most it can be.")] = None,
    unit: Annotated[str | None, typer.Option(help="Needed for money, for example EUR.")] = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="One of those harmed; may be repeated.")] = None,
    text: Annotated[str, typer.Option(help="In words.")] = "",
    evidence: Annotated[str, typer.Option(help="How it is known; needed to assess.")] = "",
    count: Annotated[bool, typer.Option("--count", help="Count anew what can be counted.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whom or what it harmed, as an interval with evidence; or show what is known."""
    with opened(project) as platform:
        at_key = key_or_new(key)
        if dimension is None:
            found = platform.triage.estimate(incident, key=at_key) if count else platform.triage.impacts(incident)
            rows = [
                {
                    "on": one.dimension,
                    "how much": one.words,
                    "names": ", ".join(one.names),
                    "in words": one.text,
                    "how it is known": one.evidence,
                    "by": "counted" if one.machine else one.assessed_by,
                }
                for one in found
            ]
            show(list(found) if as_json else rows, as_json=as_json)
            return
        said = platform.triage.assess(
            incident,
            dimension,
            actor_or_user(actor),
            key=at_key,
            evidence=evidence,
            low=low,
            high=high,
            unit=unit,
            names=name or (),
            text=text,
        )
        show(said, as_json=as_json)


def severity(
    incident: str,
    to: Annotated[str | None, typer.Argument(help="sev1, sev2 or sev3; without it, show what the rule says.")] = None,
    reason: ReasonOption = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the severity with a reason, or show what the rule says and why."""
    with opened(project) as platform:
        if to is None:
            show(platform.triage.severity(incident), as_json=as_json)
            return
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.triage.set_severity(incident, to, reason, by, key=at_key, expected_version=seen), as_json=as_json)


def system(
    incident: str,
    which: Annotated[str, typer.Argument(metavar="SYSTEM", help="Model, dataset or URN.")],
    reason: ReasonOption,
    remove: Annotated[bool, typer.Option("--remove", help="It is not affected after all.")] = False,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that one more system is affected, or that one is not."""
    with opened(project) as platform:
        change = platform.triage.remove_system if remove else platform.triage.add_system
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(change(incident, which, reason, by, key=at_key, expected_version=seen), as_json=as_json)


def merge(
    incident: str,
    into: Annotated[str, typer.Option("--into", help="The incident that goes on.")],
    reason: ReasonOption,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an incident a duplicate of another; everything of it goes there, 'steek incident unmerge' takes it back."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.merges.merge(incident, into, reason, by, key=at_key, expected_version=seen), as_json=as_json)


def unmerge(
    incident: Annotated[str, typer.Argument(help="The incident that was merged away.")],
    reason: ReasonOption,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back that an incident is a duplicate; it stands where it stood before."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.merges.undo(incident, reason, by, key=at_key, expected_version=seen), as_json=as_json)


def near_miss(
    incident: str,
    defence: Annotated[str, typer.Argument(help="What held, so that nobody was hurt.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that it hurt nobody, because a defence held."""
    with opened(project) as platform:
        show(platform.triage.near_miss(incident, defence, actor_or_user(actor), key=key_or_new(key)), as_json=as_json)


def correct(
    incident: str,
    text: Annotated[str, typer.Argument(help="What is right, and how it is known.")],
    about: Annotated[str | None, typer.Option(help="Id of the event that is wrong.")] = None,
    phase: Annotated[
        str | None,
        typer.Option(help="start, detection, mitigation, resolution, or another phase, when it is its time."),
    ] = None,
    edge: Annotated[str, typer.Option(help="start or end of that phase.")] = "start",
    earliest: Annotated[str | None, typer.Option(help="Earliest it can have been, like 2017-10-15T08:00Z.")] = None,
    latest: Annotated[str | None, typer.Option(help="Latest it can have been.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct an entry of the timeline, or when a phase began or ended; what was written stays."""
    if phase is None and (earliest or latest):
        raise InputError("a time without its phase", next_step="Name it with --phase.")
    with opened(project) as platform:
        corrected = platform.triage.correct(
            incident,
            text,
            actor_or_user(actor),
            key=key_or_new(key),
            about=about,
            phase=phase,
            edge=edge,
            earliest_at=None if earliest is None else to_instant(earliest),
            latest_at=None if latest is None else to_instant(latest),
        )
        show(corrected, as_json=as_json)


STATE_VERBS = {
    "impact": impact,
    "severity": severity,
    "system": system,
    "merge": merge,
    "unmerge": unmerge,
    "near_miss": near_miss,
    "correct": correct,
}
