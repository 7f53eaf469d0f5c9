"""How many rows a period brought, against what the contract promises; needs no history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl

from steek.data.contracts.contract import Contract
from steek.data.contracts.volume import ExpectedVolume
from steek.data.validation.feed.checks import Finding, Undecided
from steek.data.validation.feed.profiles import FeedProfile, PeriodCounts
from steek.data.volumes import WEIGHT_COLUMN
from steek.kernel.units import parse_duration

# Where rows have no moment, a batch is a period of its own.
_BATCH = ""
_ALL = ""
# A Monday, so that weeks begin on one.
_ORIGIN = datetime(1970, 1, 5, tzinfo=UTC)
_SECOND_US = 1_000_000
_MOST_CELLS = 50_000
# A period with fewer rows than this share of the fullest one is told by late rows, and came with another batch.
_LEAST_FRACTION = 0.1
_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Cell:
    """One slice in one period: its rows of this batch and of good ones before, and whether more may still come."""

    slice: str
    start: str
    rows: int
    is_over: bool


def count_periods(frame: pl.DataFrame, contract: Contract, event_time: str | None, day_starts_at: time) -> PeriodCounts:
    """Rows per period and slice, for every kind of volume that the contract promises; scaled back from a sample.

    Slices by a field that is protected, or not there, are left out: a profile names nobody.

    Args:
        frame: Accepted rows, after every step.
        contract: Its `volumes` say what is counted.
        event_time: Column that says in which period a row belongs; None counts the batch as one period.
        day_starts_at: When business days begin, UTC.
    """
    counted: dict[str, Mapping[str, Mapping[str, int]] | None] = {}
    for volume in contract.volumes:
        name = _kind(volume)
        if name not in counted and (not volume.by or _is_open(contract, volume.by, frame)):
            counted[name] = _count(frame, volume, event_time, day_starts_at)
    return counted


def check_promise(
    batch: FeedProfile, history: Sequence[FeedProfile], volumes: Sequence[ExpectedVolume], *, sliced: bool
) -> Finding | Undecided | None:
    """Whether periods brought as many rows as promised; None where nothing is promised.

    What a period brought is counted over this batch and the good ones before it. Too few are told only of periods
    that are over, because more may come.

    Args:
        batch: The batch.
        history: Good batches before it.
        volumes: What the contract promises.
        sliced: Look at promises about slices, instead of those about all rows together.
    """
    asked = [volume for volume in volumes if bool(volume.by) == sliced]
    if not asked:
        return None
    broken: list[tuple[float, str, _Cell, int]] = []
    kept, silent = list[str](), list[str]()
    for volume in asked:
        cells = _cells(batch, history, volume)
        if isinstance(cells, Undecided):
            silent.append(cells.evidence)
            continue
        judged = [cell for cell in cells if cell.is_over or volume.maximum is not None]
        broken += [found for cell in judged if (found := _broken(cell, volume)) is not None]
        told = kept if judged else silent
        told.append(_promise(volume) if judged else f"no period of {volume.per} is over yet")
    if broken:
        broken.sort(key=lambda one: -one[0])
        _, _, cell, bound = broken[0]
        parts = {each.slice: float(each.rows) for _, _, each, _ in reversed(broken)}
        return Finding(True, float(cell.rows), float(bound), _listed([told for _, told, _, _ in broken]), parts)
    if not kept:
        return Undecided("; ".join(dict.fromkeys(silent)))
    return Finding(False, float(batch.rows), None, f"as the contract promises: {_listed(kept)}")


def both(usual: Finding | Undecided, promised: Finding | Undecided | None) -> Finding | Undecided:
    """One finding from what is usual and what is promised: unusual if either says so, and the promise counts alone
    while there is too little history.

    >>> both(Undecided("2 good batches so far"), Finding(False, 9.0, None, "as promised")).evidence
    'as promised; 2 good batches so far'
    """
    if promised is None:
        return usual
    if isinstance(promised, Undecided):
        return Undecided(f"{promised.evidence}; {usual.evidence}") if isinstance(usual, Undecided) else usual
    if isinstance(usual, Undecided):
        told = f"{promised.evidence}; {usual.evidence}"
        return Finding(promised.unusual, promised.value, promised.expected, told, promised.parts)
    first, second = (promised, usual) if promised.unusual else (usual, promised)
    told, parts = f"{first.evidence}; {second.evidence}", {**second.parts, **first.parts}
    return Finding(first.unusual or second.unusual, first.value, first.expected, told, parts)


def _kind(volume: ExpectedVolume) -> str:
    return f"{volume.by} {volume.per}"


def _is_open(contract: Contract, name: str, frame: pl.DataFrame) -> bool:
    field = contract.field(name)
    if field is None or name not in frame.columns:
        return False
    return not (field.pseudonym or field.sealed or field.subject or field.sensitivity.strip().lower() == "personal")


def _count(
    frame: pl.DataFrame, volume: ExpectedVolume, event_time: str | None, day_starts_at: time
) -> Mapping[str, Mapping[str, int]] | None:
    weighed = WEIGHT_COLUMN in frame.columns
    rows = pl.col(WEIGHT_COLUMN).fill_null(1.0).sum().round().cast(pl.Int64) if weighed else pl.len()
    slice = pl.col(volume.by) if volume.by else pl.lit(_ALL)
    period = pl.lit(0) if event_time is None else _period(event_time, volume.per, day_starts_at)
    placed = frame.lazy().with_columns(period.alias("_period"), slice.cast(pl.String).alias("_slice"))
    found = placed.group_by("_period", "_slice").agg(rows=rows).collect()
    if found.height > _MOST_CELLS:
        return None
    counted: dict[str, dict[str, int]] = {_BATCH: {}} if event_time is None else {}
    for number, name, count in found.drop_nulls().sort("_period", "_slice").iter_rows():
        start = _BATCH if event_time is None else _start(number, volume.per, day_starts_at).isoformat()
        counted.setdefault(start, {})[name] = int(count)
    return counted


def _period(event_time: str, per: str, day_starts_at: time) -> pl.Expr:
    length_us = int(parse_duration(per).total_seconds() * _SECOND_US)
    origin_us = int(_first(day_starts_at).timestamp() * _SECOND_US)
    return (pl.col(event_time).dt.epoch("us") - origin_us) // length_us


def _start(number: int, per: str, day_starts_at: time) -> datetime:
    return _first(day_starts_at) + number * parse_duration(per)


def _first(day_starts_at: time) -> datetime:
    return _ORIGIN + timedelta(hours=day_starts_at.hour, minutes=day_starts_at.minute, seconds=day_starts_at.second)


def _cells(batch: FeedProfile, history: Sequence[FeedProfile], volume: ExpectedVolume) -> tuple[_Cell, ...] | Undecided:
    name = _kind(volume)
    if not batch.rows and not batch.periods.get(name):
        # Nothing says for which period it came.
        return ()
    if name not in batch.periods:
        return Undecided(f"slices by {volume.by} are not counted, because the field is protected")
    now = batch.periods[name]
    if now is None:
        return Undecided(f"the batch has too many periods of {volume.per} to be counted one by one")
    past = [counts for one in history if (counts := one.periods.get(name)) is not None]
    return tuple(_of_periods(batch, now, past, volume))


def _of_periods(
    batch: FeedProfile,
    now: Mapping[str, Mapping[str, int]],
    past: Sequence[Mapping[str, Mapping[str, int]]],
    volume: ExpectedVolume,
) -> Iterator[_Cell]:
    known = {slice for counts in (now, *past) for of_period in counts.values() for slice in of_period}
    named = [_ALL] if not volume.by else None if volume.value is None else [str(volume.value)]
    slices = sorted(known) if named is None else named
    fullest = max((sum(of_period.values()) for of_period in now.values()), default=0)
    for start, of_period in now.items():
        earlier = [] if start == _BATCH else [counts.get(start, {}) for counts in past]
        is_own = sum(of_period.values()) >= _LEAST_FRACTION * fullest
        is_over = start == _BATCH or datetime.fromisoformat(start) + parse_duration(volume.per) <= batch.arrived_at
        for slice in slices:
            rows = of_period.get(slice, 0) + sum(each.get(slice, 0) for each in earlier)
            yield _Cell(_slice_name(volume, slice), start, rows, is_over and is_own)


def _slice_name(volume: ExpectedVolume, slice: str) -> str:
    return f"{volume.by}={slice}" if volume.by else "all rows"


def _broken(cell: _Cell, volume: ExpectedVolume) -> tuple[float, str, _Cell, int] | None:
    """How far off it is, the words for it, and the bound that is crossed."""
    if volume.holds(cell.rows):
        return None
    where = "the batch" if cell.start == _BATCH else f"the {volume.per} from {cell.start[:16].replace('T', ' ')}"
    about = "" if cell.slice == "all rows" else f" of {cell.slice}"
    if volume.maximum is not None and cell.rows > volume.maximum:
        told = f"{where} brought {cell.rows:,} rows{about}, the contract promises at most {volume.maximum:,}"
        return cell.rows / max(volume.maximum, 1), told, cell, volume.maximum
    if not cell.is_over or volume.minimum is None:
        return None
    told = f"{where} brought {cell.rows:,} rows{about}, the contract promises at least {volume.minimum:,}"
    return volume.minimum / max(cell.rows, 1), told, cell, volume.minimum


def _promise(volume: ExpectedVolume) -> str:
    least = None if volume.minimum is None else f"at least {volume.minimum:,}"
    most = None if volume.maximum is None else f"at most {volume.maximum:,}"
    bounds = " and ".join(part for part in (least, most) if part is not None)
    of_slice = f" of {volume.slice}" if volume.by else ""
    return f"{bounds} rows{of_slice} per {volume.per}"


def _listed(told: Sequence[str]) -> str:
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more
