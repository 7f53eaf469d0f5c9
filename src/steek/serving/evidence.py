"""The evidence of a canary, read from the prediction log: it outlives the process that answered."""

from collections import defaultdict

from steek.serving.answers import failed
from steek.serving.prediction_log import PredictionLog
from steek.serving.prediction_record import PredictionRecord
from steek.serving.stats import summarise
from steek.serving.types import RouteStats


def canary_evidence(log: PredictionLog, model: str, epoch: int) -> dict[str, RouteStats]:
    """What "primary" and "candidate" of a model did under one epoch of its route; a route never asked is absent.

    A request that was repeated counts once, as in the lake.

    Args:
        log: Where the serving process writes; segments that were collected and removed are not seen any more.
        model: Name of the model.
        epoch: Of the route, as `Route.epoch`.
    """
    by_id: dict[str, PredictionRecord] = {}
    for segment in log.segments():
        for record in log.read(segment.name, 0, segment.end):
            if record is not None and record.model == model and record.epoch == epoch:
                by_id.setdefault(record.request_id, record)
    groups: defaultdict[tuple[str, int], list[PredictionRecord]] = defaultdict(list)
    for _, record in sorted(by_id.items()):
        if record.asked_version is not None and record.asked_route in ("primary", "candidate"):
            groups[record.asked_route, record.asked_version].append(record)
    return {route: _summary(version, route, records) for (route, version), records in sorted(groups.items())}


def _summary(version: int, route: str, records: list[PredictionRecord]) -> RouteStats:
    given = [record for record in records if not failed(record.fallback, record.fallback_reason)]
    means = [record.score_mean for record in given if record.score_mean is not None]
    latencies_ms = [record.latency_ms for record in records]
    return summarise(version, route, len(records), len(records) - len(given), latencies_ms, means)
