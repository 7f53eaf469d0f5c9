"""Changes of what a contract says about the dataset as a whole."""

from collections.abc import Callable, Iterator

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.contract import Contract
from steek.data.contracts.field_changes import Judged, meaning_change
from steek.data.contracts.volume import ExpectedVolume
from steek.kernel.units import parse_duration

_SAME, _WIDER, _BREAKING = Compatibility.COMPATIBLE, Compatibility.WIDENING, Compatibility.BREAKING


def promise_changes(before: Contract, after: Contract) -> Iterator[ContractChange]:
    """Changes between two contracts of one dataset besides those of their fields; none when they say the same."""
    for what, judge in _JUDGES.items():
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            compatibility, why = judge(before, after)
            yield ContractChange("", what, old, new, compatibility, why)
    yield from _volumes(before.volumes, after.volumes)


def _version(before: Contract, after: Contract) -> Judged:  # noqa: ARG001 - judges look alike
    return _SAME, "The author's number promises nothing by itself."


def _owner(before: Contract, after: Contract) -> Judged:  # noqa: ARG001 - judges look alike
    return _SAME, "Another person answers for the same rows."


def _source(before: Contract, after: Contract) -> Judged:
    if not before.source:
        return _SAME, "Nothing was said before about where rows come from."
    if not after.source:
        return _BREAKING, "Nobody says any longer where rows come from."
    return _BREAKING, "Another source can fill the same columns with other things; readers must look."


def _jurisdiction(before: Contract, after: Contract) -> Judged:  # noqa: ARG001 - judges look alike
    if not before.jurisdiction:
        return _SAME, "Nobody had said whose law applies."
    return _BREAKING, "Another law applies to the rows and to everything made from them."


def _retention(before: Contract, after: Contract) -> Judged:
    if after.retention is None:
        return _WIDER, "Rows stay without an end; who promised their deletion must know."
    if before.retention is None:
        return _BREAKING, "Rows were kept without an end; now old ones go, and trainings and reports over them change."
    if parse_duration(after.retention) == parse_duration(before.retention):
        return _SAME, "It is the same time in other words."
    if parse_duration(after.retention) > parse_duration(before.retention):
        return _WIDER, "Rows stay longer; who promised their deletion must know."
    return _BREAKING, "Rows go earlier; trainings and reports that look further back lose them."


def _cadence(before: Contract, after: Contract) -> Judged:
    if before.cadence is None:
        return _SAME, "Nobody had said how often data come."
    if after.cadence is None:
        return _BREAKING, "Nobody says any longer when data come; freshness downstream rests on it."
    if parse_duration(after.cadence) <= parse_duration(before.cadence):
        return _SAME, "Data come as often as before or more often."
    return _BREAKING, "Data come more rarely; what is kept fresh downstream gets older."


def _description(before: Contract, after: Contract) -> Judged:
    return meaning_change(before.description, after.description, "one row")


_JUDGES: dict[str, Callable[[Contract, Contract], Judged]] = {
    "version": _version,
    "owner": _owner,
    "source": _source,
    "jurisdiction": _jurisdiction,
    "retention": _retention,
    "cadence": _cadence,
    "description": _description,
}


def _volumes(before: tuple[ExpectedVolume, ...], after: tuple[ExpectedVolume, ...]) -> Iterator[ContractChange]:
    old = {(volume.by, str(volume.value), volume.per): volume for volume in before}
    new = {(volume.by, str(volume.value), volume.per): volume for volume in after}
    for key in [*old, *(key for key in new if key not in old)]:
        was, is_now = old.get(key), new.get(key)
        if was == is_now:
            continue
        compatibility, why = _volume(was, is_now)
        told = (None if was is None else _rows(was), None if is_now is None else _rows(is_now))
        slice = (was or is_now or after[0]).slice
        yield ContractChange("", f"expected volume of {slice} per {key[2]}", *told, compatibility, why)


def _volume(before: ExpectedVolume | None, after: ExpectedVolume | None) -> Judged:
    if before is None:
        return _SAME, "Volume is watched where nobody promised any; no row is refused for it."
    if after is None:
        return _WIDER, "Any volume may come."
    fewer = (after.minimum or 0) < (before.minimum or 0)
    more = before.maximum is not None and (after.maximum is None or after.maximum > before.maximum)
    if fewer or more:
        return _WIDER, "Volumes may come that were out of the ordinary before."
    return _SAME, "A closer promise; no row is refused for it."


def _rows(volume: ExpectedVolume) -> str:
    most = "" if volume.maximum is None else str(volume.maximum)
    return f"{volume.minimum or 0}..{most} rows"
