"""The categories of failure, read from their data file, and which of them an incident looks like."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import cast

from steek.kernel.errors import InputError


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of failure, with its place on two axes of five points and the signs that suggest it.

    `machine_learning` is 1 for what happens to any software and 5 for what only machine learning does; `distributed`
    is 1 for what one machine does alone and 5 for what needs many.
    """

    id: str
    name: str
    sentence: str
    machine_learning: int
    distributed: int
    events: tuple[str, ...]
    indicators: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All categories of one version."""

    version: int
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category that the evidence points at, and what points there. A person decides."""

    category: str
    name: str
    machine_learning: int
    distributed: int
    weight: int
    reason: str


# Of what machines measured: an event says more than the name of a monitor, and both more than a word somebody used.
_EVENT_WEIGHT, _INDICATOR_WEIGHT, _WORD_WEIGHT = 3, 2, 1
_MOST = 3


def load_taxonomy() -> Taxonomy:
    """The taxonomy that comes with steek."""
    return parse_taxonomy(base_text())


def base_text() -> str:
    """The taxonomy that comes with steek, as its data file has it."""
    return (resources.files(__package__ or __name__) / "taxonomy.toml").read_text("utf-8")


def parse_taxonomy(text: str) -> Taxonomy:
    """Read and check a taxonomy in TOML, so that an edited one can be used instead.

    Raises:
        InputError: not TOML, a missing field, a place outside 1 to 5, or two categories with one id.
    """
    try:
        table = tomllib.loads(text)
        entries = tuple(_category(entry) for entry in table["category"])
        version = int(table["version"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as cause:
        raise InputError(
            f"the taxonomy cannot be read: {cause}", next_step="Compare it with taxonomy.toml of steek."
        ) from cause
    ids = [entry.id for entry in entries]
    double = sorted({name for name in ids if ids.count(name) > 1})
    if double:
        raise InputError(f"the taxonomy has two categories named {', '.join(double)}", next_step="Rename one of them.")
    return Taxonomy(version, entries)


def _category(entry: dict[str, object]) -> Category:
    return Category(
        id=str(entry["id"]),
        name=str(entry["name"]),
        sentence=str(entry["sentence"]),
        machine_learning=_place(entry["machine_learning"], "machine_learning"),
        distributed=_place(entry["distributed"], "distributed"),
        events=_texts(entry["events"]),
        indicators=_texts(entry["indicators"]),
        words=_texts(entry["words"]),
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(str(item) for item in cast("Sequence[object]", value))


def _place(value: object, axis: str) -> int:
    if not isinstance(value, int) or not 1 <= value <= 5:
        raise ValueError(f"{axis} is {value!r}; allowed: 1 to 5")
    return value


def suggest(
    taxonomy: Taxonomy, *, events: Sequence[str], indicators: Sequence[str], said: Sequence[str]
) -> tuple[Suggestion, ...]:
    """At most three categories, best first; none when nothing points anywhere.

    Args:
        taxonomy: What to choose from.
        events: Kinds of events that speak: suspects and failures near the incident.
        indicators: Names of the monitors whose alerts belong to it.
        said: Title and notes.
    """
    text = " ".join(said).lower()
    found: list[Suggestion] = []
    for category in taxonomy.categories:
        kinds = sorted(set(events) & set(category.events))
        names = sorted({name for name in indicators for part in category.indicators if part in name})
        words = [word for word in category.words if word in text]
        weight = _EVENT_WEIGHT * len(kinds) + _INDICATOR_WEIGHT * min(len(names), 1) + _WORD_WEIGHT * min(len(words), 2)
        if weight:
            found.append(_suggestion(category, weight, kinds=kinds, names=names, words=words))
    return tuple(sorted(found, key=lambda suggestion: -suggestion.weight)[:_MOST])


def _suggestion(category: Category, weight: int, *, kinds: list[str], names: list[str], words: list[str]) -> Suggestion:
    parts = [f"the ledger has {', '.join(kinds)}"] if kinds else []
    parts += [f"the monitor {names[0]} showed it"] if names else []
    parts += [f"people wrote {', '.join(repr(word) for word in words[:2])}"] if words else []
    return Suggestion(
        category.id, category.name, category.machine_learning, category.distributed, weight, "; ".join(parts)
    )
