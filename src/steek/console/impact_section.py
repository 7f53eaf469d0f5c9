"""How bad it is and for whom: impact as intervals with evidence, severity by rule, systems, duplicates."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents import Dimension, Impact, Severity, Story
from steek.incidents.impact.corrections import PHASES

_MOST_NAMES = 6
_MOST_OTHERS = 20


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """One dimension: `words` is the interval, `by` who said so, "" when nothing is known."""

    dimension: str
    words: str
    names: str
    text: str
    evidence: str
    by: str


@dataclass(frozen=True, slots=True)
class ImpactView:
    """The part of the page; `advice` is what the rule says where that is not the severity, with its reasons."""

    lines: tuple[ImpactLine, ...]
    unknown: str
    severity: str
    severity_reason: str
    advice: str
    near_miss: str
    merged_into: str
    duplicates: tuple[str, ...]
    systems: tuple[str, ...]
    subject: str
    dimensions: tuple[str, ...]
    severities: tuple[str, ...]
    phases: tuple[str, ...]
    others: tuple[tuple[str, str], ...]


def impact_section(services: Services, story: Story, _form_key: str) -> ImpactView:
    """What is known of the harm, and the forms that say more."""
    incident = story.incident
    rule = services.triage.severity(incident.id)
    level = "" if rule.severity is None else f"{rule.severity}: "
    said = "" if rule.severity is incident.severity else f"{level}{'; '.join(rule.reasons)}"
    open_ones = services.incidents.list(open_only=True, limit=_MOST_OTHERS + 1) if incident.state.is_open else ()
    return ImpactView(
        lines=tuple(_line(impact) for impact in story.impacts if impact.known),
        unknown=", ".join(impact.dimension for impact in story.impacts if not impact.known),
        severity=incident.severity,
        severity_reason=incident.severity_reason or "",
        advice=said,
        near_miss=incident.near_miss or "",
        merged_into=incident.merged_into or "",
        duplicates=story.duplicates,
        systems=incident.systems,
        subject=incident.subject,
        dimensions=tuple(Dimension),
        severities=tuple(Severity),
        phases=("start", "detection", "mitigation", "resolution", *sorted(set(PHASES) - _COMMON)),
        others=tuple((one.id, one.title) for one in open_ones if one.id != incident.id)[:_MOST_OTHERS],
    )


_COMMON = {"start", "outage begins", "detection", "mitigation", "resolution", "follow-up"}


def _line(impact: Impact) -> ImpactLine:
    names = ", ".join(impact.names[:_MOST_NAMES])
    more = len(impact.names) - _MOST_NAMES
    return ImpactLine(
        dimension=impact.dimension,
        words="" if impact.low is None and impact.high is None else impact.words,
        names=names + (f" and {more} more" if more > 0 else ""),
        text=impact.text,
        evidence=impact.evidence,
        by="counted" if impact.machine else impact.assessed_by,
    )
