"""Prometheus metrics of a serving process; labels are bounded: models of the project, routes, kinds of fallback."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from steek.serving.answers import Answer
from steek.serving.served import ServedModel

_LATENCY_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)


class ServingMetrics:
    """Counts what is served, in a registry of its own, so that two apps in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        by_model = ["model"]
        self._answers = self._counter("answers", "Answers given, by the route that gave them.", ["model", "route"])
        self._fallbacks = self._counter(
            "fallbacks", "Answers of the fallback chain, by link and kind of reason.", ["model", "link", "reason"]
        )
        self._refused = self._counter("refused", "Requests refused because the queue was full.", [])
        self._log_failures = self._counter("log_failures", "Answers that the prediction log could not take.", by_model)
        self._refresh_failures = self._counter("refresh_failures", "Failed attempts to read the routes.", [])
        self._latency = Histogram(
            "steek_serving_latency_seconds",
            "From a request's arrival to its answer.",
            by_model,
            registry=self._registry,
            buckets=_LATENCY_BUCKETS_S,
        )
        self._version = self._gauge("model_version", "Version by role; 0 for none.", ["model", "role"])
        self._ready = self._gauge("model_ready", "1 when the model can answer as its route says.", by_model)
        self._data_until = self._gauge(
            "model_data_until_timestamp_seconds", "Newest data the primary learned from, as Unix time.", by_model
        )

    def answered(self, model: str, answers: Sequence[Answer], latency_s: float) -> None:
        """Count the answers of one request."""
        self._latency.labels(model).observe(latency_s)
        for answer in answers:
            self._answers.labels(model, answer.route).inc()
            if answer.fallback is not None:
                link = answer.fallback.partition("@")[0].partition(":")[0]
                reason = (answer.fallback_reason or "").partition(":")[0]
                self._fallbacks.labels(model, link, reason).inc()

    def refused(self) -> None:
        self._refused.inc()

    def log_failed(self, model: str, answers: int) -> None:
        self._log_failures.labels(model).inc(answers)

    def refresh_failed(self) -> None:
        self._refresh_failures.inc()

    def show(self, models: Sequence[ServedModel]) -> None:
        """Bring the gauges of every model up to date."""
        for model in models:
            route = model.route
            self._version.labels(model.name, "primary").set(route.primary or 0)
            self._version.labels(model.name, "candidate").set(route.candidate or 0)
            self._ready.labels(model.name).set(model.why_not_ready() is None)
            primary = None if route.primary is None else model.versions.get(route.primary)
            if primary is not None:
                self._data_until.labels(model.name).set(primary.trained.data_until.timestamp())

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The metrics as text and their content type: OpenMetrics when the scraper asks for it."""
        encoder, content_type = choose_encoder(accept)
        return encoder(self._registry), content_type

    def _counter(self, name: str, help: str, labels: Sequence[str]) -> Counter:
        return Counter(f"steek_serving_{name}", help, labels, registry=self._registry)

    def _gauge(self, name: str, help: str, labels: Sequence[str]) -> Gauge:
        return Gauge(f"steek_serving_{name}", help, labels, registry=self._registry)
