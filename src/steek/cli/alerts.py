"""`steek alerts`: what left its bounds, in groups of one cause, and what people do about it."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from steek.charts import render_png, series_spec, sparkline_text
from steek.cli.alert_printing import print_alert, print_group, print_noise
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import NotFoundError
from steek.kernel.units import parse_duration
from steek.monitoring import Alert, GroupLine
from steek.platform import Platform, alert_picture

_SHOWN = timedelta(days=28)
_AlertId = Annotated[str, typer.Argument(help="Id of an alert, or of a group for all its alerts.")]


def list_(
    every: Annotated[bool, typer.Option("--all", help="Resolved groups too.")] = False,
    flat: Annotated[bool, typer.Option("--flat", help="Alerts one by one instead of groups.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="With --flat: only those that are open.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The inbox: groups of alerts with one cause, those that need somebody first."""
    with opened(project) as platform:
        if flat:
            _flat(platform, open_only=open_only, as_json=as_json)
            return
        lines = platform.alert_inbox.inbox(None if every else "open")
        if as_json:
            show(lines, as_json=True)
            return
        columns = ("group", "severity", "alerts", "open", "first on", "size", "last 28 days", "onset", "seen by")
        show([_row(platform, line) for line in lines], as_json=False, columns=columns)


def show_(
    alert: _AlertId,
    explain: Annotated[bool, typer.Option("--explain", help="Ask which slices explain it, if nobody did.")] = False,
    png: Annotated[Path | None, typer.Option(help="Write the evidence chart here.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One alert or group: how far off, since when, who moved first, what explains it, what was in use."""
    with opened(project) as platform:
        inbox = platform.alert_inbox
        if alert.startswith("g"):
            story = inbox.group(alert)
            show(story, as_json=True) if as_json else print_group(story)
            return
        if explain:
            platform.explaining.explain(alert, key=key_or_new(key), actor=actor_or_user(actor))
        found = inbox.alert(alert)
        if png is not None:
            png.write_bytes(render_png(series_spec(alert_picture(platform, alert))))
        if as_json:
            show(found, as_json=True)
        else:
            print_alert(found, _spark(platform, found.alert))


def acknowledge(
    alert: _AlertId,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that you have seen an alert, or all that fires in a group."""
    with opened(project) as platform:
        seen = platform.alert_inbox.acknowledge(alert, actor=actor_or_user(actor), key=key_or_new(key))
        platform.subscriptions.deliver()
        show(seen, as_json=as_json, columns=("id", "state", "acknowledged_by", "monitor", "slice"))


def verdict(
    alert: _AlertId,
    verdict: Annotated[str, typer.Argument(help="useful, noise or unsure.")],
    note: Annotated[str, typer.Option(help="Why, or what was done.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether an alert, or all of a group, was useful or noise."""
    with opened(project) as platform:
        said = platform.alert_inbox.judge(alert, verdict, actor=actor_or_user(actor), key=key_or_new(key), note=note)
        show(said, as_json=as_json, columns=("alert", "verdict", "actor", "note"))


def silence(
    lasts: Annotated[str, typer.Option("--for", help="How long, such as 4h or 2d.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    monitor: Annotated[str, typer.Option(help="Name, * stands for any text.")] = "*",
    subject: Annotated[str, typer.Option(help="URN, * stands for any text.")] = "*",
    slice: Annotated[str, typer.Option(help="Slice, * stands for any text.")] = "*",
    pages: Annotated[bool, typer.Option("--pages", help="Keep pages and incidents quiet too.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep alerts quiet for a while: they are recorded and shown, and nobody is told before it ends."""
    with opened(project) as platform:
        made = platform.alert_inbox.silence(
            monitor=monitor,
            subject=subject,
            slice=slice,
            lasts=parse_duration(lasts),
            reason=reason,
            actor=actor_or_user(actor),
            key=key_or_new(key),
            covers_pages=pages,
        )
        show(made, as_json=as_json)


def silences(
    active_only: Annotated[bool, typer.Option("--active", help="Only those that hold now.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Silences, until when they hold, and how many alerts each kept quiet."""
    with opened(project) as platform:
        found = platform.alert_inbox.silences("active" if active_only else "all")
        columns = ("id", "state", "monitor", "subject", "slice", "ends_at", "author", "alerts", "hides", "reason")
        show(found, as_json=as_json, columns=columns)


def unsilence(
    silence: str, actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """End a silence before its time; what still fires is told of now."""
    with opened(project) as platform:
        ended = platform.alert_inbox.unsilence(silence, actor=actor_or_user(actor))
        platform.subscriptions.deliver()
        show(ended, as_json=as_json)


def noise(
    weeks: Annotated[int, typer.Option(help="How many weeks back.")] = 4,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which rules are noise, and which nobody looks at, from what people did with their alerts."""
    with opened(project) as platform:
        report = platform.alert_inbox.noise_report(weeks)
        if as_json:
            show({**asdict(report), "noisy": report.noisy, "unheard": report.unheard}, as_json=True)
        else:
            print_noise(report)


def _flat(platform: Platform, *, open_only: bool, as_json: bool) -> None:
    found = platform.monitoring.alerts()
    chosen = [alert for alert in found if alert.state != "resolved" or not open_only]
    columns = ("opened_at", "state", "monitor", "slice", "value", "lower", "upper", "group", "id")
    show(chosen, as_json=as_json, columns=columns)


def _row(platform: Platform, line: GroupLine) -> dict[str, object]:
    head = line.head
    return {
        "group": line.group.id,
        "severity": line.group.severity,
        "alerts": line.alerts,
        "open": line.firing + line.acknowledged,
        "first on": f"{head.subject}: {head.monitor}" + (f" ({head.slice})" if head.slice else ""),
        "size": "-" if head.size is None else head.size.text,
        "last 28 days": _spark(platform, head),
        "onset": f"{head.onset.start_at:%m-%d %H:%M}..{head.onset.end_at:%m-%d %H:%M}",
        "seen by": "silenced" if line.silenced == line.firing + line.acknowledged else head.acknowledged_by,
    }


def _spark(platform: Platform, alert: Alert) -> str:
    end_at: datetime = alert.last_window_end_at
    try:
        found = platform.monitoring.series(alert.monitor, alert.slice, since=end_at - _SHOWN, until=end_at)
    except NotFoundError:
        return "no longer declared"
    return sparkline_text([point.value for point in found.points[-28:]])


COMMANDS = {
    "alerts": group(
        "Alerts in groups of one cause: look, acknowledge, judge, silence.",
        list=list_,
        show=show_,
        acknowledge=acknowledge,
        verdict=verdict,
        silence=silence,
        silences=silences,
        unsilence=unsilence,
        noise=noise,
    )
}
