"""Declarations: a model of somebody else, and where its log lies."""

from dataclasses import dataclass, field
from datetime import timedelta

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.serving.prediction_record import SCHEMA


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files that match a pattern: Parquet and Arrow once they are complete, CSV and NDJSON also while they grow.

    Args:
        pattern: A path with `*`, `?`, `[...]` or `**`, e.g. "/logs/churn/**/*.parquet".
    """

    pattern: str


@dataclass(frozen=True, slots=True)
class DeltaSource:
    """A Delta table; rows are taken commit by commit. Commits that only rewrite files bring none.

    Args:
        uri: A folder or an object storage URI; its options are those of the setting `lake_options`.
    """

    uri: str


@dataclass(frozen=True, slots=True)
class QuerySource:
    """A query on the database of the setting `watch_database_url`.

    Args:
        statement: A SELECT without a semicolon, e.g. "SELECT * FROM scores WHERE model = 'churn'".
        cursor: Column of its result that only grows as rows are added, e.g. a sequence or the moment of insertion.
            A row that appears later with a value already passed is not seen.
    """

    statement: str
    cursor: str

    def __post_init__(self) -> None:
        if ";" in self.statement or not self.statement.lstrip().lower().startswith(("select", "with")):
            message = f"{self.statement[:60]!r} is not one SELECT"
            raise DeclarationError(message, next_step="Give one SELECT (or WITH ... SELECT) without a semicolon.")
        if not self.cursor.isidentifier():
            message = f"cursor {self.cursor!r} is not the name of a column"
            raise DeclarationError(message)


# Columns of answers and outcomes as steek keeps them; a slice of that name would be one of them.
RESERVED = frozenset(SCHEMA) | {"moment", "expected", "observed", "hit"}
Source = FileSource | DeltaSource | QuerySource


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedModel:
    """A model that somebody else trains and serves.

    Args:
        name: What its monitors are `on`; no model definition may have it.
        predictions: Name of the dataset that takes its prediction log.
        outcomes: Name of the dataset that takes what turned out to be right; None where nobody tells.
        id: Field that names one answer, in both datasets; an answer that comes again is taken once, as long as its
            moments are not further apart than `join_within`.
        at: Field with the moment that was asked about.
        score: Field with the answer: a probability, or the number that was predicted.
        outcome: Field of `outcomes` with what was right: a number, or true and false for 1 and 0. What was joined
            stays: one that is told otherwise later is counted in the collection, and not taken.
        outcome_delay: How long outcomes take, e.g. "7d"; monitors judge answers once they are that old.
        version: Field with the version that answered; whole numbers stay, other names are numbered as they appear.
        latency_ms: Field with the milliseconds that the answer took.
        slices: Fields of the log to slice answers and outcomes by.
        predictions_from: Where the log lies; None where its owners push it (`POST /v1/datasets/.../batches`).
        outcomes_from: The same for outcomes.
        join_within: How long after an answer was taken in its outcome is still looked for, e.g. "60d".
        owner: Who answers for it.

    Raises:
        DeclarationError: half a declaration of outcomes, or one field in two roles.
    """

    name: str
    predictions: str
    id: str
    at: str
    score: str
    owner: str
    outcomes: str | None = None
    outcome: str | None = None
    version: str | None = None
    latency_ms: str | None = None
    outcome_delay: str = "1d"
    slices: tuple[str, ...] = ()
    predictions_from: Source | None = None
    outcomes_from: Source | None = None
    join_within: str = "60d"
    urn: Urn = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "urn", Urn("model", self.name))
        parse_duration(self.join_within)
        parse_duration(self.outcome_delay)
        if (self.outcomes is None) != (self.outcome is None) or (self.outcomes_from and self.outcomes is None):
            message = f"watched model {self.name!r} says only half of where its outcomes are"
            raise DeclarationError(message, next_step="Give outcomes= (the dataset) and outcome= (its field), or none.")
        roles = [self.id, self.at, self.score, *(name for name in (self.version, self.latency_ms) if name)]
        twice = sorted({name for name in [*roles, *self.slices] if [*roles, *self.slices].count(name) > 1})
        if twice:
            message = f"watched model {self.name!r} uses field {', '.join(map(repr, twice))} twice"
            raise DeclarationError(message, next_step="Each field has one role.")
        own = sorted(set(self.slices) & RESERVED)
        if own:
            message = f"watched model {self.name!r} slices by {', '.join(own)}, which the prediction log has of its own"
            raise DeclarationError(message, next_step="Rename the field in the query or file, or slice by another.")

    @property
    def patience(self) -> timedelta:
        """`join_within` as a length of time."""
        return parse_duration(self.join_within)

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of the prediction log that are read."""
        named = (self.id, self.at, self.score, self.version, self.latency_ms)
        return (*(name for name in named if name is not None), *self.slices)


def from_files(pattern: str) -> FileSource:
    """Files that match a pattern, e.g. "/logs/churn/*.parquet"; CSV and NDJSON may still grow."""
    return FileSource(pattern)


def from_delta(uri: str) -> DeltaSource:
    """A Delta table, commit by commit."""
    return DeltaSource(uri)


def from_query(statement: str, *, cursor: str) -> QuerySource:
    """A query on the database of the setting `watch_database_url`; `cursor` is a column that only grows."""
    return QuerySource(statement, cursor)
