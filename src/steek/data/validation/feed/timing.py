"""Event time against arrival: rows in the wrong bucket, from the future, or late."""

from collections.abc import Callable, Sequence

from steek.data.validation.feed.checks import FeedChecks, Finding, Undecided
from steek.data.validation.feed.delays import Ages
from steek.data.validation.feed.history import FeedHistory
from steek.data.validation.feed.profiles import FeedProfile
from steek.measures.robust import mad_bounds, median

_DAY_HOURS = 24
# Between half a day and a day and a half off is "a day off".
_OFF_BY_A_DAY_HOURS = 12
# A share of rows below this is never news by itself.
_LEAST_FRACTION = 0.02
_USUAL_FRACTION = 0.99


def check_time_bucket(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether the rows lie as long before their arrival as those of other batches."""
    now = Ages.of(batch.delays).typical_hours()
    past = [hours for one in history.ages if (hours := one.typical_hours()) is not None]
    silent = _silent(now, past, checks)
    if silent is not None or now is None:
        return silent or Undecided("no row has a moment")
    bounds = mad_bounds(past, width=checks.width, least_spread=1.0)
    off = now - bounds.centre
    unusual = not bounds.lower <= now <= bounds.upper and abs(off) >= _OFF_BY_A_DAY_HOURS
    told = f"half of the rows were {now} h old or less on arrival; usual are {bounds.centre:.0f} h"
    if unusual:
        days = round(abs(off) / _DAY_HOURS)
        where = "early" if off > 0 else "late"
        told += (
            f": they lie {abs(off):.0f} h too {where}, about {days} day{'s' if days != 1 else ''} in the wrong bucket"
        )
    return Finding(unusual, float(now), bounds.centre, told)


def check_future(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual happen after they arrived."""
    return _check_share(
        batch, history, checks, Ages.future_fraction, "of the rows say that they happen after they arrived"
    )


def check_late(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual are older than 99% of the rows of earlier batches were."""
    # Median over batches: one load of a whole history must not decide what late means.
    ages = [age for one in history.ages if (age := one.typical_hours(_USUAL_FRACTION)) is not None]
    if not ages:
        return Undecided("no earlier batch has rows with a moment")
    usual = median(ages)
    return _check_share(
        batch,
        history,
        checks,
        lambda ages: ages.older_fraction(usual),
        f"of the rows are older than {usual:.0f} h, the usual delay",
    )


def _check_share(
    batch: FeedProfile, history: FeedHistory, checks: FeedChecks, share: Callable[[Ages], float | None], told: str
) -> Finding | Undecided:
    now = share(Ages.of(batch.delays))
    past = [value for one in history.ages if (value := share(one)) is not None]
    silent = _silent(now, past, checks)
    if silent is not None or now is None:
        return silent or Undecided("no row has a moment")
    bounds = mad_bounds(past, width=checks.width)
    unusual = now > max(bounds.upper, bounds.centre + _LEAST_FRACTION)
    return Finding(unusual, now, bounds.centre, f"{now:.1%} {told}; usual are {bounds.centre:.1%}")


def _silent(now: float | None, past: Sequence[float], checks: FeedChecks) -> Undecided | None:
    if now is None:
        return Undecided("no row has a moment")
    if len(past) < checks.least_history:
        return Undecided(f"{len(past)} good batches so far; {checks.least_history} are needed")
    return None
