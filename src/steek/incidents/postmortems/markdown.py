"""A postmortem as Markdown that reads well without steek; what people typed is escaped, so it is shown as typed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from steek.incidents.postmortems.document import Document, Supposition
from steek.incidents.types import Duration, Span
from steek.kernel.units import format_duration

_SPECIAL = "\\`*_{}[]<>()#+-.!|~&"


def escaped(text: str) -> str:
    r"""Text on one line in which no Markdown or HTML means anything.

    >>> escaped("<b>all</b>")
    '\\<b\\>all\\</b\\>'
    """
    one_line = " ".join(text.split())
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in one_line)


def markdown(document: Document) -> str:
    """The whole document; a suggestion is marked as such wherever it stands."""
    sections: Iterable[tuple[str, list[str]]] = (
        ("Impact", _impact(document)),
        ("Phases", _phases(document)),
        (
            "Detection",
            [f"By {document.detection.by}: {escaped(document.detection.what)}, {_at(document.detection.at)}."],
        ),
        ("Times", _times(document)),
        ("What changed", _suspects(document)),
        ("Root causes", _supposed(document.root_causes)),
        ("Contributing causes", _supposed(document.contributing_causes)),
        ("Active failures", _supposed(document.active_failures)),
        ("Latent conditions", _supposed(document.latent_conditions)),
        ("Defences", [f"- {one.layer}: **{one.state.value}**; {escaped(one.sentence)}" for one in document.defences]),
        ("Classification", _classification(document)),
        ("What was done", _actions(document)),
        ("What went well", _supposed(document.went_well)),
        ("Where we were lucky", _supposed(document.luck)),
        ("Follow-ups", _follow_ups(document)),
        ("Resolution", [escaped(document.resolution)]),
    )
    head = [
        f"# {document.incident}: {escaped(document.title)}",
        "",
        f"Draft. {document.severity.value}, {escaped(document.subject)}.",
    ]
    roles = ", ".join(f"{role.value} {escaped(who)}" for role, who in document.roles.items())
    head += ["", f"Roles: {roles or 'nobody was assigned'}."]
    body = [line for title, lines in sections for line in ("", f"## {title}", "", *(lines or ["To be written."]))]
    return "\n".join([*head, *body]) + "\n"


def _impact(document: Document) -> list[str]:
    impact = document.impact
    lines = [f"- Outage: {_duration(impact.outage)}", f"- Systems: {', '.join(map(escaped, impact.systems))}"]
    if impact.slices:
        lines.append(f"- Slices: {', '.join(map(escaped, impact.slices))}")
    for shown in impact.shown:
        name = escaped(shown.monitor + (f" [{shown.slice}]" if shown.slice is not None else ""))
        lines.append(f"- {name} was at {_number(shown.value)}; bounds {_number(shown.lower)} to {_number(shown.upper)}")
    return [*lines, f"- Not measured, to be added by people: {', '.join(impact.not_measured)}"]


def _phases(document: Document) -> list[str]:
    rows = ["| phase | began | ended | known from |", "|---|---|---|---|"]
    for one in document.phases:
        mark = " (suggested)" if one.suggested else ""
        rows.append(f"| {one.phase.value} | {_span(one.start)} | {_span(one.end)} | {escaped(one.evidence)}{mark} |")
    return rows


def _times(document: Document) -> list[str]:
    times = document.times
    named = (
        ("To detect", times.to_detect),
        ("To declare", times.to_declare),
        ("To mitigate", times.to_mitigate),
        ("To resolve", times.to_resolve),
    )
    return [f"- {name}: {_duration(length)}" for name, length in named]


def _suspects(document: Document) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(document.suspects, start=1):
        verdict = f"**{one.verdict}** by {escaped(one.judged_by or '')}" if one.verdict else "no verdict yet"
        said = f"{escaped(one.kind)} of {escaped(one.subject)}, {_at(one.at)}, score {one.score:.2f}"
        lines.append(f"{number}. {said}: {escaped(one.reason)} ({verdict})")
    return [*lines, *(f"- {escaped(sentence)}" for sentence in document.unchanged)]


def _supposed(suppositions: Iterable[Supposition]) -> list[str]:
    return [
        f"- {escaped(one.text)} {'' if one.confirmed else '(suggested) '}Because: {escaped(one.because)}"
        for one in suppositions
    ]


def _classification(document: Document) -> list[str]:
    lines = [
        f"- {one.name} (suggested; machine learning {one.machine_learning} of 5, distributed {one.distributed} of 5): "
        f"{escaped(one.reason)}"
        for one in document.classification
    ]
    return lines or ["Nothing points at a category; choose one."]


def _actions(document: Document) -> list[str]:
    lines: list[str] = []
    for one in document.actions:
        error = f": {escaped(one.error)}" if one.error else ""
        said = f"{escaped(one.mitigation)}{_arguments(one.arguments)} by {escaped(one.actor)}"
        lines.append(f"- {_at(one.started_at)} {said}: {one.outcome}{error}")
    return lines or ["Nothing was done from the incident."]


def _arguments(arguments: Mapping[str, object]) -> str:
    if not arguments:
        return ""
    return " (" + escaped(", ".join(f"{name}={value}" for name, value in sorted(arguments.items()))) + ")"


def _follow_ups(document: Document) -> list[str]:
    return [
        f"- {one.kind} (suggested): {escaped(one.text)} Because: {escaped(one.because)}" for one in document.follow_ups
    ]


def _span(span: Span) -> str:
    if not span.known:
        return "not known"
    if span.earliest_at == span.latest_at and span.earliest_at is not None:
        return _at(span.earliest_at)
    if span.earliest_at is None or span.latest_at is None:
        known = span.earliest_at or span.latest_at
        assert known is not None, "a known span has an end"
        return f"{'after' if span.latest_at is None else 'before'} {_at(known)}"
    return f"{_at(span.earliest_at)} to {_at(span.latest_at)}"


def _duration(duration: Duration) -> str:
    shortest, longest = _length(duration.shortest_s), _length(duration.longest_s)
    if shortest is None or longest is None:
        return "not known" if shortest is None else f"at least {shortest}"
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _length(seconds: float | None) -> str | None:
    return None if seconds is None else format_duration(timedelta(seconds=seconds))


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.4g}"
