"""How often the alerts of a rule were of use to people, and which rules are noise or go unheard. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from steek.measures.estimate import Estimate
from steek.measures.intervals import wilson
from steek.monitoring.alerting.verdicts import Usefulness

WEEK = timedelta(weeks=1)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert as the report sees it."""

    alert: str
    monitor: str
    group: str
    opened_at: datetime
    is_acknowledged: bool
    is_silenced: bool
    verdict: Usefulness | None


@dataclass(frozen=True, slots=True)
class RuleNoise:
    """One rule over the time of a report.

    An episode is a group of alerts of one cause, as far as they are of this rule: 400 slices that fell at once and
    were judged together are one piece of evidence and not 400. An episode is useful when any of its alerts was
    called useful, and noise when one was called noise and none useful.

    Args:
        monitor: The rule.
        alerts: Alerts fired.
        episodes: In so many episodes.
        useful: Episodes called useful.
        noise: Episodes called noise.
        unsure: Episodes looked at without a verdict either way.
        precision: Share of the judged episodes that were useful, with Wilson's interval; `rows` are the judged ones.
        acknowledged: Episodes in which somebody acknowledged an alert.
        silenced: Alerts that a silence kept quiet.
        weekly: Episodes per week, oldest first.
        is_noisy: The interval ends below the target: it is not only bad luck.
        is_unheard: Nobody ever judged or acknowledged any of it.
        suggestion: What to do about it; empty when nothing.
    """

    monitor: str
    alerts: int
    episodes: int
    useful: int
    noise: int
    unsure: int
    precision: Estimate
    acknowledged: int
    silenced: int
    weekly: tuple[int, ...]
    is_noisy: bool
    is_unheard: bool
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class NoiseReport:
    """All rules that fired after `since_at` and until `until_at`, the noisy and the unheard first.

    `target` is the share of useful alerts a rule should reach; `fired`, `episodes` and `silenced` count all rules.
    """

    since_at: datetime
    until_at: datetime
    target: float
    rules: tuple[RuleNoise, ...]
    fired: int
    silenced: int
    sentence: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentence", self._said())

    @property
    def noisy(self) -> tuple[str, ...]:
        """Names of the rules that are noise."""
        return tuple(rule.monitor for rule in self.rules if rule.is_noisy)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Names of the rules that nobody looked at."""
        return tuple(rule.monitor for rule in self.rules if rule.is_unheard)

    def rule(self, monitor: str) -> RuleNoise | None:
        """One rule; None when it did not fire."""
        return next((rule for rule in self.rules if rule.monitor == monitor), None)

    def _said(self) -> str:
        if not self.rules:
            return "no rule fired"
        count = len(self.rules)
        fired = f"{self.fired:,} alert{'' if self.fired == 1 else 's'}"
        parts = [f"{fired} of {count} rule{'' if count == 1 else 's'}"]
        for words, names in (("noisy", self.noisy), ("never looked at", self.unheard)):
            if names:
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                parts.append(f"{words}: {', '.join(names[:_NAMED])}{more}")
        if len(parts) == 1:
            parts.append("no rule is shown to be noise, and none goes unheard")
        if self.silenced:
            parts.append(f"{self.silenced:,} kept quiet by silences")
        return "; ".join(parts)


def noise_report(fired: Iterable[Fired], *, since_at: datetime, until_at: datetime, target: float) -> NoiseReport:
    """Count what people did with the alerts of each rule."""
    by_rule: dict[str, list[Fired]] = {}
    for one in fired:
        by_rule.setdefault(one.monitor, []).append(one)
    rules = [_rule(name, found, since_at, until_at, target) for name, found in by_rule.items()]
    rules.sort(key=lambda rule: (not rule.is_noisy, not rule.is_unheard, -rule.episodes, rule.monitor))
    silenced = sum(rule.silenced for rule in rules)
    return NoiseReport(since_at, until_at, target, tuple(rules), sum(rule.alerts for rule in rules), silenced)


def with_suggestions(report: NoiseReport, suggest: Callable[[RuleNoise], str]) -> NoiseReport:
    """The report with what to do about the rules that it names."""
    rules = (
        replace(rule, suggestion=suggest(rule)) if rule.is_noisy or rule.is_unheard else rule for rule in report.rules
    )
    return NoiseReport(report.since_at, report.until_at, report.target, tuple(rules), report.fired, report.silenced)


def _rule(name: str, fired: Sequence[Fired], since_at: datetime, until_at: datetime, target: float) -> RuleNoise:
    episodes: dict[str, list[Fired]] = {}
    for one in fired:
        episodes.setdefault(one.group, []).append(one)
    said = [_verdict(found) for found in episodes.values()]
    useful, noise = said.count("useful"), said.count("noise")
    precision = wilson(useful, useful + noise)
    seen = sum(any(one.is_acknowledged for one in found) for found in episodes.values())
    return RuleNoise(
        monitor=name,
        alerts=len(fired),
        episodes=len(episodes),
        useful=useful,
        noise=noise,
        unsure=said.count("unsure"),
        precision=precision,
        acknowledged=seen,
        silenced=sum(one.is_silenced for one in fired),
        weekly=_weekly(episodes, since_at, until_at),
        is_noisy=precision.high is not None and precision.high < target,
        is_unheard=not seen and all(one is None for one in said),
    )


def _verdict(found: Sequence[Fired]) -> Usefulness | None:
    said = {one.verdict for one in found}
    order: tuple[Usefulness, ...] = ("useful", "noise", "unsure")
    return next((verdict for verdict in order if verdict in said), None)


def _weekly(episodes: Mapping[str, Sequence[Fired]], since_at: datetime, until_at: datetime) -> tuple[int, ...]:
    weeks = max(1, -(-(until_at - since_at) // WEEK))
    counts = [0] * weeks
    for found in episodes.values():
        first = min(one.opened_at for one in found)
        counts[min(max((first - since_at) // WEEK, 0), weeks - 1)] += 1
    return tuple(counts)
