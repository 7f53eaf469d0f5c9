"""Frames as their reader may see them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from steek.governance.access.decision import Decision
from steek.governance.access.facts import TableFacts

MASK = "•••"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Values, scope, kind of person; gives text, null for null.
Pseudonymise = Callable[[pl.Series, str, str], pl.Series]


def treat(
    frame: pl.LazyFrame,
    schema: Mapping[str, Any],
    decision: Decision,
    facts: TableFacts,
    pseudonymise: Pseudonymise | None,
) -> pl.LazyFrame:
    """The rows and columns that a decision leaves, with values as it says.

    Conditions see what is stored; everything that the reader adds later sees only what is left here.

    Args:
        frame: The table.
        schema: Its column types.
        decision: Not a refusal.
        facts: What is known of the table: its event time, and scopes of pseudonyms.
        pseudonymise: Gives pseudonyms; needed where the decision asks for one.
    """
    for condition in decision.conditions:
        frame = frame.filter(condition)
    if decision.since is not None and facts.event_time is not None:
        frame = frame.filter(pl.col(facts.event_time) >= _instant(decision.since))
    if decision.group is not None:
        frame = frame.filter(_people(schema, facts).over(decision.group.columns) >= decision.group.people)
    shown = [
        _shown(name, schema[name], treatment, facts, pseudonymise)
        for name, treatment in decision.columns.items()
        if treatment != "deny"
    ]
    return frame if decision.verdict == "allowed" else frame.select(shown)


def _people(schema: Mapping[str, Any], facts: TableFacts) -> pl.Expr:
    """People in a group: values that name somebody, else rows."""
    named = next((name for name in schema if facts.of(name).subject), None)
    return pl.len() if named is None else pl.col(named).drop_nulls().n_unique()


def _instant(at: datetime) -> pl.Expr:
    # Half a millisecond less than a literal of an aware datetime costs, which polars makes a column of.
    return pl.lit((at - _EPOCH) // _MICROSECOND).cast(pl.Datetime("us", "UTC"))


def masked(name: str, dtype: Any) -> pl.Expr:
    """A column without its values: text •••, dates and instants the first of their year, everything else null.

    Null stays null, so that a reader sees how much is known.
    """
    column = pl.col(name)
    if dtype == pl.String:
        return pl.when(column.is_not_null()).then(pl.lit(MASK)).alias(name)
    if isinstance(dtype, pl.Date | pl.Datetime) or dtype in (pl.Date, pl.Datetime):
        return column.dt.truncate("1y")
    return pl.lit(None, dtype=dtype).alias(name)


def _shown(name: str, dtype: Any, treatment: str, facts: TableFacts, pseudonymise: Pseudonymise | None) -> pl.Expr:
    known = facts.of(name)
    if treatment == "mask":
        return masked(name, dtype)
    if treatment == "pseudonym" and not known.is_pseudonym:
        assert pseudonymise is not None, "a decision never asks for pseudonyms where there are no keys"
        scope = known.scope or facts.name

        def replaced(values: pl.Series) -> pl.Series:
            return pseudonymise(values, scope, known.subject)

        return pl.col(name).map_batches(replaced, return_dtype=pl.String, is_elementwise=True)
    return pl.col(name)
