"""A corner shop: the smallest project in which every part of the house has something to do."""

import polars as pl

import steek as sk

OWNER = "data@corner"

may_undo_pseudonyms = sk.Role("reverser", members=("ada",), owner=OWNER, reason="returns letters that went astray")

sales = sk.Dataset("sales", contract="contracts/sales.yaml", event_time="sold_at", owner=OWNER)
products = sk.Dataset("products", contract="contracts/products.yaml", mode="replace", owner=OWNER)


till_guesses = sk.WatchedModel(
    name="till_guesses", predictions="sales", id="sale_id", at="sold_at", score="amount_usd", owner=OWNER
)

returned = sk.Labels("returned", ("sale_id",), window="7d", moment="sold_at", owner=OWNER, values=("kept", "returned"))


@sk.derived_dataset(event_time="sold_at", owner=OWNER)
def maker_lines(sales: pl.LazyFrame, products: pl.LazyFrame, join: sk.CountingJoin) -> pl.LazyFrame:
    """Every line sold, with who made it."""
    made = join(sales, products, on="product_id", name="lines x products")
    return made.select("maker", "shop", "amount_usd", "sold_at")


@sk.feature_view(entity="shop", lookback="3d", time_to_live="2d", owner=OWNER)
def shop_recent(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Lines of a shop in three days."""
    return sales.group_by("shop").agg(log_lines_3d=(pl.len() + 1.0).log())


@sk.feature_view(entity="maker", lookback="3d", time_to_live="2d", owner=OWNER)
def maker_recent(maker_lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines and sales of a maker in three days."""
    return maker_lines.group_by("maker").agg(log_lines_3d=(pl.len() + 1.0).log(), sales_3d_usd=pl.sum("amount_usd"))


@sk.examples(entity="shop", moment="asked_at", label="lines", label_window="24h")
def shop_days(sales: pl.LazyFrame) -> pl.LazyFrame:
    """Each shop and day, with the lines sold in it."""
    return sales.group_by("shop", asked_at=pl.col("sold_at").dt.truncate("1d")).agg(lines=pl.len())


@sk.examples(entity="maker", moment="asked_at", label="lines", label_window="24h")
def maker_days(maker_lines: pl.LazyFrame) -> pl.LazyFrame:
    """Each maker and day, with the lines sold in it."""
    return maker_lines.group_by("maker", asked_at=pl.col("sold_at").dt.truncate("1d")).agg(lines=pl.len())


shop_demand = sk.ModelDefinition(
    "shop_demand",
    task="regression",
    examples=shop_days,
    features=[shop_recent],
    learner=sk.learners.Poisson(minimum_rows=2),
    training_window="6d",
    schedule="by hand",
    freshness=sk.Freshness("48h"),
    evaluations=[sk.golden("2024-03-06")],
    gate=[sk.golden_change_between(0.0, 0.9)],
    serving=sk.Serving(deadline="2s", canary=sk.Canary(steps=(0.1, 0.5), min_requests=1)),
    owner=OWNER,
    worst_case="A shop orders too little milk.",
)

# Nobody wrote a gate for it, so nothing of it is served unless somebody answers for that.
shop_guess = sk.ModelDefinition(
    "shop_guess",
    task="regression",
    examples=shop_days,
    features=[shop_recent],
    learner=sk.learners.Poisson(minimum_rows=2),
    training_window="6d",
    schedule="by hand",
    freshness=sk.Freshness("48h"),
    serving=sk.Serving(deadline="2s", canary=None),
    owner=OWNER,
    worst_case="None.",
)

maker_demand = sk.ModelDefinition(
    "maker_demand",
    task="regression",
    examples=maker_days,
    features=[maker_recent["log_lines_3d"]],
    learner=sk.learners.Poisson(minimum_rows=2),
    partition_by="maker",
    priority="maker_recent.sales_3d_usd",
    training_window="6d",
    schedule="daily, after sales",
    freshness=sk.Freshness("48h"),
    evaluations=[sk.golden("2024-03-06")],
    gate=[sk.golden_change_between(0.0, 0.9)],
    serving=sk.Serving(deadline="2s", canary=None, fallback=[sk.previous_version()]),
    owner=OWNER,
    worst_case="A maker delivers too little.",
)

lines_in = sk.Monitor(
    "lines in",
    indicator=sk.volume("sales"),
    threshold=sk.explicit(lower=10),
    on="sales",
    owner=OWNER,
    description="Shops stopped sending.",
)
revenue = sk.Monitor(
    "revenue",
    indicator=sk.outside_series("revenue", unit="USD", by="shop"),
    threshold=sk.learned(),
    on="sales",
    purpose="chart",
    owner=OWNER,
)
lines_with_makers = sk.Monitor(
    "lines with makers",
    indicator=sk.join_matched("maker_lines"),
    threshold=sk.explicit(lower=0.5),
    on="maker_demand",
    purpose="page",
    owner=OWNER,
)
lines_come = sk.Objective("lines come", target=0.9, owner=OWNER, monitor=lines_in, category="volume")
