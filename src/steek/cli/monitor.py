"""`steek monitor`: indicators, how they stand, and how the monitors themselves are doing."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from steek.charts import sparkline_text
from steek.cli.back_test import back_test, learned
from steek.cli.commands import group
from steek.cli.explore import explore
from steek.cli.feed_series import feed
from steek.cli.opening import opened
from steek.cli.options import JsonOption, KeyOption, ProjectOption, key_or_new, to_day
from steek.cli.output import show
from steek.kernel.windows import Window
from steek.monitoring import MonitorFilter
from steek.platform import measure_again, measure_due

_SHOWN = timedelta(days=28)
_CHANGED = ("state", "monitor", "slice", "value", "lower", "upper")


def list_(
    model: Annotated[str | None, typer.Option(help="Only those about this model or dataset.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only chart, alert or page.")] = None,
    state: Annotated[str | None, typer.Option(help="Only well, watch, broken, undecided or stalled.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only those of this owner.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How every monitor stands: value, bounds, state, the last 28 days."""
    with opened(project) as platform:
        which = MonitorFilter(model, purpose, state, owner)
        found = platform.monitoring.explore(which, since=platform.clock.now() - _SHOWN)
        rows = [
            {
                **asdict(one.state),
                "condition": one.health.condition,
                "last 28 days": sparkline_text([point.value for point in one.points[-28:]]),
            }
            for one in found
        ]
        columns = ("monitor", "state", "value", "unit", "lower", "upper", "last 28 days", "condition", "evaluated_at")
        show(rows, as_json=as_json, columns=columns)


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
            line = sparkline_text([point.value for point in found.points[-60:]])
            title = f"{monitor}, {found.unit}: {found.threshold}\n{line}"
            columns = ("window_start", "value", "lower", "upper", "rows")
            show(list(found.points), as_json=False, columns=columns, title=title)


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
        changed = measure_again(platform, window, key=key_or_new(key), only=monitor or None)
        show(changed, as_json=as_json, columns=_CHANGED)


def catch_up(
    monitor: Annotated[list[str] | None, typer.Option(help="Only these; by default all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every window that is over and was not measured yet."""
    with opened(project) as platform:
        changed = measure_due(platform, only=monitor or None)
        show(changed, as_json=as_json, columns=_CHANGED)


def health(
    stalled: Annotated[bool, typer.Option("--stalled", help="Only those that would not notice anything.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How the monitors themselves are doing: evaluated in time, and measuring what can be."""
    with opened(project) as platform:
        found = [one for one in platform.monitoring.health() if one.is_stalled or not stalled]
        columns = ("monitor", "condition", "reason", "window_end_at", "value_window_end_at", "slices", "took_ms")
        show(found, as_json=as_json, columns=columns)


COMMANDS = {
    "monitor": group(
        "Indicators, thresholds, and monitors that watch themselves.",
        list=list_,
        explore=explore,
        series=series,
        health=health,
        check=check,
        catch_up=catch_up,
        feed=feed,
        back_test=back_test,
        learned=learned,
    )
}
