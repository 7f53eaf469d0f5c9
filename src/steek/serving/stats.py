"""What each version did on each route since the route last changed, as this process counted it."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from steek.serving.answers import Answer
from steek.serving.types import RouteStats

# Enough for percentiles of a canary step, and a bound on memory: 2 x 16 kB per version and route.
_LATEST = 2048


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    errors: int = 0
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))
    score_means: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))


class ServingStats:
    """Counts answers by model, version and route; begins anew when a model's route changes. Event loop only."""

    def __init__(self) -> None:
        self._epochs: dict[str, int] = {}
        self._tallies: dict[str, dict[tuple[int, str], _Tally]] = {}

    def count(self, model: str, epoch: int, answers: Sequence[Answer], latency_ms: float) -> None:
        """Add the answers of one request, given by the route of `epoch`, after `latency_ms` milliseconds."""
        if self._epochs.get(model) != epoch:
            if epoch < self._epochs.get(model, 0):
                return
            self._epochs[model] = epoch
            self._tallies[model] = {}
        tallies = self._tallies[model]
        for answer in answers:
            if answer.asked_version is None:
                continue
            tally = tallies.setdefault((answer.asked_version, answer.asked_route), _Tally())
            tally.requests += 1
            tally.errors += answer.failed
            tally.latencies_ms.append(latency_ms)
            if answer.scores and not answer.failed:
                tally.score_means.append(sum(answer.scores) / len(answer.scores))

    def epoch(self, model: str) -> int:
        """The epoch that the numbers of a model belong to; 0 before its first answer."""
        return self._epochs.get(model, 0)

    def of(self, model: str) -> list[RouteStats]:
        """Numbers of one model by version and route, sorted; [] before its first answer in this epoch."""
        tallies: Mapping[tuple[int, str], _Tally] = self._tallies.get(model, {})
        return [
            summarise(version, route, tally.requests, tally.errors, tally.latencies_ms, tally.score_means)
            for (version, route), tally in sorted(tallies.items())
        ]


def summarise(
    version: int, route: str, requests: int, errors: int, latencies_ms: Iterable[float], score_means: Iterable[float]
) -> RouteStats:
    """The numbers of one version on one route, from latencies of all its answers and mean scores of those it gave."""
    means = np.array(list(score_means), dtype=np.float64)
    latencies = np.array(list(latencies_ms), dtype=np.float64)
    return RouteStats(
        version=version,
        route=route,
        requests=requests,
        errors=errors,
        latency_p50_ms=float(np.percentile(latencies, 50)) if len(latencies) else None,
        latency_p95_ms=float(np.percentile(latencies, 95)) if len(latencies) else None,
        score_mean=float(means.mean()) if len(means) else None,
        score_std=float(means.std(ddof=1)) if len(means) > 1 else None,
    )
