"""What the bench shows of persons: pseudonyms, whatever it reads."""

from collections.abc import Callable, Sequence

import polars as pl

from steek.incidents.bench.runs import entity_text

# Name of a column and its values; gives the values as they may be shown.
Hide = Callable[[str, pl.Series], pl.Series]


def shown_entities(questions: pl.DataFrame, columns: Sequence[str], hide: Hide) -> pl.DataFrame:
    """Entity columns of questions with pseudonyms for what names a person, and `entity`, all of them as one text."""
    shown = questions.select([hide(name, questions[name]).alias(name) for name in columns])
    entity = pl.Series("entity", [entity_text(row) for row in shown.iter_rows(named=True)], pl.String)
    return shown.with_columns(entity)
