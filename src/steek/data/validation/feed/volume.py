"""How many rows, in all and per watched slice, against the median and spread of the past."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from steek.data.validation.feed.checks import FeedChecks, Finding, Undecided
from steek.data.validation.feed.delays import Ages
from steek.data.validation.feed.history import FeedHistory, weekday
from steek.data.validation.feed.profiles import FeedProfile
from steek.measures.robust import Bounds, mad_bounds, weekday_bounds

# The square root of a count varies by about 0.5, whatever the count.
_LEAST_SPREAD = 0.5
# Many slices are looked at at once, so each has to be further off before it is told.
_SLICE_WIDTH = 1.5
# New slices with fewer rows than this share are shops that open, not a renamed key.
_LEAST_NEW_FRACTION = 0.02
_TOLD = 5
# On a year of real days, none at all after never fewer than this happens once in a hundred days.
_NEVER_FEW = 10


@dataclass(frozen=True, slots=True)
class SliceUsual:
    """What is usual for a slice, and whether it is sure to have rows."""

    bounds: Bounds
    is_sure: bool


def never_few(rows: Sequence[int], checks: FeedChecks) -> bool:
    """Whether something had so many rows in each of so many batches that none at all is news."""
    return len(rows) >= 2 * checks.least_history and min(rows) >= _NEVER_FEW


def check_volume(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether the batch has as many rows as usual on its day of the week."""
    if len(history) < checks.least_history:
        return _too_little(history, checks)
    bounds = _usual(
        [one.rows for one in history], history.weekdays, weekday(batch, Ages.of(batch.delays)), checks.width
    )
    unusual = not bounds.lower <= batch.rows <= bounds.upper
    told = f"{batch.rows:,} rows; usual are {bounds.centre:,.0f}, between {bounds.lower:,.0f} and {bounds.upper:,.0f}"
    return Finding(unusual, float(batch.rows), bounds.centre, told)


def check_slice_volume(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether every slice that has rows has as many as usual."""
    expected = slice_expectations(batch, history, checks)
    if isinstance(expected, Undecided):
        return expected
    off: dict[str, float] = {}
    told: list[tuple[float, str]] = []
    for name, usual in expected.items():
        rows, bounds = _rows_of(batch, name), usual.bounds
        if rows and not bounds.lower <= rows <= bounds.upper:
            off[name] = float(rows)
            far = abs(rows**0.5 - bounds.centre**0.5)
            told.append((far, f"{name} has {rows:,} rows, usual {bounds.centre:,.0f}"))
    worst = [text for _, text in sorted(told, reverse=True)]
    evidence = _listed(worst) or "every slice that has rows has as many as usual"
    return Finding(bool(off), float(len(off)), 0.0, evidence, off)


def check_vanished(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether a slice has no rows that, going by its past, should have some."""
    expected = slice_expectations(batch, history, checks)
    if isinstance(expected, Undecided):
        return expected
    gone = {name: usual.bounds for name, usual in expected.items() if usual.is_sure and not _rows_of(batch, name)}
    worst = sorted(gone, key=lambda name: -gone[name].centre)
    evidence = _listed([f"{name} has no rows, usual {gone[name].centre:,.0f}" for name in worst])
    told = evidence or "no slice that is always there is gone"
    return Finding(bool(gone), float(len(gone)), 0.0, told, {name: gone[name].centre for name in worst})


def check_new_slices(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual belong to slices that were never there."""
    if not any(batch.slices.values()):
        return Undecided("no slices are watched, or the batch has no rows of any")
    if len(history) < checks.least_history:
        return _too_little(history, checks)
    new = _new_slices(batch, history)
    share = sum(new.values()) / max(batch.rows, 1)
    worst = sorted(new, key=lambda name: -new[name])
    told = _listed([f"{name} is new with {new[name]:,.0f} rows" for name in worst]) or "no slice is new"
    if share <= _LEAST_NEW_FRACTION:
        return Finding(False, share, None, told, new)
    past = [sum(_new_slices(one, history, but=one).values()) / max(one.rows, 1) for one in history]
    bounds = mad_bounds(past, width=checks.width)
    return Finding(share > bounds.upper, share, bounds.centre, told, new)


def slice_expectations(
    batch: FeedProfile, history: FeedHistory, checks: FeedChecks
) -> dict[str, SliceUsual] | Undecided:
    """What is usual for each slice ("store_id=367") that has more or fewer rows than in any batch before."""
    watched = [name for name, counts in batch.slices.items() if counts is not None]
    if not watched:
        return Undecided("no slices are watched")
    counted = [all(flags) for flags in zip(*(history.slices(name).counted for name in watched), strict=True)]
    past = [one for one, is_counted in zip(history, counted, strict=True) if is_counted]
    if len(past) < checks.least_history:
        return _too_little(past, checks)
    weekdays = [day for day, is_counted in zip(history.weekdays, counted, strict=True) if is_counted]
    today = weekday(batch, Ages.of(batch.delays))
    expected: dict[str, SliceUsual] = {}
    for name in watched:
        sums = history.slices(name)
        table, now = sums.rows[counted], sums.of(batch.slices[name] or {})
        # Bounds are made only for what no batch had before: what was already there is not unusual.
        # A slice that most batches lack has no usual volume.
        strange = ((now < table.min(axis=0)) | (now > table.max(axis=0))) & (2 * (table > 0).sum(axis=0) > len(past))
        values = list(sums.places)
        for value, at in sorted((values[at], at) for at in np.flatnonzero(strange).tolist()):
            rows: list[int] = table[:, at].tolist()
            bounds = _usual(rows, weekdays, today, checks.width * _SLICE_WIDTH)
            expected[f"{name}={value}"] = SliceUsual(bounds, bounds.lower > 0 or never_few(rows, checks))
    return expected


def _usual(rows: Sequence[int], weekdays: Sequence[int], today: int, width: float) -> Bounds:
    return weekday_bounds(rows, weekdays, today, width=width, least_spread=_LEAST_SPREAD, scale="sqrt")


def _rows_of(batch: FeedProfile, slice_name: str) -> int:
    name, _, value = slice_name.partition("=")
    return (batch.slices.get(name) or {}).get(value, 0)


def _new_slices(batch: FeedProfile, history: FeedHistory, *, but: FeedProfile | None = None) -> dict[str, float]:
    new: dict[str, float] = {}
    for name, counts in batch.slices.items():
        known: Collection[str] = history.slices(name).places
        if but is not None:
            known = {value for one in history if one is not but for value in one.slices.get(name) or {}}
        new.update({f"{name}={value}": float(rows) for value, rows in (counts or {}).items() if value not in known})
    return new


def _too_little(past: Sequence[object], checks: FeedChecks) -> Undecided:
    return Undecided(f"{len(past)} good batches so far; {checks.least_history} are needed")


def _listed(told: Sequence[str]) -> str:
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more
