"""What came of a run: how each side did, and how the sides differ."""

from collections.abc import Sequence

import polars as pl

from steek.incidents.bench.comparison import Comparison, compare
from steek.incidents.bench.replaying import Replayed
from steek.incidents.bench.runs import SCORES, SideRun
from steek.incidents.bench.sides import Side
from steek.kernel.errors import SteekError


def side_run(side: Side, replayed: Replayed | None, problem: SteekError | None) -> SideRun:
    """How a side did, from what it answered or why it could not."""
    rows = 0 if replayed is None else replayed.rows.height
    snapshots = () if replayed is None else replayed.snapshots
    said = None if problem is None else problem.message
    return SideRun(side.label, side.version, side.as_of, dict(side.data), rows, snapshots, said)


def compare_sides(
    results: pl.DataFrame, sides: Sequence[Side], answered: Sequence[bool], slices: Sequence[str]
) -> tuple[Comparison, ...]:
    """Each side that answered against the first that did."""
    able = [number for number, did in enumerate(answered) if did]
    first = able[0]
    return tuple(
        compare(
            results,
            (sides[first].label, sides[number].label),
            (f"{SCORES}{first}", f"{SCORES}{number}"),
            slices=slices,
        )
        for number in able[1:]
    )
