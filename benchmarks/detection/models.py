"""Two models of the store, trained anew each day on real features: what they answer, and what came of it.

`promotion_uptake` says for each product that a household looks for whether it will be bought at a discount (LightGBM,
binary, about 4,000 questions a day). `partner_demand` says how many lines of each partner will sell on the coming day
(LightGBM on the ratio to the partner's last four weeks, about 570 questions a day). Both are plain LightGBM on ten days
of questions: the training of the example store goes through lake and feature store, which takes a day for a year.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from benchmarks.detection.days import AT, DAY, LINE, Tables, start_of
from numpy.typing import NDArray

UPTAKE, DEMAND = "promotion_uptake", "partner_demand"
MODELS = (UPTAKE, DEMAND)
HISTORY_DAYS, LEARNING_DAYS, FIRST_MODEL_DAY = 28, 10, 40
_KEYS = ("product_id", "department", "store_id", "household_id")
_PARAMETERS = {"num_leaves": 15, "learning_rate": 0.2, "num_threads": 1, "verbosity": -1, "deterministic": True}
_TREES, _MOST_ROWS = 30, 20_000
# Lines a day that even the smallest partner is taken to sell.
_LEAST_BASE = 0.25
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Questions:
    """One row per question of a day: slices and moment, features, and what came of it (column `observed`).

    `base` is what an answer is multiplied by: 1 for a probability, the usual lines of the partner for a demand.
    """

    frame: pl.DataFrame
    features: Floats
    base: Floats


def questions(model: str, past: Tables, today: Tables, day: int) -> Questions:
    """Questions of business day `day`.

    Args:
        model: Name.
        past: Lines of which the last `HISTORY_DAYS` before the day make the features, as the store knows them.
        today: The true lines of the day, for people ask whatever the tills report.
        day: Number of the day.
    """
    known, now = past.between(day - HISTORY_DAYS, day), today.between(day, day + 1)
    return _uptake(known.lines, now.lines) if model == UPTAKE else _demand(known, now, day)


def came_of(model: str, answers: pl.DataFrame, today: Tables) -> pl.DataFrame:
    """The answers with `observed` as these tables tell it; what they do not tell counts as not bought.

    Args:
        model: Name.
        answers: From `answer`.
        today: What the store knows of the day.
    """
    if model == UPTAKE:
        told = today.lines.unique(LINE).select(LINE, observed=(pl.col("retail_disc") > 0).cast(pl.Float64))
        found = answers.drop("observed").join(told, on=LINE, how="left", maintain_order="left")
        return found.with_columns(pl.col("observed").fill_null(0.0))
    sold = _with_partner(today).group_by("partner_id").agg(observed=pl.len().cast(pl.Float64))
    found = answers.drop("observed").join(sold, on="partner_id", how="left", maintain_order="left")
    return found.with_columns(pl.col("observed").fill_null(0.0))


def train(model: str, asked: list[Questions], seed: int) -> str:
    """A booster as text, from earlier questions."""
    import lightgbm  # noqa: PLC0415 - slow, and not needed where models come from a file

    features = np.concatenate([one.features for one in asked])
    base = np.concatenate([one.base for one in asked])
    labels = np.concatenate([one.frame["observed"].to_numpy() for one in asked]) / base
    if len(labels) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(labels), _MOST_ROWS, replace=False)
        features, labels, base = features[chosen], labels[chosen], base[chosen]
    parameters: dict[str, Any] = {**_PARAMETERS, "objective": "binary" if model == UPTAKE else "regression", "seed": 7}
    data = lightgbm.Dataset(features, labels, weight=base)
    return lightgbm.train(parameters, data, num_boost_round=_TREES).model_to_string()


def answer(booster: str, asked: Questions) -> pl.DataFrame:
    """The questions with the column `expected`."""
    import lightgbm  # noqa: PLC0415

    if not len(asked.features):
        return asked.frame.with_columns(expected=pl.lit(None, pl.Float64))
    scores = np.asarray(lightgbm.Booster(model_str=booster).predict(asked.features, num_threads=1), dtype=np.float64)
    return asked.frame.with_columns(pl.Series("expected", np.maximum(scores, 0.0) * asked.base))


def golden_change(before: str, after: str, golden: Questions) -> float:
    """Mean absolute change of the answers on the golden set, relative to their mean."""
    old, new = (answer(booster, golden)["expected"].to_numpy() for booster in (before, after))
    return float(np.abs(old - new).mean() / np.abs(old).mean())


def _uptake(past: pl.DataFrame, today: pl.DataFrame) -> Questions:
    discounted = (pl.col("retail_disc") > 0).cast(pl.Float64)
    weekday = pl.col(AT).dt.offset_by("-6h").dt.weekday().cast(pl.Float64)
    columns = [weekday.alias("weekday")]
    frame = today.lazy()
    for key in _KEYS:
        known = past.lazy().group_by(key).agg(
            pl.len().cast(pl.Float64).alias(f"{key}.lines"), discounted.mean().alias(f"{key}.share")
        )  # fmt: skip
        frame = frame.join(known, on=key, how="left", maintain_order="left")
        columns += [pl.col(f"{key}.lines").fill_null(0.0), pl.col(f"{key}.share")]
    price = (pl.col("sales_value") / pl.col("quantity").clip(1)).mean().alias("price")
    prices = past.lazy().group_by("product_id").agg(price)
    frame = frame.join(prices, on="product_id", how="left", maintain_order="left")
    columns.append(pl.col("price"))
    told = frame.select(
        LINE, "store_id", "department", pl.col(AT).alias("moment"), discounted.alias("observed"), *columns
    ).collect()  # fmt: skip
    kept = (LINE, "store_id", "department", "moment", "observed")
    return Questions(told.select(kept), told.drop(kept).cast(pl.Float64).to_numpy(), np.ones(told.height))


def _demand(past: Tables, today: Tables, day: int) -> Questions:
    back = -((start_of(day) - pl.col(AT)).dt.total_microseconds() // (DAY.total_seconds() * 1e6)).cast(pl.Int64) - 1
    known = _with_partner(past).with_columns(back=back)
    recent = known.group_by("partner_id").agg(
        lines_28d=pl.len() / HISTORY_DAYS,
        lines_7d=(pl.col("back") >= -7).sum() / 7,
        lines_1d=(pl.col("back") >= -1).sum().cast(pl.Float64),
        same_weekday=pl.col("back").is_in([-7, -14, -21, -28]).sum() / 4,
        share=(pl.col("retail_disc") > 0).mean(),
    )
    sold = _with_partner(today).group_by("partner_id").agg(observed=pl.len().cast(pl.Float64))
    frame = (
        past.partners.lazy()
        .select("partner_id")
        .join(recent.lazy(), on="partner_id", how="left", maintain_order="left")
        .join(sold.lazy(), on="partner_id", how="left", maintain_order="left")
        .with_columns(pl.col("observed").fill_null(0.0), moment=pl.lit(start_of(day)).dt.cast_time_unit("us"))
        .collect()
    )
    weekday = float(start_of(day).weekday())
    names = ["lines_28d", "lines_7d", "lines_1d", "same_weekday", "share"]
    columns = frame.select(*(pl.col(name).cast(pl.Float64).fill_null(0.0) for name in names), weekday=pl.lit(weekday))
    features = columns.to_numpy()
    return Questions(frame.select("partner_id", "moment", "observed"), features, features[:, 0] + _LEAST_BASE)


def _with_partner(tables: Tables) -> pl.DataFrame:
    made = tables.lines.select("product_id", "retail_disc", AT).join(tables.products, on="product_id")
    return made.join(tables.partners, on="manufacturer_id")
