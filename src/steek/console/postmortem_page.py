"""Postmortem drafts as pages. Their Markdown holds what people typed, so no HTML in it is ever let through."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from markdown_it import MarkdownIt
from markupsafe import Markup

from steek.console.words import shorten_lists
from steek.incidents import Incidents
from steek.ledger import Ledger


@dataclass(frozen=True, slots=True)
class PostmortemView:
    """One draft; `revision` None is a preview before the resolution."""

    id: str
    revision: int | None
    drafted_at: datetime
    body: Markup


@dataclass(frozen=True, slots=True)
class PostmortemLine:
    """One draft in the list."""

    id: str
    title: str
    drafted_at: datetime
    category: str


def postmortem_view(incidents: Incidents, incident_id: str, *, now: datetime) -> PostmortemView:
    """The latest draft of an incident, or a preview. Raises NotFoundError when there is no such incident."""
    draft = incidents.postmortem(incident_id)
    return PostmortemView(incident_id, draft.revision, draft.drafted_at or now, to_html(shorten_lists(draft.markdown)))


def postmortem_lines(incidents: Incidents, ledger: Ledger) -> tuple[PostmortemLine, ...]:
    """All drafts, newest first, one line per incident."""
    titles = {incident.urn: incident for incident in incidents.list(limit=1000)}
    lines: dict[str, PostmortemLine] = {}
    for event in ledger.events(kinds=("postmortem.drafted",), newest_first=True, limit=1000):
        incident = titles.get(event.subject)
        if incident is not None and incident.id not in lines:
            categories = event.payload.get("categories")
            named = (
                ", ".join(str(name) for name in cast("list[object]", categories))
                if isinstance(categories, list)
                else ""
            )
            lines[incident.id] = PostmortemLine(incident.id, incident.title, event.at, named)
    return tuple(lines.values())


def to_html(markdown: str) -> Markup:
    r"""Markdown as HTML; HTML inside it is shown as text, and links are kept only where they are harmless.

    >>> to_html("**bold** <script>")
    Markup('<p><strong>bold</strong> &lt;script&gt;</p>\n')
    """
    parser = _parser()
    tokens = parser.parse(markdown)
    for token in tokens:
        # The page has its own title; what the draft calls its title is a heading below it.
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + 1, 6)}"
    # Safe: the parser escapes every HTML tag and refuses javascript: and data: links.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


@cache
def _parser() -> MarkdownIt:
    # Pictures from elsewhere would tell strangers who reads this.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
