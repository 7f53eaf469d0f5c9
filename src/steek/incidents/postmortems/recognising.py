"""What was recognised in an old postmortem, and what not, a line each: what people look at before they bring it in."""

from collections.abc import Sequence

from steek.incidents.postmortems.lengths import length_words
from steek.incidents.postmortems.report import HEADINGS, SECTIONS, Point, PointRole, Report

_TIMES = {"to_detect": "time to detect", "to_mitigate": "time to mitigate", "to_resolve": "time to resolve"}
_ASKED_SECTIONS = ("summary", "impact", "resolution", "lessons")
_ASKED_ROLES = (PointRole.CATEGORY, PointRole.ROOT_CAUSE, PointRole.DEFENCE, PointRole.FOLLOW_UP)
_SHOWN_CHARACTERS = 80


def recognised(report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines for what a report says, and for what one asks of every postmortem and it does not say."""
    values: dict[str, str] = {
        "began": "" if report.began_at is None else f"{report.began_at:%Y-%m-%d}",
        "severity": report.severity or "",
        "systems": ", ".join(report.systems),
        "noticed by": report.detected_by or "",
        **{said: length_words(getattr(report.times, name)) or "" for name, said in _TIMES.items()},
        **{SECTIONS[name].lower(): _size(report.sections.get(name, "")) for name in _ASKED_SECTIONS},
    }
    for role in PointRole:
        found = report.of_role(role)
        if found or role in _ASKED_ROLES:
            values[HEADINGS[role].lower()] = _listed(role, found)
    others = [name for name, _ in report.ordered_sections() if name not in SECTIONS]
    told = [f"{name}: {value}"[:_SHOWN_CHARACTERS] for name, value in values.items() if value]
    kept = [f"kept under its own heading: {name}"[:_SHOWN_CHARACTERS] for name in others]
    return tuple(told), (*(f"{name}: not said" for name, value in values.items() if not value), *kept)


def _size(text: str) -> str:
    words = len(text.split())
    return f"{words} words" if words else ""


def _listed(role: PointRole, found: Sequence[Point]) -> str:
    if role is PointRole.CATEGORY:
        return ", ".join(one.kind or one.text for one in found)
    more = {
        "with an owner": sum(one.owner is not None for one in found),
        "with a day": sum(one.due_at is not None for one in found),
        "done": sum(one.is_done for one in found),
    }
    parts = [str(len(found)), *(f"{number} {said}" for said, number in more.items() if number)]
    return ", ".join(parts) if found else ""
