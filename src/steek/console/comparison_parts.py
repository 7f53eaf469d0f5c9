"""The model beside its baselines and the version before, on the same rows: one line a metric, one column a rival."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.console.metric_words import is_cost, metric_words, says_better
from steek.evaluation import Comparison
from steek.kernel.urn import Urn


@dataclass(frozen=True, slots=True)
class Beside:
    """A rival's figure; `verdict` is better, worse or undecided of the model against it, "" for no comparison."""

    value: str
    difference: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One metric: the model's figure and each rival's, in the order of the table's rivals."""

    metric: str
    value: str
    rivals: tuple[Beside, ...]


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """All metrics that say which is better, on one distribution of `rows` queries or rows."""

    distribution: str
    rows: int
    rivals: tuple[str, ...]
    lines: tuple[ComparisonLine, ...]


def comparison_tables(comparisons: Sequence[Comparison]) -> tuple[ComparisonTable, ...]:
    """One table a distribution, in the order of the evaluation; a metric that no rival has is left out."""
    told = [one for one in comparisons if one.other_value is not None and says_better(one.metric)]
    distributions = dict.fromkeys(one.distribution for one in told)
    return tuple(_table(name, [one for one in told if one.distribution == name]) for name in distributions)


def _table(distribution: str, told: Sequence[Comparison]) -> ComparisonTable:
    rivals = list(dict.fromkeys(one.other for one in told))
    metrics = dict.fromkeys(one.metric for one in told)
    lines = tuple(_line(metric, [one for one in told if one.metric == metric], rivals) for metric in metrics)
    return ComparisonTable(distribution, max(one.rows for one in told), tuple(map(_rival, rivals)), lines)


def _line(metric: str, told: Sequence[Comparison], rivals: Sequence[str]) -> ComparisonLine:
    by_rival = {one.other: one for one in told}
    beside = tuple(_beside(by_rival[name]) if name in by_rival else Beside("\N{EN DASH}", "", "") for name in rivals)
    return ComparisonLine(metric_words(metric), _number(told[0].value), beside)


def _beside(one: Comparison) -> Beside:
    if one.difference is None:
        return Beside(_number(one.other_value), "", "")
    if one.low is None or one.high is None:
        return Beside(_number(one.other_value), f"{one.difference:+.3f}", "undecided")
    above, below = one.low > 0, one.high < 0
    better, worse = (below, above) if is_cost(one.metric) else (above, below)
    verdict = "better" if better else "worse" if worse else "undecided"
    return Beside(_number(one.other_value), f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})", verdict)


def _rival(other: str) -> str:
    if other.startswith("baseline:"):
        return other.removeprefix("baseline:").replace("_", " ")
    return f"version {Urn.parse(other).version}"


def _number(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
