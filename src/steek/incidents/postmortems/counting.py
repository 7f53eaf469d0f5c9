"""What a collection of postmortems says as a whole: counts, places on the two axes, times, quarters. Pure.

The two axes and their five points are those of D. Papasian and T. Underwood, "How ML Breaks", USENIX OpML 2020.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from steek.incidents.postmortems.lengths import middle_s
from steek.incidents.postmortems.report import PointRole, Report, Standing

ENOUGH = 5
TIMES: Mapping[str, str] = {
    "to_detect": "to detect",
    "to_declare": "to declare",
    # Done is not mitigated: what was done counts by itself, whether or not it was seen to help.
    "to_act": "to act",
    "to_mitigate": "to mitigate",
    "to_resolve": "to resolve",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One postmortem with the instant that decides into which quarter it falls; None falls into none."""

    id: str
    report: Report
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AxisCount:
    """How many lie at each of the five points of an axis, from 1 to 5, and how many nobody placed."""

    at_point: tuple[int, int, int, int, int]
    unplaced: int

    @property
    def placed(self) -> int:
        """How many have a place."""
        return sum(self.at_point)


@dataclass(frozen=True, slots=True)
class TimeCount:
    """How long it took, in seconds, a value per postmortem that says so; the median only where there are enough.

    `unknown` counts those that do not say: nobody knows, or it never came to that, such as a mitigation that nobody saw
    work.
    """

    name: str
    values_s: tuple[float, ...]
    median_s: float | None
    said: str
    unknown: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """What began in three months; medians only where there are enough."""

    name: str
    incidents: int
    by_machine: int
    median_to_detect_s: float | None
    median_to_resolve_s: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over postmortems, of what people confirmed in them.

    `categories` and `holes` count a postmortem once for each category and each layer. `undated` are in no quarter,
    `left_out` are those of others that were not asked for.
    """

    postmortems: int
    near_misses: int
    machine_learning: AxisCount
    distributed: AxisCount
    categories: tuple[tuple[str, int], ...]
    unclassified: int
    by_machine: int
    by_user: int
    unknown_detection: int
    times: tuple[TimeCount, ...]
    quarters: tuple[Quarter, ...]
    holes: tuple[tuple[str, int], ...]
    trend: str
    undated: int
    left_out: int


def count(postmortems: Sequence[Counted], *, left_out: int = 0) -> Statistics:
    """Count them; with few, numbers that would be invented are None and the sentence says how few."""
    reports = [one.report for one in postmortems]
    confirmed = [_confirmed(report, PointRole.CATEGORY) for report in reports]
    named = Counter(name for names in confirmed for name in names)
    noticed = Counter(report.detected_by for report in reports)
    holes = Counter(layer for report in reports for layer in _holes(report))
    quarters = _quarters(postmortems)
    return Statistics(
        postmortems=len(reports),
        near_misses=sum(report.near_miss for report in reports),
        machine_learning=_axis([report.placement.machine_learning for report in reports]),
        distributed=_axis([report.placement.distributed for report in reports]),
        categories=tuple(sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))),
        unclassified=sum(not names for names in confirmed),
        by_machine=noticed["machine"],
        by_user=noticed["user"],
        unknown_detection=noticed[None],
        times=tuple(_time(name, reports) for name in TIMES),
        quarters=quarters,
        holes=tuple(sorted(holes.items(), key=lambda pair: (-pair[1], pair[0]))),
        trend=_trend(quarters),
        undated=sum(one.at is None for one in postmortems),
        left_out=left_out,
    )


def few(number: int, *, what: str = "a trend") -> str:
    """The sentence for too few.

    >>> few(3)
    'n = 3, too few for a trend'
    """
    return f"n = {number}, too few for {what}"


def quarter_of(at: datetime) -> str:
    """Name of the three months an instant lies in.

    >>> quarter_of(datetime(2017, 10, 15))
    '2017 Q4'
    """
    return f"{at.year} Q{(at.month + 2) // 3}"


def _confirmed(report: Report, role: PointRole) -> set[str]:
    return {one.kind for one in report.of_role(role) if one.standing is Standing.CONFIRMED and one.kind}


def _holes(report: Report) -> set[str]:
    """Layers with a hole or that were absent, each once however many holes it had."""
    found = (one for one in report.of_role(PointRole.DEFENCE) if one.standing is Standing.CONFIRMED)
    return {one.subject for one in found if one.subject and one.kind in {"hole", "absent"}}


def _axis(found: Sequence[int | None]) -> AxisCount:
    at = Counter(found)
    return AxisCount((at[1], at[2], at[3], at[4], at[5]), at[None])


def _time(name: str, reports: Sequence[Report]) -> TimeCount:
    found = (middle_s(getattr(report.times, name)) for report in reports)
    values = tuple(sorted(value for value in found if value is not None))
    middle = median(values) if len(values) >= ENOUGH else None
    said = f"n = {len(values)}" if middle is not None else few(len(values), what="a median")
    return TimeCount(name, values, middle, said, len(reports) - len(values))


def _quarters(postmortems: Sequence[Counted]) -> tuple[Quarter, ...]:
    """From the first to the last, those in which nothing began too."""
    by_index: dict[int, list[Report]] = {}
    for one in postmortems:
        if one.at is not None:
            by_index.setdefault(one.at.year * 4 + (one.at.month - 1) // 3, []).append(one.report)
    if not by_index:
        return ()
    return tuple(_quarter(index, by_index.get(index, [])) for index in range(min(by_index), max(by_index) + 1))


def _quarter(index: int, reports: Sequence[Report]) -> Quarter:
    detect, resolve = (_time(name, reports).median_s for name in ("to_detect", "to_resolve"))
    by_machine = sum(report.detected_by == "machine" for report in reports)
    return Quarter(f"{index // 4} Q{index % 4 + 1}", len(reports), by_machine, detect, resolve)


def _trend(quarters: Sequence[Quarter]) -> str:
    """Whether it became better or worse is said only of quarters that have enough each."""
    total = sum(one.incidents for one in quarters)
    if total < ENOUGH:
        return few(total)
    told = [(one.name, one.median_to_resolve_s) for one in quarters if one.median_to_resolve_s is not None]
    if len(told) < 2:
        return f"n = {total}, in no two quarters enough to compare"
    (first, before_s), (last, after_s) = told[0], told[-1]
    word = "shorter" if after_s < before_s else "not shorter"
    return f"the median time to resolve of {last} is {word} than that of {first}; n = {total}"
