"""From logged answers and labelled examples to one row per answer; pure."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from steek.evaluation.ports import Floats
from steek.kernel.errors import DeclarationError
from steek.measures import Queries, hits_at, places_of_right_answers

OUTCOMES = "outcomes"
HIT_PLACES = 5

_OF_REQUEST = ("request_id", "model", "version", "member", "route", "fallback")


def answered_questions(
    predictions: pl.DataFrame, frame: pl.DataFrame, entity: tuple[str, ...], moment: str, kept: Sequence[str] = ()
) -> pl.DataFrame:
    """The logged answers whose question is among the examples.

    Args:
        predictions: Rows of the lake table "predictions".
        frame: Examples with their features.
        entity: Columns that say who was asked about.
        moment: Column of the instant.
        kept: Further columns of the examples to slice by, one value per query.

    Returns:
        One row per matched answer: request columns, `moment`, the entity, `kept`, `_query` of the examples, `_row`
        (first row of the query in `frame`), `answers` and `scores`; in the order of `predictions`.

    Raises:
        DeclarationError: a column is called like a column of outcomes.
    """
    taken = {*_OF_REQUEST, "moment", "expected", "observed", "hit", "answers", "scores"} & {*entity, *kept}
    if taken:
        message = f"columns {sorted(taken)} of the examples are names that outcomes use themselves"
        raise DeclarationError(message, next_step="Rename them in the examples.")
    schema = {name: frame.schema[name] for name in entity}
    decoded = predictions["entity"].str.json_decode(pl.Struct(schema)).struct.unnest()
    asked = predictions.select(*_OF_REQUEST, pl.col("at").alias("moment"), "answers", "scores")
    questions = (
        frame.lazy()
        .with_row_index("_row")
        .group_by("_query", maintain_order=True)
        .agg(
            pl.col("_row").min(),
            pl.col(moment).first().alias("moment"),
            *(pl.col(name).first() for name in (*entity, *kept)),
        )
        .collect()
        .unique(["moment", *entity], keep="first", maintain_order=True)
    )
    return (
        asked.with_columns(decoded)
        .join(questions, on=["moment", *entity], how="inner", maintain_order="left")
        .select(*_OF_REQUEST, "moment", *entity, *kept, "_query", "_row", "answers", "scores")
    )


def ranking_outcomes(
    asked: pl.DataFrame, query: pl.Series, candidates: pl.Series, labels: Floats, baselines: Mapping[str, Floats]
) -> pl.DataFrame:
    """Outcome rows of a ranking.

    `expected` is the sum of the scores of the answers shown, `observed` how many of them were right; `expected` is
    null where the scores are no probabilities of the model, because a feature or a constant answered.

    Args:
        asked: From `answered_questions`.
        query: `_query` of each example row.
        candidates: Candidate of each example row.
        labels: [rows] 1 for a right answer.
        baselines: Name to [rows] scores.
    """
    # The log keeps answers of all models in one column, so as text.
    right = pl.DataFrame({"_query": query, "_right": candidates.cast(pl.String)}).filter(pl.Series(labels > 0))
    shown = (
        asked.lazy()
        .select("_query", pl.col("answers").cast(pl.List(pl.String)))
        .with_row_index("_asked")
        .explode("answers", empty_as_null=False, keep_nulls=False)
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("_asked"))
        .join(right.lazy(), left_on=["_query", "answers"], right_on=["_query", "_right"], how="inner")
        .group_by("_asked")
        .agg(observed=pl.len().cast(pl.Float64), hit=(pl.col("place") <= HIT_PLACES).any())
        .collect()
    )
    rows = asked.with_row_index("_asked").join(shown, on="_asked", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("observed").fill_null(0.0), pl.col("hit").fill_null(False), _expected())
    ids = query.to_numpy()
    queries = Queries.of(ids)
    position = np.searchsorted(ids[queries.starts], rows["_query"].to_numpy())
    for name, scores in baselines.items():
        found = places_of_right_answers(scores, labels, queries)
        hits = hits_at(found, queries.count, HIT_PLACES)
        rows = rows.with_columns(pl.Series(_column(name), hits[position]))
    return rows.drop("_asked", "_query", "_row", "answers", "scores")


def regression_outcomes(asked: pl.DataFrame, labels: Floats, baselines: Mapping[str, Floats]) -> pl.DataFrame:
    """Outcome rows of a regression: `expected` is the answer, `observed` the label, errors are squared."""
    row = asked["_row"].to_numpy()
    observed = labels[row]
    rows = asked.with_columns(_expected(), pl.Series("observed", observed), pl.lit(None, pl.Boolean).alias("hit"))
    rows = rows.with_columns(squared_error=(pl.col("expected") - pl.col("observed")) ** 2)
    for name, scores in baselines.items():
        rows = rows.with_columns(pl.Series(f"{_column(name)}_squared_error", np.square(scores[row] - observed)))
    return rows.drop("_query", "_row", "answers", "scores")


def _column(baseline: str) -> str:
    """Column of a baseline: its name with everything but letters and digits as underscores, as the lake needs it."""
    return "baseline_" + re.sub(r"\W+", "_", baseline)


def _expected() -> pl.Expr:
    """Sum of the scores shown; null where no version of the model answered."""
    modelled = pl.col("version").is_not_null() & (pl.col("scores").list.len() > 0)
    return pl.when(modelled).then(pl.col("scores").list.sum()).cast(pl.Float64).alias("expected")
