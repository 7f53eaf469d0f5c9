"""What the store receives from others, and what it extracts from that itself."""

import polars as pl

import steek as sk

# Over the real year these four hold no day back; volumes, delays and new stores do vary, so they only warn.
CERTAIN = ("duplicate_batch", "near_duplicate", "time_bucket", "future")

transactions = sk.Dataset(
    "transactions",
    contract="contracts/transactions.yaml",
    event_time="transaction_timestamp",
    volume_by=("store_id",),
    feed=sk.FeedChecks(hold=CERTAIN),
    owner="data@grocer",
)


def single_spaces(products: pl.DataFrame) -> pl.DataFrame:
    """The master pads texts: "12  OZ" and "12 OZ" are the same size."""
    return products.with_columns(pl.col("package_size", "product_type").str.replace_all(r"\s+", " "))


products = sk.Dataset(
    "products",
    contract="contracts/products.yaml",
    mode="replace",
    cleaning=[
        sk.clean.custom(
            "one space between words",
            single_spaces,
            changes=("package_size", "product_type"),
            implied=sk.Implied(high_bytes_fraction=1.0),
        )
    ],
    owner="data-platform@grocer",
)
promotions = sk.Dataset(
    "promotions", contract="contracts/promotions.yaml", event_time="starts_at", owner="marketing@grocer"
)
partners = sk.Dataset("partners", contract="contracts/partners.yaml", mode="replace", owner="partners@grocer")
demographics = sk.Dataset(
    "demographics", contract="contracts/demographics.yaml", mode="replace", owner="loyalty@grocer"
)


@sk.derived_dataset(event_time="transaction_timestamp", owner="partners@grocer")
def partner_lines(
    transactions: pl.LazyFrame, products: pl.LazyFrame, partners: pl.LazyFrame, join: sk.CountingJoin
) -> pl.LazyFrame:
    """Every line sold, with the partner who made the product: what partner models and partner reports read."""
    made = join(
        transactions.select(
            "basket_id", "store_id", "product_id", "sales_value", "retail_disc", "transaction_timestamp"
        ),
        products.select("product_id", "manufacturer_id"),
        on="product_id",
        name="lines x products",
    )
    known = join(made, partners.select("manufacturer_id", "partner_id"), on="manufacturer_id", name="lines x partners")
    return known.select("partner_id", "basket_id", "store_id", "sales_value", "retail_disc", "transaction_timestamp")
