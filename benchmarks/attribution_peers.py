"""Other ways to name the slice behind a change, after their papers, over the same frames as `attribute`.

Each takes rows before and after with the columns of the dimensions, `value` and, before, `window`; and gives the slice
it names first, as pairs of column and value, or None when it names none.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

Named = tuple[tuple[str, str], ...] | None
# Thresholds of the Adtributor paper: an element explains at least a tenth, a set two thirds.
_ELEMENT, _SET, _MOST = 0.1, 0.67, 3
_LAYERS, _BINS, _CLUSTERS, _MOST_ELEMENTS = 3, 40, 2, 5


def adtributor(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str]) -> Named:
    """Bhagwan et al., NSDI 2014: the dimension of the greatest surprise whose few elements explain most of it."""
    found = _best_dimension(_parts(before, after, dimensions), dimensions)
    return None if found is None else ((found[0], found[1][0]),)


def r_adtributor(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str]) -> Named:
    """Persson and Rudenius, 2018: Adtributor again inside of what it named, while one element explains most of it."""
    slice_: list[tuple[str, str]] = []
    left = list(dimensions)
    while left:
        found = _best_dimension(_parts(before, after, left), left)
        if found is None or (slice_ and len(found[1]) > 1):
            break
        name, values = found
        slice_.append((name, values[0]))
        left.remove(name)
        before, after = (frame.filter(_text(name) == values[0]) for frame in (before, after))
        if before.height + after.height < 50:
            break
    return tuple(slice_) or None


def squeeze(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str]) -> Named:
    """Li et al., ISSRE 2019: leaves in clusters of like deviation, and of each the slice of the best potential score.

    Deviation scores 2 (f - v) / (f + v) are clustered by the peaks of their histogram; within a cluster each set of
    up to three dimensions is searched for the prefix of its elements (five at most), by share of deviating leaves, with
    the highest generalised potential score; ties go to fewer dimensions. Leaves that deviate by less than a twentieth
    are normal.
    """
    windows = max(before["window"].n_unique(), 1)
    old = before.group_by(*(_text(name) for name in dimensions)).agg(f=pl.col("value").sum() / windows)
    new = after.group_by(*(_text(name) for name in dimensions)).agg(v=pl.col("value").sum())
    leaves = old.join(new, on=list(dimensions), how="full", coalesce=True).with_columns(
        pl.col("f").fill_null(0.0), pl.col("v").fill_null(0.0)
    )
    leaves = leaves.with_columns(score=2 * (pl.col("f") - pl.col("v")) / (pl.col("f") + pl.col("v")).clip(1e-9))
    best: tuple[float, Named] = (0.0, None)
    for low, high in _clusters(leaves["score"].to_numpy(), (leaves["f"] + leaves["v"]).to_numpy()):
        inside = leaves.with_columns(hit=pl.col("score").is_between(low, high) & (pl.col("score").abs() > 0.05))
        for count in range(1, _LAYERS + 1):
            for chosen in combinations(dimensions, count):
                score, named = _best_prefix(inside, chosen)
                weight = float(inside.filter("hit").select((pl.col("f") - pl.col("v")).abs().sum()).item())
                if weight and score * math.sqrt(weight) - 0.02 * count > best[0]:
                    best = (score * math.sqrt(weight) - 0.02 * count, named)
    return best[1]


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null("(none)").alias(name)


def _parts(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str]) -> Mapping[str, pl.DataFrame]:
    """Expected and actual amount of each element of each dimension."""
    windows = max(before["window"].n_unique(), 1)
    parts: dict[str, pl.DataFrame] = {}
    for name in dimensions:
        old = before.group_by(_text(name)).agg(f=pl.col("value").sum() / windows)
        new = after.group_by(_text(name)).agg(v=pl.col("value").sum())
        parts[name] = old.join(new, on=name, how="full", coalesce=True).fill_null(0.0)
    return parts


def _best_dimension(parts: Mapping[str, pl.DataFrame], dimensions: Sequence[str]) -> tuple[str, list[str]] | None:
    best: tuple[float, str, list[str]] | None = None
    for name in dimensions:
        frame = parts[name]
        whole_f, whole_v = float(frame["f"].sum()), float(frame["v"].sum())
        if whole_f <= 0 or whole_v <= 0 or whole_f == whole_v:
            continue
        p, q = frame["f"].to_numpy() / whole_f, frame["v"].to_numpy() / whole_v
        with np.errstate(all="ignore"):
            surprise = np.nan_to_num(p * np.log(2 * p / (p + q))) + np.nan_to_num(q * np.log(2 * q / (p + q)))
        power = (frame["v"].to_numpy() - frame["f"].to_numpy()) / (whole_v - whole_f)
        chosen: list[int] = []
        for at in np.argsort(-surprise):
            if power[at] > _ELEMENT:
                chosen.append(int(at))
            if power[chosen].sum() > _SET or len(chosen) == _MOST:
                break
        if chosen and power[chosen].sum() > _SET:
            total = float(surprise[chosen].sum())
            if best is None or total > best[0]:
                best = (total, name, [str(frame[name][at]) for at in chosen])
    return None if best is None else (best[1], best[2])


def _clusters(scores: np.ndarray, weights: np.ndarray) -> list[tuple[float, float]]:
    """Stretches of the deviation around the peaks of its weighted histogram, between the valleys beside them."""
    counts, edges = np.histogram(scores, bins=_BINS, range=(-2, 2), weights=weights)
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    peaks = [at for at in range(_BINS) if smooth[at] > 0 and smooth[at] == smooth[max(at - 2, 0) : at + 3].max()]
    found: list[tuple[float, float]] = []
    # The two heaviest that are not "as expected": the others are single leaves.
    deviating = [at for at in peaks if not edges[at] <= 0 <= edges[at + 1]]
    for at in sorted(deviating, key=lambda at: -smooth[at])[:_CLUSTERS]:
        low = at
        while low > 0 and smooth[low - 1] < smooth[low]:
            low -= 1
        high = at
        while high < _BINS - 1 and smooth[high + 1] < smooth[high]:
            high += 1
        found.append((float(edges[low]), float(edges[high + 1])))
    return found


def _best_prefix(leaves: pl.DataFrame, chosen: Sequence[str]) -> tuple[float, Named]:
    """The highest potential score of a prefix of elements by share of deviating leaves, and its first element."""
    elements = leaves.group_by(*chosen).agg(
        share=pl.col("hit").mean(), f=pl.col("f").sum(), v=pl.col("v").sum(), leaves=pl.len()
    )
    elements = elements.filter(pl.col("share") > 0).sort("share", "leaves", descending=True)
    if not elements.height:
        return 0.0, None
    head = elements.head(_MOST_ELEMENTS)
    best: tuple[float, Named] = (0.0, None)
    f, v = leaves["f"].to_numpy(), leaves["v"].to_numpy()
    base = float(np.abs(v - f).mean()) or 1.0
    inside = np.zeros(len(f), dtype=bool)
    for place in range(head.height):
        row = head.row(place, named=True)
        mask = leaves.select(pl.all_horizontal(pl.col(name) == row[name] for name in chosen)).to_series().to_numpy()
        inside |= mask
        total_f, total_v = float(f[inside].sum()), float(v[inside].sum())
        predicted = f[inside] * (total_v / total_f) if total_f else v[inside]
        ripple = float(np.abs(v[inside] - predicted).mean())
        outside = float(np.abs(v[~inside] - f[~inside]).mean()) if (~inside).any() else 0.0
        score = 1 - (ripple + outside) / (float(np.abs(v[inside] - f[inside]).mean()) + outside or base)
        if score > best[0]:
            first = head.row(0, named=True)
            best = (score, tuple((name, str(first[name])) for name in chosen))
    return best
