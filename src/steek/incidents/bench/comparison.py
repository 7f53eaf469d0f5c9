"""Two sides beside each other: how far they differ, where, and on which questions most. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from steek.features.question_rows import QUERY
from steek.incidents.bench.replaying import CANDIDATE

MOST_MOVERS = 20
MOST_SLICES = 50


@dataclass(frozen=True, slots=True)
class Figures:
    """How two sides differ over some rows.

    Args:
        slice: "column=value", or None for all.
        questions: How many questions.
        rows: How many rows both sides scored.
        before: Mean score of the first side; None without any.
        after: Mean score of the other.
        difference: Mean of after - before.
        moved: Mean of its absolute value.
        best_changed: Share of the questions of a ranking whose best answer is another; None for regressions.
        only_before: Rows that only the first side has.
        only_after: Rows that only the other has.
        error_before: Mean absolute distance of the first side from what was right; None where that is not known.
        error_after: The same of the other.
    """

    slice: str | None
    questions: int
    rows: int
    before: float | None
    after: float | None
    difference: float | None
    moved: float | None
    best_changed: float | None
    only_before: int
    only_after: int
    error_before: float | None
    error_after: float | None


@dataclass(frozen=True, slots=True)
class Mover:
    """A row whose score moved far. `entity` is pseudonymised text; `candidate` is None for a regression."""

    request: str
    entity: str
    candidate: str | None
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One side against the first: over all, by slice (largest movement first), and the rows that moved most."""

    before: str
    after: str
    whole: Figures
    slices: tuple[Figures, ...]
    movers: tuple[Mover, ...]


def compare(
    results: pl.DataFrame, names: tuple[str, str], columns: tuple[str, str], *, slices: Sequence[str]
) -> Comparison:
    """One pair of sides.

    Args:
        results: `_query`, `_candidate`, `request`, `entity`, slice columns, perhaps `label`, and one column of scores
            per side; null where a side does not have the row, NaN where it has no answer.
        names: Labels of the two sides.
        columns: Their columns of scores.
        slices: Columns whose values name the slices; empty gives none.
    """
    frame = results.with_columns(
        pl.col(columns[0]).fill_nan(None).alias("_before"), pl.col(columns[1]).fill_nan(None).alias("_after")
    )
    by_slice: list[Figures] = []
    for column in slices:
        for (value,), part in frame.group_by(column, maintain_order=True):
            by_slice.append(_figures(part, f"{column}={value}"))
    by_slice.sort(key=lambda one: (-(one.moved or 0.0), one.slice or ""))
    return Comparison(names[0], names[1], _figures(frame, None), tuple(by_slice[:MOST_SLICES]), _movers(frame))


def _figures(frame: pl.DataFrame, name: str | None) -> Figures:
    both = frame.filter(pl.col("_before").is_not_null() & pl.col("_after").is_not_null())
    moved = both["_after"] - both["_before"]
    ranking = frame[CANDIDATE].null_count() < frame.height
    return Figures(
        slice=name,
        questions=frame[QUERY].n_unique(),
        rows=both.height,
        before=_mean(both["_before"]),
        after=_mean(both["_after"]),
        difference=_mean(moved),
        moved=_mean(moved.abs()),
        best_changed=_best_changed(frame) if ranking else None,
        only_before=frame.filter(pl.col("_before").is_not_null() & pl.col("_after").is_null()).height,
        only_after=frame.filter(pl.col("_before").is_null() & pl.col("_after").is_not_null()).height,
        error_before=_error(both, "_before"),
        error_after=_error(both, "_after"),
    )


def _best_changed(frame: pl.DataFrame) -> float | None:
    best = [
        frame.drop_nulls(column)
        .sort(QUERY, column, CANDIDATE, descending=[False, True, False])
        .unique(QUERY, keep="first", maintain_order=True)
        .select(QUERY, pl.col(CANDIDATE).alias(column))
        for column in ("_before", "_after")
    ]
    joined = best[0].join(best[1], on=QUERY, how="full", coalesce=True)
    return None if joined.is_empty() else float((joined["_before"].ne_missing(joined["_after"])).sum()) / joined.height


def _error(frame: pl.DataFrame, column: str) -> float | None:
    if "label" not in frame.columns:
        return None
    return _mean((frame[column] - frame["label"]).abs().drop_nulls())


def _mean(values: pl.Series) -> float | None:
    found = values.mean()
    return float(found) if isinstance(found, int | float) else None


def _movers(frame: pl.DataFrame) -> tuple[Mover, ...]:
    far = frame.drop_nulls(["_before", "_after"]).with_columns(
        (pl.col("_after") - pl.col("_before")).abs().alias("_far")
    )
    first = far.filter(pl.col("_far") > 0).sort("_far", "request", CANDIDATE, descending=[True, False, False])
    return tuple(
        Mover(str(row["request"]), str(row["entity"]), row[CANDIDATE], float(row["_before"]), float(row["_after"]))
        for row in first.head(MOST_MOVERS).iter_rows(named=True)
    )
