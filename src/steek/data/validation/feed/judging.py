"""All checks of a feed on one batch: a pure function of profiles."""

from collections.abc import Sequence

from steek.data.contracts.volume import ExpectedVolume
from steek.data.validation.feed.checks import FeedChecks, FeedVerdict, Finding, Undecided, judged
from steek.data.validation.feed.columns import (
    check_distribution,
    check_new_categories,
    check_nulls,
    check_vanished_categories,
)
from steek.data.validation.feed.duplicates import check_duplicate, check_near_duplicate
from steek.data.validation.feed.history import FeedHistory
from steek.data.validation.feed.profiles import FeedProfile
from steek.data.validation.feed.promised import both, check_promise
from steek.data.validation.feed.timing import check_future, check_late, check_time_bucket
from steek.data.validation.feed.volume import check_new_slices, check_slice_volume, check_vanished, check_volume

_MAKERS = {
    "near_duplicate": check_near_duplicate,
    "time_bucket": check_time_bucket,
    "future": check_future,
    "late_data": check_late,
    "volume": check_volume,
    "slice_volume": check_slice_volume,
    "vanished_slices": check_vanished,
    "new_slices": check_new_slices,
    "nulls": check_nulls,
    "distribution": check_distribution,
    "new_categories": check_new_categories,
    "vanished_categories": check_vanished_categories,
}
# Checks of what a contract promises, too: of all rows together, or of slices.
_PROMISED = {"volume": False, "slice_volume": True}


def judge_feed(
    batch: FeedProfile,
    history: Sequence[FeedProfile],
    checks: FeedChecks,
    *,
    twin: FeedProfile | None = None,
    volumes: Sequence[ExpectedVolume] = (),
) -> tuple[FeedVerdict, ...]:
    """What each check says of a batch.

    Args:
        batch: Profile of the whole batch.
        history: Profiles of the good batches before it, oldest first; what `FeedHistory` summed up is not summed again.
        checks: Which checks are made, and which of them hold a batch back.
        twin: A batch older than `history`, or one that still waits, which is known to have held the same rows.
        volumes: How many rows the contract promises; compared also while there is too little history.
    """
    past = history if isinstance(history, FeedHistory) else FeedHistory(history)
    earlier = [*history] if twin is None else [*history, twin]

    def found(check: str) -> Finding | Undecided:
        if check == "duplicate_batch":
            return check_duplicate(batch, earlier)
        usual = _MAKERS[check](batch, past, checks)
        if check not in _PROMISED:
            return usual
        return both(usual, check_promise(batch, history, volumes, sliced=_PROMISED[check]))

    return tuple(judged(check, found(check), checks) for check in checks.made())
