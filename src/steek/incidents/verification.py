"""Is it over? The indicators that showed an incident answer, and nobody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.types import AlertEvidence
from steek.kernel.verdict import Verdict

# By judgement: a week of daily windows has seen every weekday, three in a row are rarely luck.
_MODERATE_WINDOWS, _HIGH_WINDOWS = 3, 7


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of an indicator and how many windows in a row it has been within its bounds."""

    value: float | None
    lower: float | None
    upper: float | None
    windows_within: int


@dataclass(frozen=True, slots=True)
class IndicatorNow:
    """One of the indicators that showed the incident: as it was (`alert`), and as it is (`reading`, None if unread)."""

    alert: AlertEvidence
    reading: Reading | None
    back_at: datetime | None
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """PASS: all are back. FAIL: at least one is not. UNDECIDED: no indicator ever showed it, so none can tell.

    `confidence` is a sentence: how many windows in a row the slowest of them has been well.
    """

    verdict: Verdict
    indicators: tuple[IndicatorNow, ...]
    confidence: str

    def not_back(self) -> list[IndicatorNow]:
        return [indicator for indicator in self.indicators if indicator.verdict is not Verdict.PASS]


def verify(
    alerts: Sequence[AlertEvidence], *, resolved: Mapping[str, datetime], readings: Mapping[str, Reading]
) -> Verification:
    """Judge each alert of an incident by its present state.

    Args:
        alerts: What belongs to the incident.
        resolved: When each alert was found back in bounds, by alert id; still firing when missing.
        readings: Present values by alert id; an alert may be missing when nothing measures it here.
    """
    indicators = tuple(_judge(alert, resolved.get(alert.alert_id), readings.get(alert.alert_id)) for alert in alerts)
    verdict = Verdict.worst([indicator.verdict for indicator in indicators])
    return Verification(verdict, indicators, _confidence(verdict, indicators))


def _judge(alert: AlertEvidence, back_at: datetime | None, reading: Reading | None) -> IndicatorNow:
    name = alert.monitor + (f" [{alert.slice}]" if alert.slice is not None else "")
    now = "" if reading is None else f" at {_number(reading.value)}"
    if back_at is None:
        bounds = _bounds(alert.lower, alert.upper) if reading is None else _bounds(reading.lower, reading.upper)
        was = f"{_number(alert.value)} when it fired" if reading is None else f"now{now}"
        return IndicatorNow(alert, reading, None, Verdict.FAIL, f"{name} is not back: {was}, well is {bounds}")
    return IndicatorNow(
        alert, reading, back_at, Verdict.PASS, f"{name} is back{now} since {back_at:%Y-%m-%d %H:%M} UTC"
    )


def _confidence(verdict: Verdict, indicators: Iterable[IndicatorNow]) -> str:
    if verdict is Verdict.UNDECIDED:
        return "none: no indicator showed this incident, so none can tell that it is over"
    if verdict is Verdict.FAIL:
        return "none: not every indicator is back"
    read = [indicator.reading.windows_within for indicator in indicators if indicator.reading is not None]
    if not read:
        return "low: the alerts have ended, but present values are not measured here"
    fewest = min(read)
    level = "high" if fewest >= _HIGH_WINDOWS else "moderate" if fewest >= _MODERATE_WINDOWS else "low"
    windows = "1 window" if fewest == 1 else f"{fewest} windows in a row"
    return f"{level}: {windows} within bounds"


def _number(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.4g}"


def _bounds(lower: float | None, upper: float | None) -> str:
    if lower is None and upper is None:
        return "not known"
    if upper is None:
        return f"at least {_number(lower)}"
    if lower is None:
        return f"at most {_number(upper)}"
    return f"{_number(lower)} to {_number(upper)}"
