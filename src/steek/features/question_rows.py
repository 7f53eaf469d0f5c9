"""From what declared examples return to questions and their right answers."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from steek.features.example_declaration import Examples
from steek.features.snapshot_frame import check_keys
from steek.kernel.errors import DeclarationError, InputError
from steek.measures.stable_hash import as_fraction, hash_rows

QUERY = "_query"
LABEL = "_label"

_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Sample:
    """Which part to keep, decided by hash and never by chance: the same rows every time.

    Args:
        negatives_per_query: Wrong candidates kept of each query; None keeps all.
        fraction: Share of the queries kept, in (0, 1].
        seed: Another seed keeps another part.
    """

    negatives_per_query: int | None = None
    fraction: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            message = f"sample_fraction is {self.fraction}; it must be above 0 and at most 1"
            raise InputError(message)
        if self.negatives_per_query is not None and self.negatives_per_query < 1:
            message = f"negatives_per_query is {self.negatives_per_query}; it must be at least 1, or None for all"
            raise InputError(message)


@dataclass(frozen=True, slots=True)
class Questions:
    """What was asked.

    Args:
        frame: One row per query: `_query` (u32, 0 upwards in order of moment and entity), the entity, the moment,
            kept extra columns, and for a regression its `_label`.
        answers: Ranking: `_query` and the answer column, one row per right answer; None for a regression.
        incomplete: Rows left out because entity, moment or outcome was null.
    """

    frame: pl.DataFrame
    answers: pl.DataFrame | None
    incomplete: int


def to_questions(
    examples: Examples, made: pl.DataFrame, *, span: tuple[datetime, datetime], extra: tuple[str, ...], sample: Sample
) -> Questions:
    """Check what the declared function returned, keep moments in `span` [from, until), sample whole queries.

    Raises:
        DeclarationError: a column is missing, or of a type that cannot be joined or learned.
    """
    key = (*examples.entity, examples.moment)
    needed = (*key, examples.outcome)
    rows = _checked(examples, made, needed, extra)
    complete = rows.drop_nulls(needed)
    since, until = span
    kept = complete.filter((pl.col(examples.moment) >= since) & (pl.col(examples.moment) < until))
    if sample.fraction < 1:
        kept = kept.filter(pl.Series(as_fraction(hash_rows(kept, key, seed=sample.seed)) < sample.fraction))
    incomplete = rows.height - complete.height
    ordered = kept.sort(examples.moment, *examples.entity, examples.outcome)
    if examples.answer is None:
        label = pl.col(examples.outcome).cast(pl.Float64).alias(LABEL)
        return Questions(_numbered(ordered).with_columns(label).drop(examples.outcome), None, incomplete)
    queries = _numbered(ordered.unique(key, keep="first", maintain_order=True).drop(examples.answer))
    answers = ordered.select(*key, examples.answer).unique().join(queries.select(QUERY, *key), on=key, how="inner")
    return Questions(queries, answers.select(QUERY, examples.answer), incomplete)


def _checked(examples: Examples, made: pl.DataFrame, needed: tuple[str, ...], extra: tuple[str, ...]) -> pl.DataFrame:
    what = f"examples {examples.name}"
    missing = [name for name in (*needed, *extra) if name not in made.columns]
    if missing:
        message = f"{what} returned no column {', '.join(missing)}; it returned: {', '.join(made.columns)}"
        raise DeclarationError(message)
    keys = (*examples.entity, *(() if examples.answer is None else (examples.answer,)))
    check_keys(what, made, keys)
    whole = [pl.col(name).cast(pl.Int64) for name in keys if made.schema[name].is_integer()]
    chosen = made.select(list(dict.fromkeys((*needed, *extra)))).with_columns(whole)
    return _with_instant(what, chosen, examples.moment)


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_row_index(QUERY).with_columns(pl.col(QUERY).cast(pl.UInt32))


def _with_instant(what: str, rows: pl.DataFrame, moment: str) -> pl.DataFrame:
    dtype = rows.schema[moment]
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone != "UTC":
        message = f"{what}: moment column {moment} has type {dtype}; it must be a datetime in UTC"
        raise DeclarationError(message, next_step="Take it from an event time, which the lake keeps in UTC.")
    return rows.with_columns(pl.col(moment).cast(_INSTANT))
