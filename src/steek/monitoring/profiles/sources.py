"""Where the rows of a profile come from: a table as it is, or the answers of one model."""

from typing import Protocol

import polars as pl

from steek.monitoring.profiles.spec import ProfileSpec


class Subjects(Protocol):
    """What can be profiled.

    `names` lists it, and is cheap. `spec` says how, and raises NotFoundError for a name that is not in the list;
    it may change from one call to the next, as models are trained. `rows` makes the rows of a subject from rows of its
    table: the columns of one model, for example; it must not read anything.
    """

    def names(self) -> list[str]: ...

    def spec(self, what: str) -> ProfileSpec: ...

    def rows(self, what: str, table: pl.LazyFrame) -> pl.LazyFrame: ...
