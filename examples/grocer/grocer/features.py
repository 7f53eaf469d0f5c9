"""Features, declared once: training, backfill, evaluation and serving all use these functions."""

from datetime import datetime, timedelta

import polars as pl

import steek as sk

OWNER = "ranking@grocer"
SOLD_AT = pl.col("transaction_timestamp")


def within(as_of: datetime, days: int) -> pl.Expr:
    """Whether a line was sold in the last `days` before `as_of`."""
    return pl.lit(as_of - timedelta(days=days)) <= SOLD_AT


def unit_price() -> pl.Expr:
    return pl.col("sales_value") / pl.col("quantity").clip(1)


@sk.feature_view(entity=("product_category", "product_id"), lookback="56d", time_to_live="2d", owner=OWNER)
def category_product(transactions: pl.LazyFrame, products: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """The products of a category: how often they sell, to how many households, at what price and discount."""
    sold = transactions.join(products.select("product_id", "product_category"), on="product_id").drop_nulls(
        "product_category"
    )
    counted = sold.group_by("product_category", "product_id").agg(
        lines_56d=pl.len(),
        lines_28d=within(as_of, 28).sum(),
        lines_7d=within(as_of, 7).sum(),
        households_56d=pl.n_unique("household_id"),
        price_usd=unit_price().mean(),
        price_7d_usd=unit_price().filter(within(as_of, 7)).mean(),
        discounted_share=(pl.col("retail_disc") > 0).mean(),
        discounted_share_7d=(pl.col("retail_disc") > 0).filter(within(as_of, 7)).mean(),
    )
    category = "product_category"
    return counted.with_columns(
        share_of_category=pl.col("lines_56d") / pl.col("lines_56d").sum().over(category),
        rank_in_category=pl.col("lines_56d").rank("min", descending=True).over(category),
        price_against_category=pl.col("price_usd") / pl.col("price_usd").mean().over(category),
        price_drop=pl.col("price_7d_usd") / pl.col("price_usd"),
    ).drop("price_7d_usd")


@sk.feature_view(entity=("store_id", "product_id"), lookback="56d", time_to_live="2d", owner=OWNER)
def store_product(transactions: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """What sells in this store."""
    return transactions.group_by("store_id", "product_id").agg(lines_56d=pl.len(), lines_7d=within(as_of, 7).sum())


@sk.feature_view(
    entity=("store_id", "product_id"), lookback="7d", time_to_live="8d", every="7d", owner="marketing@grocer"
)
def promotion(promotions: pl.LazyFrame) -> pl.LazyFrame:
    """Where the product stands on display in this store this week, and whether the mailer shows it."""
    return promotions.group_by("store_id", "product_id").agg(
        on_display=(pl.col("display_location") != "0").max().cast(pl.Float32),
        in_mailer=(pl.col("mailer_location") != "0").max().cast(pl.Float32),
    )


@sk.feature_view(entity=("household_id", "product_id"), lookback="120d", time_to_live="2d", owner=OWNER)
def household_product(transactions: pl.LazyFrame, products: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """What this household bought before: how often, how long ago, which share of the category."""
    counted = (
        transactions.join(products.select("product_id", "product_category"), on="product_id")
        .group_by("household_id", "product_id", "product_category")
        .agg(
            lines_120d=pl.len(),
            lines_56d=within(as_of, 56).sum(),
            lines_28d=within(as_of, 28).sum(),
            days_since_last=(pl.lit(as_of) - SOLD_AT.max()).dt.total_hours() / 24,
            days_since_first=(pl.lit(as_of) - SOLD_AT.min()).dt.total_hours() / 24,
        )
    )
    share = pl.col("lines_120d") / pl.col("lines_120d").sum().over("household_id", "product_category")
    return counted.with_columns(share_of_category=share).drop("product_category")


@sk.feature_view(entity=("household_id", "product_category"), lookback="120d", time_to_live="2d", owner=OWNER)
def household_category(transactions: pl.LazyFrame, products: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """How this household buys a category: lines, days with a purchase, rhythm, discounts."""
    bought = transactions.join(products.select("product_id", "product_category"), on="product_id").drop_nulls(
        "product_category"
    )
    return bought.group_by("household_id", "product_category").agg(
        lines_120d=pl.len(),
        lines_28d=within(as_of, 28).sum(),
        days_120d=SOLD_AT.dt.date().n_unique(),
        days_since_last=(pl.lit(as_of) - SOLD_AT.max()).dt.total_hours() / 24,
        days_since_first=(pl.lit(as_of) - SOLD_AT.min()).dt.total_hours() / 24,
        discounted_share=(pl.col("retail_disc") > 0).mean(),
    )


@sk.feature_view(entity=("household_id",), lookback="56d", time_to_live="2d", owner=OWNER)
def household_recent(transactions: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """How often and how much a household shops."""
    return transactions.group_by("household_id").agg(
        lines_56d=pl.len(),
        visits_56d=pl.n_unique("basket_id"),
        visits_7d=pl.col("basket_id").filter(within(as_of, 7)).n_unique(),
        spend_56d_usd=pl.sum("sales_value"),
        days_since_last=(pl.lit(as_of) - SOLD_AT.max()).dt.total_hours() / 24,
    )


@sk.feature_view(entity=("partner_id",), lookback="28d", time_to_live="3d", owner="partners@grocer")
def partner_recent(partner_lines: pl.LazyFrame) -> pl.LazyFrame:
    """How a partner's products sold over four weeks."""
    return partner_lines.group_by("partner_id").agg(
        log_lines_28d=(pl.len() + 1.0).log(),
        discounted_share=(pl.col("retail_disc") > 0).mean(),
        sales_28d_usd=pl.sum("sales_value"),
    )


@sk.moment_features(owner="partners@grocer")
def calendar(moment: pl.Expr) -> dict[str, pl.Expr]:
    """The day of the week, one column a day except Monday."""
    names = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {name: (moment.dt.weekday() == number).cast(pl.Float32) for number, name in enumerate(names, start=2)}
