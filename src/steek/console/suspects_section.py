"""What changed before an incident, ranked, each with its reason; and what did not change."""

from collections.abc import Mapping
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
    category: str
    verdict: str
    hypothesis: int | None
    claim: str


@dataclass(frozen=True, slots=True)
class SuspectsView:
    """The ranking; `unchanged` are sentences, `in_short` is said first where there are no suspects."""

    suspects: tuple[SuspectLine, ...]
    unchanged: tuple[str, ...]
    in_short: str


def suspects_section(services: Services, story: Story, _form_key: str) -> SuspectsView:
    """The strongest suspects as the story ranked them; nothing is ranked again here."""
    changed = story.changed
    tested = {one.about: one.number for one in services.hypotheses.list(story.incident.id) if one.about is not None}
    return SuspectsView(
        suspects=tuple(_suspect_line(suspect, tested) for suspect in _shown(changed.suspects)),
        unchanged=tuple(statement.sentence for statement in changed.unchanged),
        in_short=changed.in_short,
    )


def _shown(suspects: tuple[Suspect, ...]) -> list[Suspect]:
    """The strongest, and whatever people said something about."""
    return [one for place, one in enumerate(suspects) if place < _MOST_SUSPECTS or one.verdict is not None]


def _suspect_line(suspect: Suspect, tested: Mapping[str, int]) -> SuspectLine:
    line = describe(suspect.event)
    return SuspectLine(
        event_id=suspect.event.id,
        what=line.what,
        text=line.text,
        reason=suspect.reason,
        score=suspect.score,
        category=suspect.category,
        verdict=suspect.verdict or "",
        hypothesis=tested.get(suspect.event.id),
        claim=f"{suspect.what}, and that is the cause.",
    )
