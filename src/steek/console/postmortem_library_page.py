"""The library of postmortems: a search, filters, and what each taught in a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steek.console.services import Services
from steek.incidents.postmortems.collection import Found
from steek.incidents.postmortems.lengths import length_words
from steek.incidents.postmortems.query import HELP, happened_at
from steek.incidents.postmortems.taxonomy import Category
from steek.kernel.errors import InputError

_MOST = 200
FILTERS = ("category", "system", "severity", "detected", "stage", "origin", "since", "until")


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """One postmortem in the list; `suggested` is what it looks like while no category is confirmed."""

    id: str
    title: str
    began_at: datetime | None
    stage: str
    severity: str
    categories: tuple[str, ...]
    suggested: str
    is_of_others: bool
    systems: tuple[str, ...]
    noticed: str
    to_detect: str
    to_mitigate: str
    to_resolve: str
    is_near_miss: bool


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The list, what was asked, and what can be asked. `refused` says what was wrong with the question."""

    lines: tuple[LibraryLine, ...]
    total: int
    text: str
    asked: Mapping[str, str]
    categories: tuple[Category, ...]
    help: Mapping[str, str]
    refused: str
    form_key: str


def library_view(services: Services, text: str, asked: Mapping[str, str], *, form_key: str) -> LibraryView:
    """Postmortems that were asked for, the best first; without words the latest incident first."""
    library = services.postmortems
    refused = ""
    try:
        found = library.search(text, limit=_MOST, **{name: asked.get(name) for name in FILTERS})
    except InputError as problem:
        found, refused = (), f"{problem.message}. {problem.next_step}".strip()
    taxonomy = services.taxonomies.current()
    names = {one.id: one.name for one in taxonomy.categories}
    total = len(library.list())
    lines = tuple(_line(one, names) for one in found)
    return LibraryView(lines, total, text, asked, taxonomy.categories, HELP, refused, form_key)


def _line(found: Found, names: Mapping[str, str]) -> LibraryLine:
    record, report = found.record, found.record.report
    times = report.times
    return LibraryLine(
        id=record.id,
        title=report.title,
        began_at=happened_at(record),
        stage=record.stage.value,
        severity=report.severity or "",
        categories=tuple(names.get(name, name) for name in report.categories[:2]),
        suggested=next((names.get(name, name) for name in report.suggested_categories), ""),
        is_of_others=report.origin == "others",
        systems=report.systems[:3],
        noticed=report.detected_by or "",
        to_detect=length_words(times.to_detect) or "-",
        to_mitigate=length_words(times.to_mitigate) or "-",
        to_resolve=length_words(times.to_resolve) or "-",
        is_near_miss=report.near_miss,
    )
