"""The status of an incident as a document: Markdown for people of the project, a page that stands alone for others."""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from steek.incidents.updates.outside_texts import OutsideEntry
from steek.incidents.updates.status import OutsidePage, Status

# The page for outsiders brings its own style, loads nothing, runs nothing, and search engines leave it alone.
OUTSIDE_HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}h1{font-size:1.5rem}li{margin:0 0 1rem}time{display:block;color:#555}"
    "@media (prefers-color-scheme:dark){body{color:#eee;background:#161616}time{color:#aaa}}"
)


def status_markdown(status: Status) -> str:
    """Everything of the page for everybody, in the order in which it stands there."""
    incident = status.incident
    lines = [f"# Incident {incident.id}: {_line(incident.title)}", ""]
    lines += [f"{incident.severity.value} · {incident.state.value} · {status.phase}", ""]
    lines += [f"Declared {_at(incident.declared_at)} by {_line(incident.declared_by)}."]
    if status.next_update_at is not None:
        lines += [f"Next update {_at(status.next_update_at)} ({status.due.value})."]
    if status.part_of is not None:
        lines += ["", f"People work, tell and answer in incident {status.part_of}."]
    lines += ["", "## What is known", "", _quoted(status.known or "Nothing was said.")]
    lines += ["", "## Impact", "", _quoted(status.impact or "Nothing was said.")]
    lines += [f"- {_line(each)}" for each in status.assessed]
    lines += ["", f"## {'What is being done' if status.is_open else 'What was done'}", ""]
    if status.doing and status.doing_at is not None:
        lines += [] if status.is_open else [f"Said {_at(status.doing_at)}, while it went on:", ""]
        lines += [_quoted(status.doing), ""]
    elif not status.measures:
        lines += [_quoted("Nothing was said.")]
    lines += [f"- {_at(each.at)}: {_line(each.text)} ({_line(each.actor)})" for each in status.measures]
    lines += ["", "## Updates"]
    for one in status.updates:
        lines += ["", f"### {one.number}, {_at(one.at)}, {_line(one.actor)}", "", _quoted(one.text)]
    lines += ["", "## Questions"]
    for question in status.questions:
        answer = "not answered yet" if question.answer is None else f"{question.answer} ({question.answered_by})"
        lines += ["", f"**{_line(question.asked_by)}**: {_line(question.text)}", "", _quoted(answer)]
    return "\n".join(lines) + "\n"


def outside_html(page: OutsidePage) -> str:
    """A page that needs nothing else: no script, no picture, no address of ours."""
    entries = "".join(
        f'<li><time datetime="{entry.at.isoformat()}">{_at(entry.at)}{_corrected(entry)}</time>'
        f"{_paragraphs(entry_text(entry))}</li>"
        for entry in page.entries
    )
    more = "" if page.next_update_at is None else f"<p>More by {_at(page.next_update_at)}.</p>"
    told = f"<ol reversed>{entries}</ol>" if entries else "<p>There will be more here soon.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(page.title)}</h1><p><strong>{escape(page.phase)}</strong></p>{more}{told}</main></body></html>"
    )


def entry_text(entry: OutsideEntry) -> str:
    """What outsiders read of one entry; of one that was taken back, that and when it was."""
    if not entry.is_withdrawn:
        return entry.text
    return "What stood here was wrong and was taken back" + (
        f" {_at(entry.corrected_at)}." if entry.corrected_at else "."
    )


def _corrected(entry: OutsideEntry) -> str:
    return "" if entry.corrected_at is None or entry.is_withdrawn else f", corrected {_at(entry.corrected_at)}"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n") if part.strip())


def _quoted(text: str) -> str:
    """As a quotation, so that what people typed cannot pretend to be a heading."""
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def _line(text: str) -> str:
    return " ".join(text.split())


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
