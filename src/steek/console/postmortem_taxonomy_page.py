"""The taxonomy as a page: what the categories mean, where they lie, how often each was seen, and its text to edit."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents.postmortems.taxonomies import TaxonomyVersion
from steek.incidents.postmortems.taxonomy import Category


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category and how many published postmortems have it."""

    category: Category
    seen: int


@dataclass(frozen=True, slots=True)
class TaxonomyView:
    """A version of the taxonomy; it can be edited when it is the newest."""

    shown: TaxonomyVersion
    lines: tuple[CategoryLine, ...]
    history: tuple[TaxonomyVersion, ...]
    is_newest: bool
    form_key: str


def taxonomy_view(services: Services, version: int | None, *, form_key: str) -> TaxonomyView:
    """A version, the newest for None. Raises NotFoundError when there never was such a one."""
    shown = services.taxonomies.stored(version)
    history = services.taxonomies.history()
    seen = dict(services.postmortems.statistics().categories)
    categories = services.taxonomies.at(shown.version).categories
    lines = tuple(CategoryLine(one, seen.get(one.id, 0)) for one in categories)
    return TaxonomyView(shown, lines, history, shown.version == history[0].version, form_key)
