"""What a project declares: a promise about an indicator, and what happens when it is not kept."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from typing import Literal, get_args

from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.measures.burning import BurnRule, Pace, burn_rules
from steek.monitoring.monitor import IndicatorSpec, Monitor, Purpose, Severity
from steek.monitoring.objectives.slis import JUDGED

Category = Literal["freshness", "quality", "latency", "volume", "compliance"]
SlotLength = Literal["1h", "1d"]

_MOST_SLOTS = 24 * 92
_LEAST_SLOTS = 4
# An imported document need not say who owns it.
NOBODY = "nobody yet"
# As OpenSLO has it.
_DESCRIPTION_CHARACTERS = 1050


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """What was agreed to do from the moment on at which no more than `left` of the budget is left (0: it is spent)."""

    left: float
    then: str


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """The error budget policy: agreed before it is needed, by those it binds.

    Args:
        steps: What happens at which share of budget left.
        agreed_by: Who agreed to it; the owner of the product as well as who runs it.
        document: Where it is written down in full.

    Source: "The Site Reliability Workbook" (2018), appendix B, "Example Error Budget Policy".

    Raises:
        DeclarationError: no steps or nobody who agreed, or a share outside 0 to 1.
    """

    steps: tuple[PolicyStep, ...]
    _: KW_ONLY
    agreed_by: tuple[str, ...]
    document: str = ""

    def __post_init__(self) -> None:
        if not self.steps or not self.agreed_by:
            message = "a budget policy without steps, or that nobody agreed to, binds nobody"
            raise DeclarationError(message, next_step="Give at least one PolicyStep(left, then) and agreed_by=.")
        for step in self.steps:
            if not 0 <= step.left < 1 or not step.then.strip():
                message = (
                    f"PolicyStep(left={step.left}, then={step.then!r}): left is 0 to under 1, then says what to do"
                )
                raise DeclarationError(message)

    def reached(self, left: float | None) -> tuple[PolicyStep, ...]:
        """Steps that apply with so much budget left, the gentlest first; none while it is not known."""
        found = [] if left is None else [step for step in self.steps if left <= step.left]
        return tuple(sorted(found, key=lambda step: -step.left))


@dataclass(frozen=True, slots=True)
class Burn:
    """An own burn-rate rule: faster than `rate` over `over` (and over its last twelfth)."""

    pace: Pace
    rate: float
    over: str


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise: the share of good events, or of well windows, that is kept over a rolling period.

    Exactly one of `monitor` and `indicator` says what is measured. With a monitor each of its windows is one event,
    good when no slice failed; `slice` looks at one slice only, `each_slice` makes every slice of a window an event.
    With a counted indicator (`sk.slis`) the events are requests, rows or cases.

    Args:
        name: Unique in the project; stable, because history hangs on it.
        target: Share that is promised, e.g. 0.99.
        over: Rolling period, e.g. "28d".
        owner: Who is asked.
        monitor: A monitor, or its name.
        indicator: A counted indicator.
        slice: One slice of the monitor.
        each_slice: Every slice of every window is an event.
        window: How long one slot of a counted indicator is; a monitor has its own.
        category: What kind of promise it is, for those who read the list.
        on: Model or dataset the promise is about, as a name or URN; by default what the indicator is measured on.
        purpose: "chart" never alerts, "alert" tells the owner, "page" wakes somebody for a fast burn.
        declare: Severity of the incident that a fast burn or a spent budget declares by itself.
        policy: What was agreed to do when the budget is spent.
        least_events: Fewer events show nothing; by default so many that one bad event does not overspend the budget.
        burns: Own burn-rate rules; by default those of the workbook, adapted to the period (see `burn_rules`).
        description: What it means to users when it is not kept.
        labels: Carried along from and to OpenSLO.
        annotations: Carried along from and to OpenSLO.

    Raises:
        DeclarationError: says which part is impossible.
    """

    name: str
    _: KW_ONLY
    target: float
    owner: str
    over: str = "28d"
    monitor: Monitor | str | None = None
    indicator: IndicatorSpec | None = None
    slice: str | None = None
    each_slice: bool = False
    window: SlotLength = "1d"
    category: Category = "quality"
    on: str | None = None
    purpose: Purpose = "alert"
    declare: Severity | None = None
    policy: BudgetPolicy | None = None
    least_events: int | None = None
    burns: tuple[Burn, ...] = ()
    description: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            message = f"objective {self.name!r}: {fault}"
            raise DeclarationError(message)
        # A project names what it declared; what is kept and compared is the name.
        if isinstance(self.monitor, Monitor):
            object.__setattr__(self, "monitor", self.monitor.name)
        object.__setattr__(self, "over", duration_text(parse_duration(self.over)))
        burns = tuple(replace(burn, over=duration_text(parse_duration(burn.over))) for burn in self.burns)
        object.__setattr__(self, "burns", burns)

    @property
    def monitor_name(self) -> str | None:
        """Name of its monitor; None for a counted indicator."""
        return self.monitor.name if isinstance(self.monitor, Monitor) else self.monitor

    @property
    def period(self) -> timedelta:
        """Length of the rolling period."""
        return parse_duration(self.over)

    @property
    def is_census(self) -> bool:
        """Whether events are windows or rules, each judged already, and not draws of which few may be chance."""
        return self.monitor is not None or (self.indicator is not None and self.indicator.name in JUDGED)

    @property
    def counts(self) -> str:
        """What its events are, in words."""
        return "events" if self.indicator is not None else "slices of windows" if self.each_slice else "windows"

    def subject(self, monitor: Monitor | None) -> str:
        """URN of what the promise is about."""
        if self.on is not None:
            return str(Urn.parse(self.on)) if ":" in self.on else str(Urn("model", self.on))
        if self.indicator is not None:
            return str(self.indicator.target)
        assert monitor is not None, "the service found the monitor by its name"
        return monitor.subject

    def step(self, monitor: Monitor | None) -> timedelta:
        """Length of one slot: that of the monitor's windows, a day at most, because longer ones end every day anew."""
        if self.indicator is not None:
            return parse_duration(self.window)
        declared = getattr(monitor, "window", "1d")
        return min(parse_duration(declared), timedelta(days=1))

    def rules(self, slots: int, step: timedelta) -> tuple[BurnRule, ...]:
        """Its burn-rate rules over a period of so many slots of that length, fastest first."""
        if not self.burns:
            return burn_rules(slots, self.target)
        own = ((burn, max(round(parse_duration(burn.over) / step), 1)) for burn in self.burns)
        return tuple(BurnRule(burn.pace, min(long, slots), max(long // 12, 1), burn.rate) for burn, long in own)


def duration_text(duration: timedelta) -> str:
    """A duration as OpenSLO writes it: a whole number of days, hours or minutes, the largest unit that fits.

    >>> duration_text(timedelta(weeks=4)), duration_text(timedelta(hours=6))
    ('28d', '6h')
    """
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if duration % length == timedelta():
            return f"{duration // length}{unit}"
    return f"{max(round(duration / timedelta(minutes=1)), 1)}m"


def _fault(one: Objective) -> str:
    """What is impossible about an objective; "" for nothing."""
    for check in (_fault_of_words, _fault_of_numbers, _fault_of_measure):
        fault = check(one)
        if fault:
            return fault
    return ""


def _fault_of_words(one: Objective) -> str:
    if not one.name.strip() or len(one.name) > 120:
        return "a name has 1 to 120 characters"
    if not one.owner.strip():
        return "somebody must own it"
    if len(one.description) > _DESCRIPTION_CHARACTERS:
        return f"its description has {len(one.description):,} characters; at most {_DESCRIPTION_CHARACTERS:,}"
    closed = (
        ("window", one.window, get_args(SlotLength)),
        ("category", one.category, get_args(Category)),
        ("purpose", one.purpose, get_args(Purpose)),
        ("declare", one.declare, (None, *get_args(Severity))),
    )
    for what, value, allowed in closed:
        if value not in allowed:
            return f"{what} is {value!r}; allowed: {', '.join(map(str, allowed))}"
    if one.purpose == "chart" and one.declare is not None:
        return f"it is for charts only, yet declares {one.declare} incidents"
    return ""


def _fault_of_numbers(one: Objective) -> str:
    if not 0 < one.target < 1:
        return (
            f"target is {one.target}; it lies between 0 and 1, because 1 leaves no budget and promises the impossible"
        )
    try:
        slots = one.period / parse_duration(one.window)
        overs = [parse_duration(burn.over) for burn in one.burns]
    except InputError as cause:
        return cause.message
    if not _LEAST_SLOTS <= slots <= _MOST_SLOTS:
        return f"over={one.over!r} is {slots:g} windows of {one.window}; allowed: {_LEAST_SLOTS} to {_MOST_SLOTS:,}"
    if any(over > one.period for over in overs) or any(not 1 <= burn.rate < math.inf for burn in one.burns):
        return "an own burn rule has a rate of at least 1, over no more than the whole period"
    if one.least_events is not None and one.least_events < 1:
        return f"least_events is {one.least_events}; at least 1"
    return ""


def _fault_of_measure(one: Objective) -> str:
    if (one.monitor is None) == (one.indicator is None):
        return "give either monitor= or indicator="
    if one.indicator is not None and (one.slice is not None or one.each_slice):
        return "slice and each_slice belong to a monitor; a counted indicator takes its own columns"
    if one.slice is not None and one.each_slice:
        return "either one slice or each slice"
    if one.monitor is not None and one.window != "1d":
        return "window belongs to a counted indicator; a monitor has its own"
    return ""
