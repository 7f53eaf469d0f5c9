"""Who is named as the first that moved: by time of the first alert, and by lineage where time does not tell."""

from collections.abc import Mapping, Sequence

from benchmarks.detection.days import window_of
from benchmarks.detection.judging import Fired
from benchmarks.detection.store import EDGES

from steek.kernel.windows import Window
from steek.monitoring.attribution.movers import first_movers


def named_first(alerts: Sequence[Fired]) -> str | None:
    """URN of the first mover among what these alerts are about; None without alerts, or where several are tied."""
    onsets: dict[str, Window] = {}
    for one in alerts:
        onset = window_of(one.day)
        known = onsets.get(one.subject)
        if known is None or onset.end_at < known.end_at:
            onsets[one.subject] = onset
    return named_first_by(onsets)


def named_first_by(onsets: Mapping[str, Window]) -> str | None:
    """The same from onsets by subject."""
    movers = first_movers(EDGES, onsets)
    return movers[0].urn if movers and not movers[0].tied_with else None
