"""A report as Markdown with front matter, which reads well without steek and comes back by import."""

import json
import re

from steek.incidents.postmortems.action_items import tail_of
from steek.incidents.postmortems.lengths import length_words
from steek.incidents.postmortems.report import HEADINGS, Point, PointRole, Reference, Report, Standing

# Only what Markdown would read as more than a letter, so that it reads well in a terminal too: an underscore inside of
# a word, a pair of brackets with no address behind it, and a number that opens no list mean nothing.
_SPECIAL = re.compile(r"[\\`*<]|~(?=~)|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")
_BRACKETS = re.compile(r"\[(?![ xX]\])([^\[\]]*)\](?![\[(:])|([\[\]])")
_OPENS = re.compile(r"^(#{1,6}(?=\s|$)|[-+](?=\s|$)|[-=]{2,}$|>|\||\d{1,9}[.)](?=\s|$))")
_TIMES = ("to_detect", "to_declare", "to_mitigate", "to_resolve")


def inline(text: str) -> str:
    r"""What somebody typed, on one line, so that no Markdown and no HTML in it means anything.

    >>> inline("# <b>all</b>  of it")
    '\\# \\<b>all\\</b> of it'
    """
    one_line = _SPECIAL.sub(lambda match: "\\" + match.group(), " ".join(text.split()))
    one_line = _BRACKETS.sub(lambda match: "\\" + match.group() if match.group(2) else match.group(), one_line)
    return _OPENS.sub(lambda match: match.group()[:-1] + "\\" + match.group()[-1], one_line)


def cell(text: str) -> str:
    """The same in a cell of a table."""
    return inline(text).replace("|", "\\|")


def report_markdown(report: Report) -> str:
    """The whole report; what nobody confirmed is marked, what was struck is left out."""
    body: list[str] = [f"# {inline(report.title)}", ""]
    sections = report.ordered_sections()
    early = [one for one in sections if one[0] not in {"resolution", "lessons"}]
    late = [one for one in sections if one[0] in {"resolution", "lessons"}]
    for name, text in early:
        body += [f"## {inline(report.heading(name))}", "", demoted(text), ""]
    for role in PointRole:
        points = report.of_role(role)
        if points:
            body += [f"## {HEADINGS[role]}", "", *map(point_line, points), ""]
    for name, text in late:
        body += [f"## {report.heading(name)}", "", demoted(text), ""]
    if report.references:
        body += ["## References", "", *map(reference_line, report.references), ""]
    return "\n".join([*_front(report), *body])


def demoted(text: str) -> str:
    """Text whose headings of the first two levels are below the headings of the report."""
    return re.sub(r"^(#{1,2})(?=\s)", r"##\1", text.strip("\n"), flags=re.MULTILINE)


def point_line(point: Point) -> str:
    """A point as an item of a list."""
    mark = " *(suggested)*" if point.standing is Standing.SUGGESTED else ""
    because = f" Because: {inline(point.because)}" if point.because else ""
    if point.role is PointRole.DEFENCE:
        said = f": {inline(point.text)}" if point.text else ""
        return f"- {inline((point.subject or 'unnamed') + ':')} **{inline(point.kind or 'not tried')}**{said}{mark}"
    if point.role is PointRole.CATEGORY:
        return f"- {inline(point.kind or '')}: {inline(point.text)}{mark}{because}"
    if point.role is PointRole.FOLLOW_UP:
        box, kind = "[x] " if point.is_done else "", f"{inline(point.kind)}: " if point.kind else ""
        tail = tail_of(point.owner and inline(point.owner), point.due_at)
        return f"- {box}{kind}{inline(point.text)}{tail}{mark}{because}"
    return f"- {inline(point.text)}{mark}{because}"


def reference_line(one: Reference) -> str:
    """A reference as an item of a list."""
    parts = [inline(part) for part in (one.title, one.publisher, str(one.year or "")) if part]
    return "- " + ", ".join([*parts, *([f"<{one.link}>"] if one.link else [])])


def _front(report: Report) -> list[str]:
    placed = report.placement
    values: dict[str, str | None] = {
        "id": report.id,
        "incident": report.incident,
        "title": report.title,
        "date": None if report.began_at is None else report.began_at.isoformat(),
        "resolved": None if report.resolved_at is None else report.resolved_at.isoformat(),
        "severity": report.severity,
        "systems": ", ".join(report.systems) or None,
        "detected_by": report.detected_by,
        **{name: length_words(getattr(report.times, name)) for name in _TIMES},
        "near_miss": "yes" if report.near_miss else None,
        "origin": "others" if report.origin == "others" else None,
        "machine_learning": None if placed.machine_learning is None else str(placed.machine_learning),
        "distributed": None if placed.distributed is None else str(placed.distributed),
        "taxonomy_version": str(report.taxonomy_version),
    }
    return ["---", *(f"{name}: {_scalar(value)}" for name, value in values.items() if value is not None), "---", ""]


def _scalar(value: str) -> str:
    """A value that YAML reads as this text: bare when that is safe, quoted as JSON else."""
    return value if re.fullmatch(r"[\w][\w ,.:/@+-]*", value) and ": " not in value else json.dumps(value)
