"""How bad it is, by rule: a pure function from what is known about an incident to a severity with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from steek.incidents.impact.types import Dimension, Impact, interval_words
from steek.incidents.types import Severity
from steek.kernel.errors import SettingsError

_OBJECTIVE: Mapping[str, Severity] = {"objective.exhausted": Severity.SEV2, "objective.burning": Severity.SEV3}
_ORDER = list(Severity)
_NO_LEVELS = "no levels are set (severity_rules, like users:100/10000), so the rule knows groups and budgets only"


@dataclass(frozen=True, slots=True)
class Levels:
    """From how much on a dimension is sev2, and from how much sev1."""

    sev2: float
    sev1: float


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """Levels by dimension, and how many systems an incident of sev2 touches."""

    levels: Mapping[Dimension, Levels] = field(default_factory=dict[Dimension, Levels])
    systems: int | None = None


@dataclass(frozen=True, slots=True)
class SeverityAdvice:
    """What the rule says; `reasons` are those for the worst severity, `unknown` the dimensions nobody has assessed.

    `severity` is None where the rule has nothing to say: then it speaks neither for nor against what people set.
    """

    severity: Severity | None
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]


def parse_rules(text: str) -> SeverityRules:
    """Rules as the setting `severity_rules` has them: name:sev2/sev1, separated by commas.

    Raises:
        SettingsError: an unknown name, or numbers that do not grow.

    >>> parse_rules("users:100/10000, systems:5").levels[Dimension.USERS]
    Levels(sev2=100.0, sev1=10000.0)
    """
    levels: dict[Dimension, Levels] = {}
    systems: int | None = None
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, numbers = part.partition(":")
        try:
            if name.strip() == "systems":
                systems = int(numbers)
                continue
            low, _, high = numbers.partition("/")
            rule = Levels(float(low), float(high))
            levels[Dimension(name.strip())] = rule
        except ValueError as cause:
            raise _unreadable(part) from cause
        if not 0 < rule.sev2 <= rule.sev1:
            raise _unreadable(part)
    return SeverityRules(levels, systems)


def severity_by_rule(
    impacts: Sequence[Impact], *, systems: Sequence[str], objectives: Sequence[str], rules: SeverityRules
) -> SeverityAdvice:
    """The worst severity that anything known speaks for; sev3 where all of it is below the levels, None where nothing
    is known that there are levels for.

    The upper end of an interval counts, because an incident that is managed too much costs less than one that is
    managed too little; where only the lower end is known, that.

    Args:
        impacts: The latest word on each dimension.
        systems: Systems affected.
        objectives: Kinds of events of objectives that showed it, e.g. "objective.burning".
        rules: From how much on something is how bad.
    """
    said: list[tuple[Severity, str]] = []
    for impact in impacts:
        said += _of_impact(impact, rules)
    said += [(_OBJECTIVE[kind], _objective_words(kind)) for kind in dict.fromkeys(objectives) if kind in _OBJECTIVE]
    if rules.systems is not None and len(systems) >= rules.systems:
        said.append((Severity.SEV2, f"{len(systems)} systems are affected, {rules.systems} or more are sev2"))
    unknown = tuple(one.dimension.value for one in impacts if not one.known)
    if not said and not any(_amount(one) is not None for one in impacts if one.dimension in rules.levels):
        dimensions = ", ".join(rules.levels)
        return SeverityAdvice(None, (f"nothing is known yet of {dimensions}" if dimensions else _NO_LEVELS,), unknown)
    worst = min((severity for severity, _ in said), key=_ORDER.index, default=Severity.SEV3)
    reasons = tuple(words for severity, words in said if severity is worst)
    return SeverityAdvice(worst, reasons or ("nothing that is known speaks for more than sev3",), unknown)


def is_worse(first: Severity, second: Severity) -> bool:
    """Whether `first` is worse than `second`.

    >>> is_worse(Severity.SEV1, Severity.SEV2)
    True
    """
    return _ORDER.index(first) < _ORDER.index(second)


def _amount(impact: Impact) -> float | None:
    return impact.high if impact.high is not None else impact.low or None


def _of_impact(impact: Impact, rules: SeverityRules) -> list[tuple[Severity, str]]:
    amount = _amount(impact)
    if impact.dimension is Dimension.GROUPS and impact.names:
        # Harm that falls on some groups of people is never a matter of their number alone.
        return [(Severity.SEV2, f"groups of people are harmed: {', '.join(impact.names[:3])}")]
    levels = rules.levels.get(impact.dimension)
    if amount is None or levels is None or amount < levels.sev2:
        return []
    severity, least = (Severity.SEV1, levels.sev1) if amount >= levels.sev1 else (Severity.SEV2, levels.sev2)
    words = interval_words(impact.low, impact.high, impact.unit)
    name = "revenue" if impact.dimension is Dimension.MONEY else impact.dimension.value
    return [(severity, f"{name}: {words}, from {least:,.0f} on it is {severity}")]


def _objective_words(kind: str) -> str:
    return "a budget of errors is spent" if kind == "objective.exhausted" else "a budget of errors burns"


def _unreadable(part: str) -> SettingsError:
    message = f"severity_rules has {part!r}; write name:sev2/sev1 with numbers that grow, name one of"
    return SettingsError(f"{message} {', '.join(Dimension)}, or systems:number")
