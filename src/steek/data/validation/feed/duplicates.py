"""The same rows once more, whatever key they come under."""

from collections.abc import Sequence

from steek.data.validation.feed.checks import FeedChecks, Finding, Undecided
from steek.data.validation.feed.profiles import FeedProfile
from steek.data.validation.feed.sketches import RowSketch, seen_fraction
from steek.measures.robust import mad_bounds

# More of a batch than this in one earlier batch is a batch sent again, unless that has always been so.
_MOST_SEEN = 0.5
# From fewer rows nothing is told: half of six rows is chance.
_LEAST_ROWS = 8


def is_same(one: FeedProfile, other: FeedProfile) -> bool:
    """Whether two batches hold the same rows, in any order; batches without rows are never the same."""
    if not one.rows or one.rows != other.rows:
        return False
    return (one.sketch.scheme, one.sketch.total) == (other.sketch.scheme, other.sketch.total)


def check_duplicate(batch: FeedProfile, history: Sequence[FeedProfile]) -> Finding | Undecided:
    """Whether an earlier batch held exactly these rows."""
    if not batch.rows:
        return Undecided("the batch has no rows")
    twin = next((one for one in reversed(history) if is_same(one, batch)), None)
    if twin is None:
        return Finding(False, 0.0, 0.0, f"none of {_batches(len(history))} held the same {batch.rows:,} rows")
    arrived = twin.arrived_at.isoformat(sep=" ", timespec="minutes")
    return Finding(True, 1.0, 0.0, f"all {batch.rows:,} rows are those of the batch that arrived at {arrived}")


def check_near_duplicate(batch: FeedProfile, history: Sequence[FeedProfile], checks: FeedChecks) -> Finding | Undecided:
    """Whether more of the rows than usual were in one earlier batch; estimated from sketches."""
    now = _most_seen(batch, history)
    if now is None:
        return Undecided("too few rows that can be compared with an earlier batch")
    share, twin, sample = now
    limit, usual = _MOST_SEEN, None
    if share > limit:
        # Only now: each past batch against those before it.
        past = [seen[0] for at in range(1, len(history)) if (seen := _most_seen(history[at], history[:at])) is not None]
        if len(past) >= checks.least_history:
            bounds = mad_bounds(past, width=checks.width)
            limit, usual = max(_MOST_SEEN, bounds.upper), bounds.centre
    arrived = twin.arrived_at.isoformat(sep=" ", timespec="minutes")
    told = f"about {share:.0%} of the rows were in the batch that arrived at {arrived} (told from {sample} rows)"
    return Finding(share > limit, share, usual, told)


def _most_seen(batch: FeedProfile, history: Sequence[FeedProfile]) -> tuple[float, FeedProfile, int] | None:
    best: tuple[float, FeedProfile, int] | None = None
    mine = frozenset(batch.sketch.smallest)
    for one in history:
        # Nothing in common is nothing to remember, once a first batch was compared.
        if best is not None and mine.isdisjoint(one.sketch.smallest):
            continue
        seen = seen_fraction(batch.sketch, one.sketch)
        if seen is not None and seen[1] >= _LEAST_ROWS and (best is None or seen[0] > best[0]):
            best = (seen[0], one, seen[1])
    return best


def fingerprint(sketch: RowSketch, rows: int) -> str:
    """One text for the same rows, to look an earlier batch up by."""
    return f"{sketch.total:016x}-{rows}"


def _batches(count: int) -> str:
    return f"{count} earlier batch" if count == 1 else f"{count} earlier batches"
