"""Which past incidents are like one that is going on: by category, system, kind of change, and words. No embeddings.

Each share is between 0 and 1 and has its weight; what made the score is said in sentences. A pure function.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_CATEGORY, _SYSTEM, _CHANGE, _WORDS = 0.3, 0.25, 0.25, 0.2
_LEAST_SCORE = 0.1
_SHOWN_WORDS = 4
_LEAST_COSINE = 0.08


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of an incident: ids of categories, URNs of systems and of what lies near them in lineage, kinds of
    changes, and words with how often they stand.
    """

    categories: frozenset[str]
    systems: frozenset[str]
    near: frozenset[str]
    kinds: frozenset[str]
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like another it is, between 0 and 1, and why."""

    name: str
    score: float
    because: tuple[str, ...]


def likenesses(
    one: Clues, past: Mapping[str, Clues], weight: Callable[[str], float], names: Mapping[str, str]
) -> list[Likeness]:
    """Past incidents that are like `one`, the most alike first; none that shares next to nothing.

    Args:
        one: What is going on.
        past: By id.
        weight: How much a word tells; large for a rare one.
        names: Names of categories by id, for the sentences.
    """
    found: list[Likeness] = []
    length = _length(one.words, weight)
    for name, other in past.items():
        parts = [
            _categories(one, other, names),
            _systems(one, other),
            _changes(one, other),
            _words(one, other, weight, length),
        ]
        score = sum(share for share, _ in parts)
        if score >= _LEAST_SCORE:
            found.append(Likeness(name, round(score, 4), tuple(said for _, said in parts if said)))
    return sorted(found, key=lambda like: (-like.score, like.name))


def _categories(one: Clues, other: Clues, names: Mapping[str, str]) -> tuple[float, str]:
    shared = sorted(one.categories & other.categories)
    if not shared:
        return 0.0, ""
    share = len(shared) / min(len(one.categories), len(other.categories))
    told = ", ".join(names.get(name, name) for name in shared)
    return _CATEGORY * share, f"Both look like {told}."


def _systems(one: Clues, other: Clues) -> tuple[float, str]:
    shared = sorted(one.systems & other.systems)
    if shared:
        return _SYSTEM, f"Both hit {_listed(shared)}."
    near = sorted((one.near & (other.systems | other.near)) | (one.systems & other.near))
    if near:
        return _SYSTEM * 0.6, f"Both lie near {_listed(near)} in lineage."
    return 0.0, ""


def _changes(one: Clues, other: Clues) -> tuple[float, str]:
    shared = sorted(one.kinds & other.kinds)
    if not shared:
        return 0.0, ""
    return _CHANGE, f"That one was caused by {_listed(shared)}, which stands among the suspects of this one."


def _words(one: Clues, other: Clues, weight: Callable[[str], float], length: float) -> tuple[float, str]:
    shared = {
        word: weight(word) ** 2 * one.words[word] * other.words[word] for word in one.words.keys() & other.words.keys()
    }
    both = length * _length(other.words, weight)
    cosine = sum(shared.values()) / both if both else 0.0
    if cosine < _LEAST_COSINE:
        return 0.0, ""
    telling = sorted(shared, key=lambda word: (-shared[word], word))[:_SHOWN_WORDS]
    return _WORDS * min(cosine * 2, 1.0), f"People wrote the same words: {', '.join(telling)}."


def _length(words: Mapping[str, int], weight: Callable[[str], float]) -> float:
    return math.sqrt(sum((weight(word) * count) ** 2 for word, count in words.items()))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
