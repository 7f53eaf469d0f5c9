"""Faults of the data that arrive."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
from benchmarks.detection.days import AT, Tables
from benchmarks.detection.planted import LINES, Ground, Planted

_RISING_DAYS, _RISING_WINDOWS = 42, 49
_NEW_KEY_OFFSET = 100_000


def vanished(ground: Ground, column: str, first: int, last: int, *, windows: int = 7) -> Planted:
    """A slice is not delivered any more."""
    value = ground.pick(column, first, last)
    gone = _is(column, value)
    return Planted(
        day=ground.day, subject=LINES, slices=(f"{column}={value}",), windows=windows,
        lines=lambda frame: frame.filter(~gone),
    )  # fmt: skip


def duplicated(ground: Ground, share: float, store: tuple[int, int] | None = None) -> Planted:
    """Rows come twice, byte by byte."""
    value = None if store is None else ground.pick("store_id", *store)

    def twice(frame: pl.DataFrame) -> pl.DataFrame:
        chosen = frame.filter(ground.some(frame, share))
        return pl.concat([frame, chosen if value is None else chosen.filter(_is("store_id", value))])

    slices = () if value is None else (f"store_id={value}",)
    return Planted(day=ground.day, subject=LINES, slices=slices, share=share, lines=twice)


def shifted(ground: Ground, hours: float, share: float, store: tuple[int, int] | None = None) -> Planted:
    """Times of sale are late, as when a time zone is left out; `share` is what lands in another window."""
    value = None if store is None else ground.pick("store_id", *store)
    later = pl.col(AT) + timedelta(hours=hours)
    touched = pl.lit(True) if value is None else _is("store_id", value)
    slices = () if value is None else (f"store_id={value}",)
    return Planted(
        day=ground.day, subject=LINES, slices=slices, share=share,
        lines=lambda frame: frame.with_columns(pl.when(touched).then(later).otherwise(pl.col(AT)).alias(AT)),
    )  # fmt: skip


def rescaled(
    ground: Ground, columns: tuple[str, ...], factor: float, share: float = 1.0, store: tuple[int, int] | None = None
) -> Planted:
    """Numbers come in another unit: cents for dollars."""
    value = None if store is None else ground.pick("store_id", *store)
    where = pl.lit(True) if value is None else _is("store_id", value)
    scaled = [(pl.col(name) * factor).alias(name) for name in columns]

    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        touched = frame.select(where & pl.lit(ground.some(frame, share))).to_series()
        return pl.concat([frame.filter(~touched), frame.filter(touched).with_columns(scaled)]).sort(AT)

    slices = () if value is None else (f"store_id={value}",)
    return Planted(day=ground.day, subject=LINES, slices=slices, share=share, lines=spoil)


def renamed(ground: Ground, first: int, last: int, share: float = 1.0) -> Planted:
    """A department gets another name in some of the rows, or in all."""
    value = ground.pick("department", first, last)
    new = value.capitalize()

    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        touched = pl.lit(ground.some(frame, share)) & _is("department", value)
        return frame.with_columns(pl.when(touched).then(pl.lit(new)).otherwise("department").alias("department"))

    slices = (f"department={value}", f"department={new}")
    return Planted(day=ground.day, subject=LINES, slices=slices, share=share, lines=spoil)


def nulls_rising(ground: Ground, most: float, store: tuple[int, int] | None = None) -> Planted:
    """Discounts are missing in more and more rows."""
    value = None if store is None else ground.pick("store_id", *store)
    where = pl.lit(True) if value is None else _is("store_id", value)

    def spoil(frame: pl.DataFrame) -> pl.DataFrame:
        touched = pl.lit(ground.ramp(frame, most, _RISING_DAYS)) & where
        return frame.with_columns(pl.when(touched).then(None).otherwise("retail_disc").alias("retail_disc"))

    slices = () if value is None else (f"store_id={value}",)
    return Planted(
        day=ground.day, subject=LINES, slices=slices, share=most, windows=_RISING_WINDOWS, lines=spoil
    )  # fmt: skip


def not_numbers(ground: Ground, share: float, *, windows: int = 14) -> Planted:
    """Here and there the sales value is NaN."""
    return Planted(
        day=ground.day, subject=LINES, share=share, windows=windows,
        lines=lambda frame: frame.with_columns(
            pl.when(pl.lit(ground.some(frame, share))).then(float("nan")).otherwise("sales_value").alias("sales_value")
        ),
    )  # fmt: skip


def key_changed(ground: Ground, first: int, last: int, *, windows: int = 7) -> Planted:
    """The product master has a new key for one manufacturer, so that its lines find no partner."""
    partner = ground.pick_partner(first, last)
    chosen = ground.tables.partners.filter(partner_id=partner)["manufacturer_id"]

    def spoil(tables: Tables) -> Tables:
        key = pl.col("manufacturer_id")
        changed = pl.when(key.is_in(chosen.implode())).then(key + _NEW_KEY_OFFSET).otherwise(key)
        return replace(tables, products=tables.products.with_columns(changed.alias("manufacturer_id")))

    return Planted(
        day=ground.day, subject="dataset:products", slices=(f"partner_id={partner}",), windows=windows, masters=spoil
    )


def discounted_dropped(ground: Ground, share: float, store: tuple[int, int] | None = None) -> Planted:
    """Rows with a discount are lost."""
    value = None if store is None else ground.pick("store_id", *store)
    where = pl.lit(True) if value is None else _is("store_id", value)
    touched = (pl.col("retail_disc") > 0) & where
    slices = () if value is None else (f"store_id={value}",)
    return Planted(
        day=ground.day, subject=LINES, slices=slices, share=share,
        lines=lambda frame: frame.filter(~(touched & pl.lit(ground.some(frame, share)))),
    )  # fmt: skip


def promotion(ground: Ground, department: tuple[int, int], *, told: bool) -> Planted:
    """A planned week: a department sells 60% more lines, a fifth cheaper, at a discount. Nothing is broken."""
    value = ground.pick("department", *department)
    promoted = _is("department", value)

    def sell_more(frame: pl.DataFrame) -> pl.DataFrame:
        more = frame.filter(promoted & pl.lit(ground.some(frame, 0.6)))
        more = more.with_columns(pl.col("basket_id") + 10**12)
        cheaper = frame.with_columns(
            pl.when(promoted).then(pl.col("sales_value") * 0.8).otherwise("sales_value").alias("sales_value"),
            pl.when(promoted)
            .then(pl.col("retail_disc") + pl.col("sales_value") * 0.2)
            .otherwise("retail_disc")
            .alias("retail_disc"),
        )
        return pl.concat([cheaper, more])

    return Planted(
        day=ground.day, subject=LINES, slices=(f"department={value}",), lines=sell_more, told=told
    )  # fmt: skip


def _is(column: str, value: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).eq_missing(pl.lit(value))
