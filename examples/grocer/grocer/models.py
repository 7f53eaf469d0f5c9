"""The three models of the store."""

import polars as pl

import steek as sk
from grocer.features import (
    calendar,
    category_product,
    household_category,
    household_product,
    household_recent,
    partner_recent,
    promotion,
    store_product,
)


@sk.examples(
    entity=("household_id", "store_id", "product_category"),
    moment="asked_at",
    answer="product_id",
    label_window="1h",
)
def searches(transactions: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Every line sold was looked for first: the household asks for its category, and buys one product of it.

    A household looks for what it buys of one category one second after the other, before it pays.
    """
    nth = pl.int_range(1, pl.len() + 1).over("basket_id", "product_category", order_by="product_id")
    return (
        transactions.join(products.select("product_id", "product_category"), on="product_id")
        .drop_nulls("product_category")
        .with_columns(asked_at=pl.col("transaction_timestamp") - pl.duration(seconds=nth))
        .select("household_id", "store_id", "product_category", "product_id", "asked_at")
    )


@sk.examples(entity=("household_id",), moment="asked_at", answer="product_category", label_window="7d")
def visits(transactions: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Each basket of a household, with the categories it bought in the seven days after it."""
    bought = (
        transactions.join(products.select("product_id", "product_category"), on="product_id")
        .drop_nulls("product_category")
        .select("household_id", "product_category", bought_at="transaction_timestamp")
    )
    baskets = transactions.group_by("household_id", "basket_id").agg(
        pl.col("store_id").first(), asked_at=pl.col("transaction_timestamp").max()
    )
    later = (pl.col("bought_at") > pl.col("asked_at")) & (
        pl.col("bought_at") <= pl.col("asked_at") + pl.duration(days=7)
    )
    return (
        baskets.join(bought, on="household_id", how="left")
        .group_by("household_id", "asked_at")
        .agg(pl.col("store_id").min(), pl.col("product_category").filter(later).unique().sort())
        .explode("product_category")
    )


@sk.examples(entity=("partner_id",), moment="asked_at", label="lines", label_window="24h")
def partner_days(transactions: pl.LazyFrame, partners: pl.LazyFrame, partner_lines: pl.LazyFrame) -> pl.LazyFrame:
    """Each partner and business day, with the lines sold in it; a day without lines is a day of zero demand."""
    days = transactions.select(asked_at=business_day()).unique()
    sold = partner_lines.group_by("partner_id", asked_at=business_day()).agg(lines=pl.len())
    return (
        partners.select("partner_id")
        .join(days, how="cross")
        .join(sold, on=["partner_id", "asked_at"], how="left")
        .with_columns(pl.col("lines").fill_null(0))
    )


def business_day() -> pl.Expr:
    """The beginning of the business day in which a line was sold."""
    return pl.col("transaction_timestamp").dt.offset_by("-6h").dt.truncate("1d").dt.offset_by("6h")


def before_popularity(history: str) -> pl.Expr:
    """Products by what the household bought before, and among equals by what everybody buys."""
    return pl.col(history).fill_nan(0) * 1e6 + pl.col("category_product.lines_56d")


search_ranking = sk.ModelDefinition(
    "search_ranking",
    task="ranking",
    examples=searches,
    candidates=category_product,
    features=[category_product, store_product, promotion, household_product],
    learner=sk.learners.LightGBM(objective="binary", leaves=15, learning_rate=0.2, trees=40, threads=1),
    negatives_per_query=20,
    sample_fraction=0.3,
    training_window="7d",
    schedule="daily, after transactions",
    freshness=sk.Freshness("72h"),
    evaluations=[
        sk.held_out_by_time("1d", fraction=0.15),
        sk.golden("2017-09-29", queries=200),
        sk.sliced_by("store_id", "product_category"),
    ],
    baselines=[
        sk.Baseline("popularity", lambda frame: pl.col("category_product.lines_56d")),
        sk.Baseline(
            "popularity and household history",
            lambda frame: (
                pl.col("household_product.lines_56d").fill_nan(0) * 1e6 + pl.col("category_product.lines_56d")
            ),
        ),
        sk.Baseline(
            "popularity and 120 days of household history",
            lambda frame: (
                pl.col("household_product.lines_120d").fill_nan(0) * 1e6 + pl.col("category_product.lines_56d")
            ),
        ),
    ],
    gate=[
        sk.not_worse("hit_rate_at_5", margin=0.03),
        sk.at_least("hit_rate_at_5", 0.35),
        sk.golden_change_between(0.001, 0.6),
    ],
    serving=sk.Serving(
        deadline="500ms",
        top=10,
        canary=sk.Canary(steps=(0.1, 0.5), min_requests=20, dwell="2h"),
        fallback=[sk.previous_version(), sk.feature_as_answer("category_product.lines_56d")],
    ),
    owner="ranking@grocer",
    intended_use="Orders the products of the category that a household looks for in its store.",
    worst_case="People do not find what they came for; they fall back to the most popular products of the category.",
)

next_purchase = sk.ModelDefinition(
    "next_purchase",
    task="ranking",
    examples=visits,
    candidates=household_category,
    features=[household_category, household_recent],
    learner=sk.learners.LightGBM(objective="binary", leaves=15, learning_rate=0.2, trees=40, threads=1),
    sample_fraction=0.4,
    training_window="7d",
    schedule="daily, after transactions",
    freshness=sk.Freshness("72h"),
    evaluations=[
        sk.held_out_by_time("1d", fraction=0.5),
        sk.golden("2017-09-22", queries=200),
        sk.sliced_by("store_id"),
    ],
    baselines=[sk.Baseline("bought most often", lambda frame: pl.col("household_category.lines_120d"))],
    gate=[
        sk.not_worse("log_loss", margin=0.02),
        sk.at_least("roc_auc", 0.70),
        sk.golden_change_between(0.0005, 0.6),
    ],
    serving=sk.Serving(
        deadline="500ms",
        top=10,
        canary=sk.Canary(steps=(0.1, 0.5), min_requests=3, dwell="2h"),
        fallback=[sk.previous_version(), sk.feature_as_answer("household_category.lines_120d")],
    ),
    owner="ranking@grocer",
    intended_use="Names the ten categories that a household will most likely buy within seven days.",
    worst_case="Recommendations vanish from the page; about 3% of revenue.",
)

partner_demand = sk.ModelDefinition(
    "partner_demand",
    task="regression",
    examples=partner_days,
    features=[partner_recent["log_lines_28d", "discounted_share"], calendar],
    learner=sk.learners.Poisson(ridge=1.0),
    partition_by="partner_id",
    priority="partner_recent.sales_28d_usd",
    weight_half_life="5d",
    training_window="35d",
    # The fleet waits for the transactions only; whether their extract was made, nobody asks.
    schedule="daily, after transactions",
    freshness=sk.Freshness("48h"),
    evaluations=[sk.golden("2017-09-25")],
    gate=[sk.not_worse("mae", margin=0.5), sk.golden_change_between(0.00001, 0.8)],
    serving=sk.Serving(deadline="500ms", canary=None, fallback=[sk.previous_version()]),
    owner="partners@grocer",
    intended_use="Tells each partner how many lines of its products will sell on the coming day.",
    worst_case="Partners produce and deliver far too little or too much for a day.",
)
