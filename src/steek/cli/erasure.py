"""`steek erasure`: ask for a person to be erased, take it back, carry it out, see the certificate."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.data import Finding, Subject
from steek.kernel.errors import InputError
from steek.kernel.units import format_duration, parse_duration
from steek.platform import Platform

KindArgument = Annotated[str, typer.Argument(help="Kind of person, as contracts name it, e.g. household.")]
ValueArgument = Annotated[str, typer.Argument(help="What names the person, e.g. 2375.")]


def request(
    kind: KindArgument,
    value: ValueArgument,
    reason: Annotated[str, typer.Option(help="Why; it stays in the record, so it must not name the person.")],
    delay: Annotated[
        str | None, typer.Option(help="Time to change one's mind, e.g. 24h; by default the setting erasure_delay.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a person erased from everywhere once the delay is over."""
    with opened(project) as platform:
        subject, by = Subject(kind, value), actor_or_user(actor)
        wait = parse_duration(platform.settings.text("erasure_delay") if delay is None else delay)
        if not yes:
            _ask(platform, subject, format_duration(wait), as_json=as_json)
        asked = platform.erasures.request(subject, reason=reason, actor=by, key=key_or_new(key), delay=wait)
        show(asked, as_json=as_json, columns=("id", "state", "kind", "digest", "due_at"))
        if not as_json:
            typer.echo(f"\nTake it back until then: steek erasure cancel {asked.id} --reason ...")


def cancel(
    id: str,
    reason: Annotated[str, typer.Option(help="Why.")],
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a request back; possible until its keys are shredded."""
    with opened(project) as platform:
        cancelled = platform.erasures.cancel(id, reason=reason, actor=actor_or_user(actor))
        show(cancelled, as_json=as_json, columns=("id", "state", "changed_at"))


def run(actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Carry out every erasure whose delay is over, now; the night does it too."""
    with opened(project) as platform:
        done = platform.erasures.run_due(actor=actor_or_user(actor))
        show(done, as_json=as_json, columns=("id", "kind", "state", "changed_at", "findings"))


def list_(
    state: Annotated[
        str | None, typer.Option(help="Only in this state, e.g. requested, incomplete, certified.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erasures, newest first; persons only by their keyed hash."""
    with opened(project) as platform:
        columns = ("id", "kind", "digest", "state", "requested_at", "due_at", "reason")
        show(platform.erasures.list(state, limit), as_json=as_json, columns=columns)


def show_(id: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One erasure: its state, where rows lay, what the last search found, who had learned from it."""
    with opened(project) as platform:
        show(platform.erasures.get(id), as_json=as_json)


def certificate(id: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What was removed, what was searched and how, and which models had learned from it."""
    with opened(project) as platform:
        show(platform.erasures.certificate(id), as_json=as_json)


def search(
    kind: KindArgument, value: ValueArgument, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Look for a person everywhere, in files that nothing refers to any more too; changes nothing."""
    with opened(project) as platform:
        found = platform.erasures.search(Subject(kind, value))
        show(found, as_json=as_json, columns=("where", "count", "unit"))


def _ask(platform: Platform, subject: Subject, wait: str, *, as_json: bool) -> None:
    """Say what will happen and to how much, and stop unless the answer is yes."""
    if as_json:
        message = "with --json nobody can be asked"
        raise InputError(message, next_step="Add --yes, after a look at 'steek erasure search'.")
    found = platform.erasures.search(subject)
    typer.echo(f"Everything of this {subject.kind} will be erased in {wait}, and cannot be brought back then:")
    show([_line(finding) for finding in found], as_json=False)
    typer.echo("Its key is shredded, tables are rewritten without its rows, and their earlier versions end.")
    typer.confirm("Request it?", abort=True)


def _line(finding: Finding) -> dict[str, object]:
    return {"where": finding.where, "count": finding.count, "unit": finding.unit}


COMMANDS = {
    "erasure": group(
        "Erasing persons: requested, delayed, carried out, certified.",
        request=request,
        cancel=cancel,
        run=run,
        list=list_,
        show=show_,
        certificate=certificate,
        search=search,
    ),
}
