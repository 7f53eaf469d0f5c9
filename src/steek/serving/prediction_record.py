"""One answer as it is logged: what was asked, what it was answered with, and by which version."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import polars as pl

PREDICTIONS = "predictions"
"""Name of the lake table that holds collected answers."""

SCHEMA = pl.Schema(
    {
        "request_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "logged_at": pl.Datetime("us", "UTC"),
        "model": pl.String(),
        "version": pl.Int64(),
        "member": pl.String(),
        "route": pl.String(),
        "fallback": pl.String(),
        "fallback_reason": pl.String(),
        "latency_ms": pl.Float64(),
        "entity": pl.String(),
        "candidates": pl.Int64(),
        "answers": pl.List(pl.String()),
        "scores": pl.List(pl.Float64()),
        "score_sum": pl.Float64(),
        "score_mean": pl.Float64(),
        "features": pl.List(pl.Float32()),
        "feature_as_of": pl.Datetime("us", "UTC"),
    }
)


class PredictionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One answered instance.

    Args:
        request_id: Id of the request; in a request of many instances, "<id>/<position>". Unique per model.
        at: Moment that was asked about, event time.
        logged_at: When it was answered, processing time.
        model: Name of the model.
        version: Version whose scores were returned; None when no version's were.
        member: Member of a fleet, or None.
        route: "primary", "candidate", "fallback" or "pinned" (the client named the version).
        fallback: The link of the chain that answered, e.g. "previous_version@16"; None when the version asked did.
        fallback_reason: Why, "deadline: ..." or "error: ..."; None without fallback.
        latency_ms: From the request's arrival to the answer's completion, milliseconds.
        entity: Canonical JSON of the query's entity columns.
        candidates: Number of candidates that were scored; for a regression 1.
        answers: Candidates returned, best first, whole numbers or text; [] for a regression. The lake holds them as
            text, because one table serves models of both kinds.
        scores: One per answer; for a regression the one predicted number.
        score_sum: Sum of `scores`; None when empty.
        score_mean: Mean of `scores`; None when empty.
        features: The feature values of the first answer in the model's order, null where missing.
        feature_as_of: Age of the oldest feature block used; None when none was found.
        asked_version: Version the split chose, also when a fallback answered; None when no version is deployed.
        asked_route: Route the split chose: "primary", "candidate" or "pinned".
        epoch: Epoch of the route that chose; with the two above it is the evidence of a canary, not kept in the lake.
    """

    request_id: str
    at: datetime
    logged_at: datetime
    model: str
    version: int | None
    member: str | None
    route: str
    fallback: str | None
    fallback_reason: str | None
    latency_ms: float
    entity: str
    candidates: int
    answers: list[int | str]
    scores: list[float]
    score_sum: float | None
    score_mean: float | None
    features: list[float | None]
    feature_as_of: datetime | None
    asked_version: int | None = None
    asked_route: str = "primary"
    epoch: int = 0


def to_frame(records: Sequence[PredictionRecord]) -> pl.DataFrame:
    """Records as rows of the lake table, in their order; missing features become NaN as in training."""
    columns = {name: [getattr(record, name) for record in records] for name in SCHEMA}
    columns["answers"] = [[str(answer) for answer in record.answers] for record in records]
    frame = pl.DataFrame(columns, schema=SCHEMA)
    return frame.with_columns(pl.col("features").list.eval(pl.element().fill_null(float("nan"))))
