"""A fleet: one Poisson regression for each of 570 and some partners, on 35 days of their own real demand.

Ours: `fit_members`: splits the rows, hands each member a copy of its own, standardises, fits by reweighted least
squares in this process, judges the fit, writes the artifact and a report with the range of what was seen.
Peer: a loop of scikit-learn's `PoissonRegressor` over the same arrays, split, filled and scaled already, on one thread
as ours (its helpers wait for each other longer than such a fit takes); it writes no artifact. Both its solvers are
shown; the faster one counts.
scikit-learn is no dependency: it is looked for in the environment and in benchmarks/.peers
(`pip install --no-deps --target benchmarks/.peers scikit-learn joblib threadpoolctl cloudpickle`).
"""

import functools
import importlib.util
import sys
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import grocer_store as store
import measuring
from steek.engines import LocalEngine
from steek.training.fleet_fit import MemberFit, fit_members
from steek.training.learners import Poisson

DAYS, WINDOW_DAYS, ROUNDS = 35, 28, 5
HALF_LIFE_DAYS = 5.0
NAMES = (
    "partner_recent.log_lines_28d",
    "partner_recent.discounted_share",
    *(f"calendar.{day}" for day in ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")),
)
SOLVERS = ("lbfgs", "newton-cholesky")
PEERS = Path(__file__).resolve().parent / ".peers"


def main() -> None:
    frame = _examples()
    engine = LocalEngine(1)
    contestants: dict[str, Callable[[], object]] = {"ours": lambda: _ours(frame, engine)}
    if _has_peer():
        arrays = _arrays(frame)
        contestants |= {solver: functools.partial(_fit_each, solver, arrays) for solver in SOLVERS}
    spent = {name: measuring.median(rounds) for name, rounds in measuring.take_turns(ROUNDS, **contestants).items()}
    fits = _ours(frame, engine)
    members = len(fits)
    fitted = sum(fit.outcome == "fitted" for fit in fits)
    print(
        f"{members} members, {frame.height:,} rows, {len(NAMES)} features; {fitted} fitted; median of {ROUNDS} rounds"
    )
    measuring.say("fit_members", spent["ours"], "artifact and report each")
    for solver in SOLVERS:
        if solver in spent:
            measuring.say(f"PoissonRegressor, {solver}", spent[solver], "arrays ready")
        else:
            print("  peer missing: scikit-learn is not installed")
            break
    figure = members / spent["ours"].wall_s
    peer_figure = max((members / spent[solver].wall_s for solver in SOLVERS if solver in spent), default=None)
    measuring.Result(
        name="fleet",
        figure=figure,
        unit="models/s",
        peer="a loop of sklearn.linear_model.PoissonRegressor" + ("" if peer_figure else " (not installed)"),
        peer_figure=peer_figure,
        limit_figure=None,
        goal="at least 500 models/s, and faster than the peer",
        met=figure >= 500 and (peer_figure is None or figure >= peer_figure),
    ).end()


def _examples() -> pl.DataFrame:
    """What the store's fleet learns from, one row a partner and day."""
    since = store.PRESENT - timedelta(days=DAYS + WINDOW_DAYS)
    partners = store.world().partner_table()
    lines = store.lines_between(since, store.PRESENT).join(
        store.real_table("products").select("product_id", "manufacturer_id").collect(), on="product_id"
    )
    sold = lines.join(partners, on="manufacturer_id").select(
        "partner_id",
        discounted=pl.col("retail_disc") > 0,
        day=(pl.col("transaction_timestamp") - since).dt.total_seconds() // 86_400,
    )
    days = pl.DataFrame({"day": range(DAYS + WINDOW_DAYS)}, schema={"day": pl.Int64})
    daily = sold.group_by("partner_id", pl.col("day").cast(pl.Int64)).agg(
        lines=pl.len(), discounted=pl.sum("discounted")
    )
    grid = partners.select("partner_id").join(days, how="cross").join(daily, on=["partner_id", "day"], how="left")
    by_day = grid.with_columns(pl.col("lines", "discounted").fill_null(0)).sort("partner_id", "day")
    before = {
        name: pl.col(name).shift(1).rolling_sum(WINDOW_DAYS).over("partner_id") for name in ("lines", "discounted")
    }
    weekday = (since.weekday() + pl.col("day")) % 7
    calendar = [(weekday == number).cast(pl.Float32).alias(name) for number, name in enumerate(NAMES[2:], start=1)]
    features = by_day.with_columns(
        (before["lines"] + 1.0).log().cast(pl.Float32).alias(NAMES[0]),
        (before["discounted"] / before["lines"]).cast(pl.Float32).alias(NAMES[1]),
        *calendar,
        pl.col("lines").cast(pl.Float64).alias("_label"),
        (0.5 ** ((DAYS + WINDOW_DAYS - pl.col("day")) / HALF_LIFE_DAYS)).alias("_weight"),
    )
    return features.filter(pl.col("day") >= WINDOW_DAYS).with_row_index("_query")


def _ours(frame: pl.DataFrame, engine: LocalEngine) -> list[MemberFit]:
    return fit_members(
        frame, member_column="partner_id", feature_names=NAMES, learner=Poisson(ridge=1.0), seed=7, engine=engine
    )


def _has_peer() -> bool:
    sys.path.append(str(PEERS))
    return importlib.util.find_spec("sklearn") is not None


def _arrays(frame: pl.DataFrame) -> list[tuple[Any, Any, Any]]:
    """Matrix without holes, labels and weights of each partner; the peer does not take NaN."""
    split: list[tuple[Any, Any, Any]] = []
    for part in frame.partition_by("partner_id", maintain_order=True):
        matrix = np.nan_to_num(part.select(NAMES).fill_null(0).to_numpy().astype(np.float64))
        spread = matrix.std(axis=0)
        scaled = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1)
        split.append((scaled, part["_label"].to_numpy(), part["_weight"].to_numpy()))
    return split


def _fit_each(solver: str, arrays: list[tuple[Any, Any, Any]]) -> list[Any]:
    regressor = importlib.import_module("sklearn.linear_model").PoissonRegressor
    one_thread = importlib.import_module("threadpoolctl").threadpool_limits(1)
    with one_thread, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            # The same objective: it divides the loss by the sum of the weights.
            regressor(alpha=1 / weights.sum(), solver=solver).fit(matrix, labels, sample_weight=weights)
            for matrix, labels, weights in arrays
            if labels.sum() > 0
        ]


if __name__ == "__main__":
    main()
