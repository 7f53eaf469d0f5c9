"""`steek assess`: what nothing would stop, which layers stand, how ready the models are, what is to be done first."""

from typing import Annotated

import typer

from steek.charts import budget_bar
from steek.cli.commands import command
from steek.cli.defences import say_map
from steek.cli.follow_up_printing import follow_up_lines
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show, visible
from steek.incidents.reviews.reviews import ReviewState
from steek.kernel.errors import InputError
from steek.platform.assessing import Assessment
from steek.platform.assessing import assess as assess_project

PARTS = ("defences", "readiness", "architecture", "follow-ups")
_MOST_POINTS = 7


def assess(
    part: Annotated[str | None, typer.Argument(help=f"Only one of: {', '.join(PARTS)}.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model; by default all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How the project stands against failure."""
    if part is not None and part not in PARTS:
        message = f"{part!r} is no part of an assessment"
        raise InputError(message, next_step=f"Parts: {', '.join(PARTS)}; without one, all are shown.")
    with opened(project) as platform:
        found = assess_project(platform, model)
    if as_json:
        names = {"defences": "defences", "readiness": "readiness", "architecture": "review", "follow-ups": "follow_ups"}
        show(found if part is None else getattr(found, names[part]), as_json=True)
        return
    for name in PARTS if part is None else (part,):
        _PRINT[name](found, in_full=part is not None)


def _defences(found: Assessment, *, in_full: bool) -> None:
    say_map(found.defences, in_full=in_full)


def _readiness(found: Assessment, *, in_full: bool) -> None:
    for one in found.readiness:
        least = "at least " if one.waiting else ""
        typer.echo(f"Readiness of {one.model}: {least}{one.score:g} of {_MOST_POINTS} ({one.meaning})")
        for section in one.sections:
            low = "  lowest" if section.section is one.weakest else ""
            bar = budget_bar(section.points / _MOST_POINTS)
            typer.echo(f"  {section.section.value.ljust(15)} {bar} {section.points:g}{low}")
            if in_full:
                for test in section.tests:
                    typer.echo(
                        f"    {test.points:3g}  {test.test.id.ljust(22)} {test.test.title}: {visible(test.sentence)}"
                    )
    if not found.readiness:
        typer.echo("No model is declared yet.")
    typer.echo("")


def _architecture(found: Assessment, *, in_full: bool) -> None:
    state = found.review
    typer.echo(_review_head(state))
    for finding in state.findings if in_full else state.new[:3]:
        typer.echo(
            f"  {finding.kind.value}: {visible(finding.text)}" + (f" ({finding.advice})" if finding.advice else "")
        )
    typer.echo("")


def _review_head(state: ReviewState) -> str:
    said = f"Architecture: {len(state.findings)} findings"
    if state.last is None:
        return f"{said}, never reviewed"
    day = f"{state.last.reviewed_at:%Y-%m-%d}"
    return f"{said}; since the review of {day}: {len(state.new)} new, {len(state.gone)} gone"


def _follow_ups(found: Assessment, *, in_full: bool) -> None:  # noqa: ARG001 - the list is short either way
    typer.echo(f"Follow-ups: {found.open_follow_ups} open, {found.overdue_follow_ups} late")
    if found.follow_ups:
        show(follow_up_lines(found.follow_ups), as_json=False)


_PRINT = {"defences": _defences, "readiness": _readiness, "architecture": _architecture, "follow-ups": _follow_ups}


COMMANDS = {"assess": command(assess)}
