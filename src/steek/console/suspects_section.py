"""What changed before an incident, ranked, each with its reason; and what did not change."""

from dataclasses import dataclass

from steek.console.event_words import describe
from steek.console.services import Services
from steek.incidents import Story, Suspect

_MOST_SUSPECTS = 6


@dataclass(frozen=True, slots=True)
class SuspectLine:
    """One suspect."""

    event_id: str
    what: str
    text: str
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class SuspectsView:
    """The ranking; `unchanged` are sentences, `searched` says between which instants."""

    suspects: tuple[SuspectLine, ...]
    unchanged: tuple[str, ...]
    searched: str


def suspects_section(_services: Services, story: Story, _form_key: str) -> SuspectsView:
    """The strongest suspects as the story ranked them; nothing is ranked again here."""
    changed = story.changed
    return SuspectsView(
        suspects=tuple(_suspect_line(suspect) for suspect in changed.suspects[:_MOST_SUSPECTS]),
        unchanged=tuple(statement.sentence for statement in changed.unchanged),
        searched=f"between {changed.searched_since:%d %b} and {changed.searched_until:%d %b %H:%M}",
    )


def _suspect_line(suspect: Suspect) -> SuspectLine:
    line = describe(suspect.event)
    return SuspectLine(suspect.event.id, line.what, line.text, suspect.reason, suspect.score)
