"""`steek slo`: promises, what is left of their budgets, and why."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from steek.charts import budget_bar, sparkline_text
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, to_day
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.monitoring import ObjectiveState, ObjectiveStory
from steek.platform import Platform

ExplainOption = Annotated[bool, typer.Option("--explain", help="Say with which windows and burn rates it was decided.")]
_SPARK_SLOTS = 60


def list_(explain: ExplainOption = False, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every objective: what is left of its budget, what was kept, since when."""
    with opened(project) as platform:
        states = platform.objectives.states()
        _show_states(states, as_json=as_json)
        if explain and not as_json:
            for state in states:
                _explain(state)


def show_(
    objective: str, explain: ExplainOption = False, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """One objective: its budget over time, its rules, its times of trouble, and the time that does not count."""
    with opened(project) as platform:
        story = platform.objectives.story(objective)
        if as_json:
            show(story, as_json=True)
            return
        _show_story(story)
        if explain:
            _explain(story.state)


def check(
    day: str,
    objective: Annotated[list[str] | None, typer.Option(help="Only these; by default all.")] = None,
    explain: ExplainOption = False,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count a business day again, judge the period that ends with it, and tell what changed."""
    with opened(project) as platform:
        window = Window.of_day(to_day(day), platform.settings.day_starts_at)
        states = platform.objectives.check(window, key=key_or_new(key), only=objective or None)
        _show_states(states, as_json=as_json)
        if explain and not as_json:
            for state in states:
                _explain(state)


def export(
    objective: Annotated[list[str] | None, typer.Argument(help="Only these; by default all.")] = None,
    to: Annotated[Path | None, typer.Option(help="File to write; by default standard output.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Objectives as OpenSLO v1 documents."""
    with opened(project) as platform:
        text = platform.objectives.export(objective or None)
    if to is not None:
        to.write_text(text, encoding="utf-8")
        show({"file": to, "size_bytes": len(text.encode())}, as_json=as_json)
    elif as_json:
        show({"openslo": text}, as_json=True)
    else:
        typer.echo(text, nl=False)


def import_(
    file: Annotated[Path, typer.Argument(help="OpenSLO v1 documents in YAML; - reads standard input.")],
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in objectives from OpenSLO v1; a part that steek does not know is refused by its name."""
    text = sys.stdin.read() if str(file) == "-" else _read(file)
    with opened(project) as platform:
        taken = platform.objectives.take_in(text, actor=actor_or_user(actor), key=key_or_new(key))
        _show_states(taken, as_json=as_json)


def retire(
    objective: str,
    reason: Annotated[str, typer.Option(help="Why.")],
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop checking an imported objective; its history stays."""
    with opened(project) as platform:
        platform.objectives.retire(objective, reason=reason, actor=actor_or_user(actor))
        show({"objective": objective, "retired": True}, as_json=as_json)


def exclude(
    start: Annotated[str, typer.Argument(help="Day, or instant such as 2017-10-15T06:00Z.")],
    end: Annotated[str, typer.Argument(help="Where it ends; a day counts to its end.")],
    reason: Annotated[str, typer.Option(help="Why this time does not count.")],
    objective: Annotated[str | None, typer.Option(help="Only for this one; by default for all.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agree that a stretch of time does not count: maintenance when said before, an agreed exclusion afterwards."""
    with opened(project) as platform:
        window = Window(_edge(platform, start, is_end=False), _edge(platform, end, is_end=True))
        by = actor_or_user(actor)
        made = platform.objectives.exclude(window, objective=objective, reason=reason, actor=by, key=key_or_new(key))
        show(made, as_json=as_json, columns=("id", "kind", "objective", "window", "reason", "actor"))


def include(
    exclusion: str,
    reason: Annotated[str, typer.Option(help="Why it counts after all.")],
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an exclusion back."""
    with opened(project) as platform:
        taken = platform.objectives.withdraw(exclusion, reason=reason, actor=actor_or_user(actor))
        show(taken, as_json=as_json, columns=("id", "objective", "window", "withdrawn_by", "withdrawn_because"))


def exclusions(
    objective: Annotated[str | None, typer.Option(help="Only those that touch this one.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Time that does not count, the latest first; what was taken back too."""
    with opened(project) as platform:
        columns = ("id", "kind", "objective", "window", "reason", "actor", "withdrawn_because")
        show(platform.objectives.exclusions(objective), as_json=as_json, columns=columns)


def _show_states(states: list[ObjectiveState], *, as_json: bool) -> None:
    if as_json:
        show(states, as_json=True)
        return
    rows = [
        {
            "objective": each.name,
            "state": each.state,
            "budget": budget_bar(each.left_fraction),
            "left": each.budget,
            "kept": "-" if each.achieved is None else f"{each.achieved:.2%}",
            "promised": each.promise,
            "phase": each.phase,
            "since": "-" if each.since_at is None else f"{each.since_at:%Y-%m-%d %H:%M}",
            "owner": each.owner,
        }
        for each in states
    ]
    show(rows, as_json=False)


def _show_story(story: ObjectiveStory) -> None:
    state = story.state
    typer.echo(f"{state.name}: {state.promise}, {state.measured_by} ({state.owner})")
    typer.echo(f"  {state.state}: {state.reason}")
    typer.echo(f"  budget {budget_bar(state.left_fraction)} {state.budget}")
    left = [line.left_fraction for line in story.lines][-_SPARK_SLOTS:]
    if left:
        typer.echo(f"  left   {sparkline_text(left)}  until {story.lines[-1].window.end_at:%Y-%m-%d %H:%M} UTC")
    counts = f"{state.slots} windows: {state.unmeasured} not measured, {state.silent} without events"
    typer.echo(f"  {counts}, {state.excluded} that do not count")
    for step in state.policy:
        typer.echo(f"  agreed by {', '.join(state.agreed_by)}: {step}")
    for episode in story.episodes:
        until = "now" if episode.ended_at is None else f"{episode.ended_at:%Y-%m-%d %H:%M}"
        typer.echo(f"  {episode.opened_at:%Y-%m-%d %H:%M} to {until}  {episode.phase}: {episode.reason}")
    for one in story.exclusions:
        taken = f"; taken back: {one.withdrawn_because}" if one.withdrawn_at else ""
        span = f"{one.window.start_at:%Y-%m-%d %H:%M} to {one.window.end_at:%Y-%m-%d %H:%M}"
        typer.echo(f"  {span}  {one.kind} by {one.actor}: {one.reason}{taken}")


def _explain(state: ObjectiveState) -> None:
    typer.echo(f"\n{state.name}: {state.verdict.value}, because {state.verdict_reason}")
    if state.reason != state.verdict_reason:
        typer.echo(f"  {state.state}: {state.reason}")
    if state.more_events is not None:
        typer.echo(f"  {state.more_events:,} more {state.counts} would decide")
    for burn in state.burns:
        typer.echo(f"  {burn}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        message = f"{file} cannot be read: {cause}"
        raise InputError(message, next_step="Give a file of OpenSLO documents, or - for standard input.") from cause


def _edge(platform: Platform, text: str, *, is_end: bool) -> datetime:
    """An instant as it is; of a business day its beginning, or its end."""
    if "T" not in text:
        window = Window.of_day(to_day(text), platform.settings.day_starts_at)
        return window.end_at if is_end else window.start_at
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        message = f"{text!r} is no instant with an offset"
        raise InputError(message, next_step="Write it as 2017-10-15T06:00Z, or a day as 2017-10-15.")
    return found.astimezone(UTC)


COMMANDS = {
    "slo": group(
        "Objectives, error budgets, burn rates.",
        list=list_,
        show=show_,
        check=check,
        export=export,
        import_=import_,
        retire=retire,
        exclude=exclude,
        include=include,
        exclusions=exclusions,
    )
}
