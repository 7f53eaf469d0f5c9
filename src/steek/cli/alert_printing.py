"""Alerts, groups and noise reports as lines of a terminal."""

import typer

from steek.charts import sparkline_text
from steek.cli.output import say, visible
from steek.kernel.windows import Window
from steek.measures.estimate import Estimate
from steek.monitoring import AlertStory, GroupStory, Mover, NoiseReport


def print_group(story: GroupStory) -> None:
    """A group: what it comes to, who moved first, its alerts."""
    line = story.line
    say(visible(f"group {line.group.id}, {line.group.state}, {line.group.severity}: {line.alerts:,} alerts"))
    states = f"{line.firing:,} firing, {line.acknowledged:,} acknowledged, {line.resolved:,} resolved"
    say(visible(f"{states}, {line.silenced:,} of the open ones kept quiet"))
    _movers(story.movers)
    say("\nalerts")
    for alert in story.alerts:
        size = "" if alert.size is None else f": {alert.size.text}"
        place = f" ({alert.slice})" if alert.slice is not None else ""
        verdict = story.verdicts.get(alert.id)
        said = "" if verdict is None else f", {verdict.verdict} says {verdict.actor}"
        say(visible(f"  {alert.id}  {alert.state:<12}  {alert.monitor}{place}{size}{said}"))
    if line.alerts > len(story.alerts):
        say(visible(f"  and {line.alerts - len(story.alerts):,} more"))


def print_alert(story: AlertStory, spark: str) -> None:
    """An alert with everything known about it."""
    alert = story.alert
    place = f" ({alert.slice})" if alert.slice is not None else ""
    say(visible(f"alert {alert.id}, {alert.state}, {alert.severity}: {alert.monitor}{place}"))
    say(visible(f"{spark}  {alert.evidence.get('reason', '')}"))
    for name, said in _facts(story):
        say(visible(f"{name:<9}{said}"))
    _movers(story.movers)
    if story.history:
        say("\nbefore, by this rule")
    for old in story.history:
        said = story.history_verdicts.get(old.id)
        words = "no verdict" if said is None else said.verdict
        say(visible(f"  {old.window.start_at:%Y-%m-%d}  {old.state:<12}  {old.slice or 'the whole'}: {words}"))


def _facts(story: AlertStory) -> list[tuple[str, str]]:
    """Name and value of what is known; what is not is left out."""
    alert, line, silence, verdict, why = story.alert, story.line, story.silence, story.verdict, story.attribution
    facts = [
        ("size", None if alert.size is None else alert.size.text),
        ("onset", f"{_span(alert.onset)}, shown by {_span(alert.window)}"),
        ("group", None if line is None else f"{line.group.id}, {line.alerts:,} alerts, first on {line.group.subject}"),
        ("", None if alert.flapping_since_at is None else str(alert.evidence.get("flapping", "flapping"))),
        (
            "silence",
            None if silence is None else f"until {silence.ends_at:%m-%d %H:%M} by {silence.author}: {silence.reason}",
        ),
        ("seen by", alert.acknowledged_by),
        ("verdict", None if verdict is None else f"{verdict.verdict}, says {verdict.actor}. {verdict.note}".rstrip()),
        ("in use", ", ".join(alert.affected)),
        ("why", None if why is None else why.result.sentence),
    ]
    explained = [] if why is None else [("", one.sentence) for one in why.result.explained]
    return [(name, said) for name, said in [*facts, *explained] if said]


def print_noise(report: NoiseReport) -> None:
    """A noise report: one line for each rule, those it names with what to do."""
    say(visible(f"{report.since_at:%Y-%m-%d} to {report.until_at:%Y-%m-%d}: {report.sentence}"))
    for rule in report.rules:
        mark = "NOISE   " if rule.is_noisy else "UNHEARD " if rule.is_unheard else "        "
        weekly = sparkline_text([float(count) for count in rule.weekly])
        typer.echo(
            f"{mark}{rule.monitor}: {rule.alerts:,} alerts in {rule.episodes} episodes {weekly}, "
            f"useful {_share(rule.precision)}, seen {rule.acknowledged}"
        )
        if rule.suggestion:
            say(visible(f"        {rule.suggestion}"))


def _movers(movers: tuple[Mover, ...]) -> None:
    if len(movers) < 2:
        return
    say("\nwho moved first")
    for mover in movers:
        say(visible(f"  {mover.rank}. {mover.urn}  {_span(mover.onset)}  {mover.reason}"))


def _share(precision: Estimate) -> str:
    if precision.value is None or precision.low is None or precision.high is None:
        return "unknown: nobody judged"
    low, high = 100 * precision.low, 100 * precision.high
    return f"{100 * precision.value:.0f}% ({low:.0f}% to {high:.0f}%) of {precision.rows} judged"


def _span(window: Window) -> str:
    return f"{window.start_at:%Y-%m-%d %H:%M}..{window.end_at:%Y-%m-%d %H:%M}"
