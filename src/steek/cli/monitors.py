"""`steek monitors`: indicators, thresholds and alerts."""

from typing import Annotated

import typer

from steek.cli.back_test import back_test, learned
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, to_day
from steek.cli.output import show
from steek.kernel.windows import Window
from steek.monitoring import MonitorState


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """How every monitor stands: value, bounds, state."""
    with opened(project) as platform:
        states: list[MonitorState] = platform.monitoring.monitors_state()
        show(states, as_json=as_json, columns=("monitor", "state", "value", "lower", "upper", "unit", "evaluated_at"))


def alerts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that still fire.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Alerts, newest first."""
    with opened(project) as platform:
        found = platform.monitoring.alerts()
        chosen = [alert for alert in found if alert.state != "resolved" or not open_only]
        show(
            chosen, as_json=as_json, columns=("opened_at", "state", "monitor", "slice", "value", "lower", "upper", "id")
        )


def series(
    monitor: str,
    slice: Annotated[str | None, typer.Option(help="One slice; by default the whole.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The points of a monitor with their bounds."""
    with opened(project) as platform:
        found = platform.monitoring.series(monitor, slice)
        if as_json:
            show(found, as_json=True)
        else:
            columns = ("window_start", "value", "lower", "upper", "rows")
            show(
                list(found.points), as_json=False, columns=columns, title=f"{monitor}, {found.unit}: {found.threshold}"
            )


def check(
    day: str,
    monitor: Annotated[list[str] | None, typer.Option(help="Only these; by default all.")] = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a business day again and fire or resolve alerts."""
    with opened(project) as platform:
        window = Window.of_day(to_day(day), platform.settings.day_starts_at)
        changed = platform.monitoring.evaluate(window, key=key_or_new(key), only=monitor or None)
        show(changed, as_json=as_json, columns=("state", "monitor", "slice", "value", "lower", "upper"))


def acknowledge(
    alert: str, actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Say that you have seen an alert."""
    with opened(project) as platform:
        show(platform.monitoring.acknowledge(alert, actor=actor_or_user(actor)), as_json=as_json)


COMMANDS = {
    "monitors": group(
        "Indicators, thresholds, alerts.",
        list=list_,
        alerts=alerts,
        series=series,
        check=check,
        back_test=back_test,
        learned=learned,
        acknowledge=acknowledge,
    )
}
