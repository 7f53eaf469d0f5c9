"""An inverted index over documents in memory, ranked by BM25. Pure Python; good to some ten thousand documents.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"\w{2,40}")
# Usual values of BM25: how soon repetition stops counting, and how much long texts are held back.
_SATURATION, _LENGTH_SHARE = 1.2, 0.75
_LEAST_STEM = 4
_STOP_WORDS = """a an and are as at be been but by did do for from had has have if in into is it its no not of on or our
so than that the their them then there these they this to too was we were what when where which while who will with you
utc because suggested"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def tokens(text: str) -> list[str]:
    """Words of a text in small letters, without accents and without the s of a plural; words that say nothing are out.

    >>> tokens("The Joins were empty: naïve!")
    ['join', 'empty', 'naive']
    """
    flat = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in flat if not unicodedata.combining(letter)) if not flat.isascii() else flat
    return [_stem(word) for word in _WORD.findall(bare) if word not in STOP_WORDS]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > _LEAST_STEM and word.endswith("s") and not word.endswith("ss") else word


class WordIndex:
    """Documents by their words. Not safe to change while somebody reads; its owner holds the lock."""

    def __init__(self) -> None:
        self._postings: dict[str, dict[str, float]] = defaultdict(dict)
        self._counts: dict[str, Counter[str]] = {}
        self._total = 0

    def put(self, name: str, counts: Mapping[str, int]) -> None:
        """Add a document, or put it in the place of the one of that name."""
        self.drop(name)
        self._counts[name] = Counter(counts)
        self._total += sum(counts.values())
        for word, count in counts.items():
            self._postings[word][name] = float(count)

    def drop(self, name: str) -> None:
        """Remove a document; one that is not there is no error."""
        for word in self._counts.get(name, ()):
            del self._postings[word][name]
            if not self._postings[word]:
                del self._postings[word]
        self._total -= sum(self._counts.pop(name, Counter()).values())

    def rank(self, words: Iterable[str]) -> dict[str, float]:
        """Documents in which a word stands, with their score; those with all words come before those with some."""
        asked = list(dict.fromkeys(words))
        scores: dict[str, float] = defaultdict(float)
        hits: Counter[str] = Counter()
        mean = max(self._total / max(len(self._counts), 1), 1.0)
        for word in asked:
            weight = self.weight(word)
            for name, count in self._postings.get(word, {}).items():
                length = sum(self._counts[name].values()) / mean
                damped = count + _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length)
                scores[name] += weight * count * (_SATURATION + 1) / damped
                hits[name] += 1
        return {name: score * hits[name] / len(asked) for name, score in scores.items()}

    def weight(self, word: str) -> float:
        """How much a word tells: large for one that few documents have."""
        having, documents = len(self._postings.get(word, ())), len(self._counts)
        return math.log(1 + (documents - having + 0.5) / (having + 0.5))

    def counts(self, name: str) -> Mapping[str, int]:
        """Words of one document; empty for one that is not there."""
        return self._counts.get(name, Counter())
