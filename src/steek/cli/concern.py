"""`steek concern`: worries that pass the commander by, also without a name."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.platform import person_asking

Concern = Annotated[str, typer.Argument(help="Its id, as 'steek concern list' shows it.")]
IncidentOption = Annotated[str | None, typer.Option("--incident", help="Id of the incident that it is about.")]


def raise_(
    text: Annotated[str, typer.Argument(help="What worries you.")],
    incident: IncidentOption = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Store nobody as who raised it.")] = False,
    to_commander: Annotated[
        bool, typer.Option("--to-commander", help="Let the commander of the incident see it.")
    ] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Raise a concern. The ticket it prints, once, shows you the answer."""
    with opened(project) as platform:
        raised = platform.concerns.raise_concern(
            text,
            by=None if anonymous else actor_or_user(actor),
            incident=incident,
            to_commander=to_commander,
            key=key_or_new(key),
        )
        show(raised, as_json=as_json)


def list_(
    incident: IncidentOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Concerns, newest first; for those whom the setting concern_contacts names."""
    with opened(project) as platform:
        reader = person_asking(platform.access, actor_or_user(actor)).principal
        shown = ("id", "incident", "state", "raised_by", "text", "answer")
        show(list(platform.concerns.list(reader, incident=incident)), as_json=as_json, columns=shown)


def acknowledge(
    concern: Concern,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that you read it."""
    with opened(project) as platform:
        reader = person_asking(platform.access, actor_or_user(actor)).principal
        done = platform.concerns.acknowledge(concern, reader, key=key_or_new(key), expected_version=seen)
        show(done, as_json=as_json)


def answer(
    concern: Concern,
    text: str,
    close: Annotated[bool, typer.Option("--close", help="Nothing is left to do.")] = False,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer it."""
    with opened(project) as platform:
        reader = person_asking(platform.access, actor_or_user(actor)).principal
        service, at_key = platform.concerns, key_or_new(key)
        show(service.answer(concern, reader, text, close=close, key=at_key, expected_version=seen), as_json=as_json)


def follow(
    concern: Concern,
    ticket: Annotated[str, typer.Argument(help="Shown when it was raised.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What became of a concern that you raised."""
    with opened(project) as platform:
        show(platform.concerns.follow(concern, ticket), as_json=as_json)


COMMANDS = {
    "concern": group(
        "Concerns that pass the commander by, also without a name.",
        raise_=raise_,
        list=list_,
        acknowledge=acknowledge,
        answer=answer,
        follow=follow,
    )
}
