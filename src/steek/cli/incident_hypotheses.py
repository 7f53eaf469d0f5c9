"""`steek incident hypothesis`, `hypotheses`, `judge`: what may be the cause, and what came of it."""

from typing import Annotated

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import InputError

Number = Annotated[int, typer.Argument(min=1, help="Number of the hypothesis in its incident.")]
_COLUMNS = ("number", "state", "owner", "text", "test", "reason")


def hypothesis(
    incident: str,
    text: Annotated[
        str | None, typer.Argument(help="What you suppose; leave it out to change one with --take.")
    ] = None,
    test: Annotated[str | None, typer.Option("--test", help="How somebody will find out.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Who finds out.")] = None,
    about: Annotated[str | None, typer.Option("--about", help="Id of the event of a suspect.")] = None,
    take: Annotated[int | None, typer.Option("--take", min=1, help="Take the test of this hypothesis.")] = None,
    reopen: Annotated[int | None, typer.Option("--reopen", min=1, help="Doubt the verdict on this one.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed with --reopen.")] = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """State what may be the cause, take a test over, or doubt a verdict."""
    if sum(given is not None for given in (text, take, reopen)) != 1:
        raise InputError("say one thing: a hypothesis, --take NUMBER or --reopen NUMBER")
    with opened(project) as platform:
        by, at_key, service = actor_or_user(actor), key_or_new(key), platform.hypotheses
        if take is not None:
            made = service.take(incident, take, owner or by, actor=by, key=at_key, test=test, expected_version=seen)
        elif reopen is not None:
            made = service.reopen(incident, reopen, reason, actor=by, key=at_key, expected_version=seen)
        else:
            made = service.state(incident, text or "", actor=by, key=at_key, owner=owner, test=test or "", about=about)
        show(made, as_json=as_json)


def hypotheses(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What may be the cause, who finds out how, and how it stands."""
    with opened(project) as platform:
        show(list(platform.hypotheses.list(incident)), as_json=as_json, columns=_COLUMNS)


def judge(
    incident: str,
    number: Number,
    verdict: Annotated[str, typer.Argument(help="confirmed, rejected or undecided.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    evidence: Annotated[
        list[str] | None,
        typer.Option("--evidence", help="bench:ID, event:ID, pin:ID or an http address; may be given again."),
    ] = None,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what came of a hypothesis; a verdict on a suspect's counts for the suspect."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        judged = platform.hypotheses.judge(
            incident,
            number,
            verdict,
            actor=by,
            key=at_key,
            reason=reason,
            evidence=evidence or (),
            expected_version=seen,
        )
        show(judged, as_json=as_json)
