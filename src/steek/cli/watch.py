"""`steek watch`: models that somebody else trains and serves."""

from typing import Annotated

import typer

from steek.charts import sparkline_text
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, ProjectOption, actor_or_user
from steek.cli.output import show
from steek.cli.watch_init import init
from steek.kernel.errors import SteekError
from steek.platform import Platform, Watched, monitors_of_watched, watch


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Watched models: how many answers, how many with an outcome, from when to when."""
    with opened(project) as platform:
        states = [platform.watching.state(name) for name in platform.watching.models]
        lines = [
            {
                "model": state.model.name,
                "answers": state.answers,
                "with_outcome": state.with_outcome,
                "first_at": None if state.span is None else state.span.start_at,
                "last_at": None if state.span is None else state.span.end_at,
                "owner": state.model.owner,
            }
            for state in states
        ]
        show(lines, as_json=as_json, columns=("model", "answers", "with_outcome", "first_at", "last_at", "owner"))


def show_(model: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One watched model: what was collected, and how its monitors stand."""
    with opened(project) as platform:
        state = platform.watching.state(model)
        if as_json:
            show(state, as_json=True)
            return
        typer.echo(f"{model}: {state.answers:,} answers, {state.with_outcome:,} with an outcome")
        show(list(state.recent), as_json=False, columns=("at", "what", "rows", "repeated", "unusable"))
        _show_monitors(platform, model)


def run(
    model: Annotated[str | None, typer.Argument(help="One model; by default all.")] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what is new in the logs, measure every window that is complete, and say how the monitors stand."""
    with opened(project) as platform:
        names = list(platform.watching.models) if model is None else [platform.watching.model(model).name]
        done: list[Watched] = []
        errors: list[SteekError] = []
        for name in names:
            try:
                done.append(watch(platform, name, actor=actor_or_user(actor)))
            except SteekError as error:
                # One source that cannot be read is no reason to leave the other models unwatched.
                errors.append(error)
        if as_json:
            show(done, as_json=True)
            done = []
        for one in done:
            for pulled in one.run.pulled:
                typer.echo(
                    f"{pulled.dataset}: {pulled.accepted:,} of {pulled.rows:,} rows from {pulled.stretches} parts"
                )
            for collected in (one.run.predictions, one.run.outcomes):
                if collected is not None:
                    more = f", {collected.repeated:,} repeated, {collected.unusable:,} unusable"
                    typer.echo(f"{collected.what} of {collected.model}: {collected.rows:,} new{more}")
            _show_monitors(platform, one.run.model)
        for error in errors[1:]:
            typer.echo(f"error: {error.message}", err=True)
        if errors:
            raise errors[0]


def _show_monitors(platform: Platform, model: str) -> None:
    lines = [
        {
            "monitor": state.monitor,
            "state": state.state,
            "value": state.value,
            "trend": sparkline_text(
                [point.value for point in platform.monitoring.series(state.monitor, state.slice).points][-40:]
            ),
            "why": state.reason,
        }
        for state in monitors_of_watched(platform, model)
    ]
    show(lines, as_json=False, columns=("monitor", "state", "value", "trend", "why"))


COMMANDS = {
    "watch": group(
        "Models that somebody else trains and serves.",
        init=init,
        list=list_,
        show=show_,
        run=run,
    )
}
