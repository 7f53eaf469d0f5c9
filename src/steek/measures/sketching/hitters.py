"""The most frequent values, bounded in number, with a bound on what their counts may lack.

What is cut off is taken from every count that is kept, as in the summaries of Misra and Gries, "Finding repeated
elements" (1982), whose merging keeps its bound: Agarwal, Cormode, Huang, Phillips, Wei and Yi, "Mergeable summaries"
(2013). Here counts are not lowered; instead the same amount is added to the error, which states the same bound: a
value has at least its count and at most its count plus the error, and one that is not kept at most the error.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hitters:
    """The most frequent values.

    Args:
        counts: Value as text to the rows that were counted for it, most first.
        error: No value has more rows than `counts` says (0 where it is not in it) plus this many.
    """

    counts: Mapping[str, int]
    error: int = 0


def most_frequent(counts: Mapping[str, int], keep: int, error: int = 0) -> Hitters:
    """The `keep` values with the most rows; equal ones by name.

    >>> most_frequent({"a": 5, "b": 1, "c": 3}, 2)
    Hitters(counts={'a': 5, 'c': 3}, error=1)
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lost = ordered[keep][1] if len(ordered) > keep else 0
    return Hitters(dict(ordered[:keep]), error + lost)


def merge_hitters(parts: Iterable[Hitters], keep: int) -> Hitters:
    """The most frequent values of all parts together; errors of the parts add up.

    >>> merge_hitters([Hitters({"a": 5}, 2), Hitters({"a": 1, "b": 9}, 0)], 2)
    Hitters(counts={'b': 9, 'a': 6}, error=2)
    """
    together: Counter[str] = Counter()
    error = 0
    for part in parts:
        together.update(part.counts)
        error += part.error
    return most_frequent(together, keep, error)
