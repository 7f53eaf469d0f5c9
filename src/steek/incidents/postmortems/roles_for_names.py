"""A postmortem for readers outside: whoever is named in it is called by the role they had."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from steek.incidents.postmortems.blamelessness import MACHINES
from steek.incidents.postmortems.report import Point, Report
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.incidents.timeline import TimelineEntry

SOMEBODY = "a colleague"
# A version of something, such as "dataset:products@2", is no address.
_ADDRESS = re.compile(r"(?<![\w:.+-])[\w.+-]+@[A-Za-z][\w-]*(?:\.[\w-]+)*")
_NAMING_FIELDS = ("person", "owner", "from", "to", "before", "judged_by", "target", "acknowledged_by", "approved_by")
_LEAST_CHARACTERS = 3
# Before the @ of an address these name a team, and elsewhere they are words like any other.
_TEAMS = frozenset({"support", "partners", "finance", "legal", "sales", "oncall", "team", "data", "business"})
_WORDS = _TEAMS | MACHINES


def names_of(record: PostmortemRecord, timeline: Iterable[TimelineEntry]) -> Mapping[str, str]:
    """Everybody who took part, as name to role: of the incident, or "a colleague"."""
    report = record.report
    others = [*record.writers, record.asked_by, record.reviewed_by, record.changed_by]
    others += [name for point in report.points for name in (point.by, point.owner)]
    for entry in timeline:
        said = (entry.payload.get(name) for name in _NAMING_FIELDS) if entry.own else ()
        others += [entry.actor, *(name for name in said if isinstance(name, str) and "@" in name)]
    found = {name: SOMEBODY for name in others if name and name.lower() not in MACHINES}
    held = ((role, person) for role, persons in report.roles.items() for person in persons.split(", "))
    return found | {person: "the commander" if role == "commander" else role for role, person in held if person}


def without_names(report: Report, names: Mapping[str, str]) -> Report:
    """The report with roles for names, also for what stands before an @; addresses of whoever else are taken out too.

    Args:
        report: It is not changed.
        names: As of `names_of`.
    """
    known = _spellings(names)
    longest_first = (re.escape(name) for name in sorted(known, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w@.])(?:{'|'.join(longest_first)})(?![\w@])", re.IGNORECASE)

    def clean(text: str) -> str:
        said = pattern.sub(lambda match: known[match.group().lower()], text) if known else text
        return _ADDRESS.sub(SOMEBODY, said)

    return replace(
        report,
        title=clean(report.title),
        roles={role: role for role in report.roles},
        sections={clean(name): clean(text) for name, text in report.sections.items()},
        points=tuple(_cleaned(point, clean) for point in report.points),
        axes=replace(report.axes, by=None if report.axes.by is None else clean(report.axes.by)),
    )


def _cleaned(point: Point, clean: Callable[[str], str]) -> Point:
    by, owner = (None if name is None else clean(name) for name in (point.by, point.owner))
    return replace(point, text=clean(point.text), because=clean(point.because), by=by, owner=owner)


def _spellings(names: Mapping[str, str]) -> Mapping[str, str]:
    """Names in small letters, whole and as far as the @; roles of the incident before colleagues."""
    ordered = sorted(names.items(), key=lambda pair: pair[1] != SOMEBODY)
    parts = {name.partition("@")[0].lower(): role for name, role in ordered}
    known = {name: role for name, role in parts.items() if len(name) >= _LEAST_CHARACTERS and name not in _WORDS}
    return known | {name.lower(): role for name, role in ordered}
