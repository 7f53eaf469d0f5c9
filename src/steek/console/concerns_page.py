"""Concerns for those who read them, the form to raise one, and the manifesto."""

from dataclasses import dataclass
from importlib.resources import files

from steek.console.ethics_actions import person
from steek.console.services import Services
from steek.incidents.ethics.concerns import Concern

_MANIFESTO = files("steek.incidents.ethics") / "manifesto.md"


@dataclass(frozen=True, slots=True)
class ConcernsView:
    """Concerns that this reader may see, those without an answer first."""

    reader: str
    waiting: tuple[Concern, ...]
    done: tuple[Concern, ...]
    form_key: str


@dataclass(frozen=True, slots=True)
class RaiseView:
    """The form: `incident` is what it is about, "" for nothing; `readers` are those who will read it."""

    incident: str
    readers: tuple[str, ...]
    form_key: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading, or "" before the first, and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


def concerns_view(services: Services, claimed: str, *, form_key: str) -> ConcernsView:
    """Concerns for their reader. Raises RefusedError for everybody else."""
    reader = person(services, claimed).principal if claimed.strip() or _has_token(services) else ""
    found = services.concerns.list(reader)
    waiting = tuple(one for one in found if not one.answer)
    return ConcernsView(reader, waiting, tuple(one for one in found if one.answer), form_key)


def raise_view(services: Services, incident: str, *, form_key: str) -> RaiseView:
    """The form to raise a concern; an incident that is not there is left out."""
    return RaiseView(incident[:20], tuple(sorted(services.concerns.recipients)), form_key)


def manifesto() -> tuple[str, tuple[Passage, ...]]:
    """Title and passages of the manifesto; what is below its rule is about the page in the documentation."""
    text = _MANIFESTO.read_text(encoding="utf-8").partition("\n---\n")[0]
    title, *parts = text.removeprefix("# ").split("\n## ")
    head, _, opening = title.partition("\n")
    passages = [Passage("", _paragraphs(opening))]
    for part in parts:
        heading, _, rest = part.partition("\n")
        passages.append(Passage(heading.strip(), _paragraphs(rest)))
    return head.strip(), tuple(passages)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(each.split()) for each in text.split("\n\n") if each.strip())


def _has_token(services: Services) -> bool:
    return person(services, "nobody").token is not None
