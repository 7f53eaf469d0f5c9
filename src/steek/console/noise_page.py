"""Noise: how often the alerts of each rule were of use, and which rules should change."""

from dataclasses import dataclass

from markupsafe import Markup

from steek.charts import interval_svg, sparkline_svg
from steek.console.services import Services
from steek.console.words import percent
from steek.monitoring import NoiseReport, RuleNoise

WEEKS = (1, 4, 12, 52)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule with what was said of it drawn."""

    rule: RuleNoise
    health: str
    said: str
    weekly: Markup
    precision: Markup


@dataclass(frozen=True, slots=True)
class NoiseView:
    """All rules that fired; `weeks` of the choices is shown."""

    report: NoiseReport
    lines: tuple[RuleLine, ...]
    weeks: int
    choices: tuple[int, ...]
    target: str
    health: str


def noise_view(services: Services, weeks: int) -> NoiseView:
    """The report over the last weeks.

    Raises:
        InputError: too few or too many weeks.
    """
    report = services.alert_inbox.noise_report(weeks)
    return NoiseView(
        report=report,
        lines=tuple(_line(rule, report.target) for rule in report.rules),
        weeks=weeks,
        choices=WEEKS,
        target=percent(report.target),
        health="broken" if report.noisy else "watch" if report.unheard else "well",
    )


def _line(rule: RuleNoise, target: float) -> RuleLine:
    precision = rule.precision
    if precision.value is None or precision.low is None or precision.high is None:
        said, drawn = "nobody judged", Markup()
    else:
        span = f"{percent(precision.low)} to {percent(precision.high)}"
        said = f"{percent(precision.value)} useful ({span}), {precision.rows} judged"
        # Safe: drawn from numbers.
        drawn = Markup(  # noqa: S704
            interval_svg(
                precision.value, precision.low, precision.high, domain=(0.0, 1.0), mark=target, description=said
            )
        )
    weekly = sparkline_svg([float(count) for count in rule.weekly], description=f"episodes per week of {rule.monitor}")
    health = "broken" if rule.is_noisy else "watch" if rule.is_unheard else "well" if precision.rows else "undecided"
    return RuleLine(rule, health, said, Markup(weekly), drawn)  # noqa: S704 - drawn from numbers
