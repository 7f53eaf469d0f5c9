"""Is it over? How the indicators that showed an incident stand now."""

from dataclasses import dataclass

from steek.console.indicator_words import bounds_words, series_name, unit_of, value_words
from steek.console.services import Services
from steek.incidents import IndicatorNow, Story
from steek.kernel.verdict import Verdict
from steek.monitoring import Monitoring


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """How one of the indicators that showed it stands now."""

    health: str
    sentence: str


@dataclass(frozen=True, slots=True)
class IndicatorsView:
    """All of them, and how sure one can be."""

    indicators: tuple[IndicatorLine, ...]
    confidence: str


def indicators_section(services: Services, story: Story, _form_key: str) -> IndicatorsView | None:
    """None when no indicator showed the incident."""
    told = indicator_lines(story, services.monitoring)
    return IndicatorsView(told, story.verification.confidence) if told else None


def indicator_lines(story: Story, monitoring: Monitoring) -> tuple[IndicatorLine, ...]:
    """A sentence for each indicator that showed it."""
    health = {Verdict.PASS: "well", Verdict.FAIL: "broken", Verdict.UNDECIDED: "undecided"}
    return tuple(
        IndicatorLine(health[one.verdict], _indicator_words(one, monitoring)) for one in story.verification.indicators
    )


def _indicator_words(one: IndicatorNow, monitoring: Monitoring) -> str:
    name = series_name(one.alert.monitor, one.alert.slice)
    if one.alert.monitor not in monitoring.monitors:
        return one.sentence
    indicator = monitoring.monitors[one.alert.monitor].indicator.name
    unit = monitoring.series(one.alert.monitor, one.alert.slice, since=one.alert.opened_at).unit
    then = value_words(indicator, one.alert.value, unit)
    now = then if one.reading is None else value_words(indicator, one.reading.value, unit)
    if one.back_at is not None:
        return f"{name} is back: {now}, after {then} when it fired; back since {one.back_at:%d %b %H:%M} UTC"
    lower, upper = (one.alert.lower, one.alert.upper) if one.reading is None else (one.reading.lower, one.reading.upper)
    well = bounds_words(lower, upper, unit_of(indicator, unit))
    return f"{name} is not back: {now}, " + (f"well is {well}" if well else "and too little history says what is well")
