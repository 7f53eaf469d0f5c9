"""`GET /metrics`: the loop in the text form of Prometheus, and in OpenMetrics for scrapers that ask for it."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from steek.http.metric_families import (
    alert_families,
    ingestion_families,
    model_families,
    monitor_families,
    notice_families,
    objective_families,
)
from steek.platform import Platform

_logger = logging.getLogger(__name__)
_KEPT_S = 3.0
_PARTS: Mapping[str, Callable[[Platform], Iterable[Metric]]] = {
    "monitors": monitor_families,
    "alerts": alert_families,
    "objectives": objective_families,
    "notices": notice_families,
    "ingestion": ingestion_families,
    "models": model_families,
}


class LoopCollector:
    """Collects at most once in a few seconds, however many scrape; queries state, never the lake.

    A part that cannot be read leaves its families out and says so in `steek_metrics_unreadable`: one broken part must
    not hide the others.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._until_s: float | None = None

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: registering must not read."""
        return []

    def collect(self) -> list[Metric]:
        """All families, as of a few seconds ago at most."""
        with self._lock:
            now_s = self._platform.clock.monotonic_s()
            if self._until_s is None or now_s >= self._until_s:
                self._kept = self._read()
                self._until_s = self._platform.clock.monotonic_s() + _KEPT_S
            return self._kept

    def _read(self) -> list[Metric]:
        found: list[Metric] = []
        unreadable = GaugeMetricFamily(
            "steek_metrics_unreadable", "1 for parts that could not be read.", labels=["part"]
        )
        for name, families in _PARTS.items():
            try:
                found += list(families(self._platform))
            except Exception:
                _logger.exception("metrics of %s could not be read", name)
                unreadable.add_metric([name], 1.0)
            else:
                unreadable.add_metric([name], 0.0)
        return [*found, unreadable]


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter()
    registry = CollectorRegistry()
    registry.register(LoopCollector(platform))

    @routes.get("/metrics", include_in_schema=False)
    def metrics(accept: Annotated[str, Header()] = "") -> Response:  # pyright: ignore[reportUnusedFunction]
        """The loop in numbers."""
        encoder, content_type = choose_encoder(accept)
        return Response(encoder(registry), media_type=content_type)

    return routes
