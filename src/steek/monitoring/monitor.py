"""What a project declares: a monitor is an indicator, a threshold, and what to do when they part."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, get_args

from steek.kernel.errors import DeclarationError
from steek.kernel.urn import Urn
from steek.monitoring.thresholds.declared import Threshold

Purpose = Literal["chart", "alert", "page"]
Severity = Literal["sev1", "sev2", "sev3"]
WindowName = Literal["1h", "1d", "7d"]
Phase = Literal["data", "models"]

LENGTHS: Mapping[str, timedelta] = MappingProxyType(
    {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
)


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """Which series to measure.

    Args:
        name: A registered indicator, e.g. "volume".
        target: Kind and name of what it is measured on, e.g. dataset:transactions.
        parameters: JSON-serialisable arguments of the indicator.
        delay_s: Outcomes come later than predictions: each evaluation measures the window that lies this far back.
    """

    name: str
    target: Urn
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Monitor:
    """A series that is watched.

    Args:
        name: Unique in the project; stable, because history hangs on it.
        indicator: What is measured.
        threshold: What is well.
        on: Model or dataset that suffers when it is not, as a name or a URN such as "model:partner_demand". A bare
            name that is not the indicator's own target is taken for a model.
        owner: Who is asked.
        purpose: "chart" never alerts, "alert" tells the owner, "page" wakes somebody.
        declare: Severity of the incident an alert declares by itself; None leaves it to people.
        description: What it means when it goes off, for the one who is woken.
        window: What one point measures: an hour, a business day, or the seven days that end with each business day.
        phase: When a night evaluates it: "data", as soon as the day's data are in and before anything learns from them,
            or "models", when models were trained and deployed. None: "data" for what is measured on data.

    Raises:
        DeclarationError: an unknown purpose, severity, window or phase, an empty name, a chart that would declare
            incidents.
    """

    name: str
    _: KW_ONLY
    indicator: IndicatorSpec
    threshold: Threshold
    on: str
    owner: str
    purpose: Purpose = "alert"
    declare: Severity | None = None
    description: str = ""
    window: WindowName = "1d"
    phase: Phase | None = None

    def __post_init__(self) -> None:
        _one_of("purpose", self.purpose, get_args(Purpose), self.name)
        _one_of("window", self.window, get_args(WindowName), self.name)
        if self.phase is not None:
            _one_of("phase", self.phase, get_args(Phase), self.name)
        if self.declare is not None:
            _one_of("declare", self.declare, get_args(Severity), self.name)
        if not self.name or len(self.name) > 120:
            message = f"a monitor needs a name of 1 to 120 characters, not {self.name!r}"
            raise DeclarationError(message)
        if self.purpose == "chart" and self.declare is not None:
            message = f"monitor {self.name} is for charts only, yet declares {self.declare} incidents"
            raise DeclarationError(message, next_step="Set purpose='alert', or leave declare out.")

    @property
    def subject(self) -> str:
        """URN of the thing that alerts and incidents of this monitor are about."""
        if ":" in self.on:
            return str(Urn.parse(self.on))
        if self.on == self.indicator.target.name:
            return str(self.indicator.target)
        return str(Urn("model", self.on))

    @property
    def length(self) -> timedelta:
        """Of one window."""
        return LENGTHS[self.window]

    @property
    def severity(self) -> Severity:
        """Severity of an alert: the declared one, else sev2 for a page and sev3 for the rest."""
        return self.declare or ("sev2" if self.purpose == "page" else "sev3")


def _one_of(what: str, value: str, allowed: tuple[str, ...], monitor: str) -> None:
    if value not in allowed:
        message = f"{what} of monitor {monitor} is {value!r}; allowed: {', '.join(allowed)}"
        raise DeclarationError(message)
