"""Which statement about an example holds: the newest one that was known."""

import polars as pl

from steek.data.labels.declaration import LABEL, POSITION, STATED_AT, Labels

NUMBER = "number"


def newest(declared: Labels, statements: pl.LazyFrame, *per: str) -> pl.LazyFrame:
    """One row per example (and per further column): the statement of the latest batch, in it the last one.

    Args:
        declared: Whose labels.
        statements: Rows with `number`, the place of their batch in time, and `position` in it.
        per: Further columns, e.g. "annotator", whose values speak for themselves.
    """
    return (
        statements.sort(NUMBER, POSITION)
        .group_by([*declared.example, *per], maintain_order=True)
        .agg(pl.all().last(), statements=pl.len(), changed=pl.col(LABEL).n_unique() > 1)
    )


def with_maturity(declared: Labels, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds matures_at, when the label window ends, and is_late: stated after it."""
    matures = pl.col(declared.moment).dt.offset_by(f"{int(declared.length.total_seconds() * 1e6)}us")
    return rows.with_columns(matures_at=matures).with_columns(is_late=pl.col(STATED_AT) > pl.col("matures_at"))


def changed_examples(declared: Labels, before: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """Examples whose label a batch changed: their columns, label_before, label, and wrong_from.

    `wrong_from` is the number of the batch that first said the label that held until then, so that readers of any
    version from it on, and before this batch, were told the wrong one.

    Args:
        declared: Whose labels.
        before: All statements of earlier batches.
        batch: The statements of the batch.
    """
    example = declared.example
    held = newest(declared, before.lazy()).select(*example, pl.col(LABEL).alias("label_before"))
    now = newest(declared, batch.lazy()).select(*example, LABEL)
    changed = now.join(held, on=example, how="inner").filter(pl.col(LABEL) != pl.col("label_before"))
    past = before.lazy().select(*example, NUMBER, said=LABEL).join(changed, on=example, how="inner")
    other = pl.col("said") != pl.col("label_before")
    # The run of equal labels that ends with the one that held.
    last_other = pl.col(NUMBER).filter(other).max().fill_null(0)
    since = pl.col(NUMBER).filter(~other & (pl.col(NUMBER) > last_other)).min()
    found = past.group_by(example).agg(
        pl.col("label_before").first(), pl.col(LABEL).first(), wrong_from=since.fill_null(last_other)
    )
    return found.sort(example).collect()
