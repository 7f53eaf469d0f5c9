"""`steek attribute`: which slices explain why a sum, a mean or a rate is what it is."""

from datetime import timedelta
from typing import Annotated

import typer

from steek.charts import bar_text
from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, to_day
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.measures.attribution.explanation import Explanation
from steek.monitoring import Attributed, Question, parse_slices
from steek.platform import Platform

_BAR = 24


def attribute(
    dataset: Annotated[
        str | None, typer.Argument(help="Dataset, or the log 'predictions' or 'outcomes'; not needed with --alert.")
    ] = None,
    metric: Annotated[str, typer.Option(help="count, sum:X, mean:X, present:X or ratio:X/Y.")] = "count",
    window: Annotated[
        str | None, typer.Option(help="A day, or two as FROM..TO; by default the last whole day.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="The same; by default the same weekdays of the four weeks before.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="Column to slice by, again for more.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="Only rows with this value: COLUMN=VALUE.")] = None,
    alert: Annotated[str | None, typer.Option(help="Explain the value that an alert fired with.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name the slices that explain a change against comparable windows, or say that none does."""
    with opened(project) as platform:
        own, who = key_or_new(key), actor_or_user(actor)
        if alert is not None:
            made = platform.attributions.attribute_alert(platform.monitoring.alert(alert), key=own, actor=who)
            if made is None:
                message = f"what alert {alert} is about adds nothing up, so no slice can explain it"
                raise InputError(message, next_step="Look at its evidence: 'steek alerts list'.")
        elif dataset is None:
            message = "neither a dataset nor an alert was named"
            raise InputError(message, next_step="For example 'steek attribute transactions --metric sum:sales_value'.")
        else:
            given = {name: value for text in where or () for name, value in parse_slices(text).items()}
            made = platform.attributions.attribute(
                Question(dataset, metric, given),
                _window(platform, window),
                against=None if against is None else _window(platform, against),
                by=by or (),
                key=own,
                actor=who,
            )
        if as_json:
            show(made, as_json=True)
        else:
            _print(made)


def _window(platform: Platform, text: str | None) -> Window:
    """Business days as people write them."""
    starts_at = platform.settings.day_starts_at
    if text is None:
        now = platform.clock.now()
        today = Window.of_day(now.date(), starts_at)
        end_at = today.start_at if today.start_at <= now else today.start_at - timedelta(days=1)
        return Window.before(end_at, timedelta(days=1))
    first, _, last = text.partition("..")
    start, end = Window.of_day(to_day(first), starts_at), Window.of_day(to_day(last or first), starts_at)
    return Window(start.start_at, end.end_at)


def _print(made: Attributed) -> None:
    result = made.result
    where = "".join(f", {column}={value}" for column, value in made.question.where.items())
    typer.echo(f"{made.question.table}, {made.question.metric}{where}: {_days(made.window)}")
    typer.echo(f"against {len(made.against)} x {', '.join(_days(one) for one in made.against[:4])}")
    typer.echo(f"\n{result.sentence}")
    for title, found in (("", result.explained), ("\nStands out, but moves the whole too little:", result.also)):
        if found and title:
            typer.echo(title)
        longest = max((abs(one.moved) for one in found), default=0.0)
        for one in found:
            typer.echo(_line(one, longest))
    typer.echo(f"\nsliced by {', '.join(result.dimensions)}")
    if made.left_out:
        typer.echo(f"not sliced by: {'; '.join(f'{name} ({reason})' for name, reason in made.left_out.items())}")


def _line(one: Explanation, longest: float) -> str:
    return f"  {'-' if one.moved < 0 else '+'} {bar_text(abs(one.moved), longest, _BAR):<{_BAR}} {one.sentence}"


def _days(window: Window) -> str:
    last = window.end_at - timedelta(days=1)
    days = f"{window.start_at:%Y-%m-%d}"
    return days if window.end_at - window.start_at <= timedelta(days=1) else f"{days}..{last:%Y-%m-%d}"


COMMANDS = {"attribute": command(attribute)}
