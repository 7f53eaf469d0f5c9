"""Traces for whoever collects them: spans by OpenTelemetry when an address is set, and nothing at all when none is.

The libraries come with the extra `traces` and are loaded when tracing begins. There is one tracer for a process, as
there is one log: code that wants a span asks for it and need not be handed one.
"""

import logging
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from steek.kernel.plugins import require

Attributes = Mapping[str, str | int | float | bool | None]
_NOTHING: AbstractContextManager[None] = nullcontext()
_FORMAT = "%(levelname)s %(name)s trace_id=%(trace_id)s span_id=%(span_id)s %(message)s"


class Tracer:
    """Makes spans and carries their context over process borders, in the form of W3C Trace Context.

    Args:
        service: Name of the part of steek that runs here, e.g. "serve".
        exporter: Where spans go; None for those that OTLP/HTTP takes at `endpoint`.
        endpoint: Address of a collector.
    """

    def __init__(self, service: str, endpoint: str = "", *, exporter: Any = None) -> None:
        sdk: Any = require("opentelemetry.sdk.trace", extra="traces")
        export: Any = require("opentelemetry.sdk.trace.export", extra="traces")
        resources: Any = require("opentelemetry.sdk.resources", extra="traces")
        propagation: Any = require("opentelemetry.trace.propagation.tracecontext", extra="traces")
        self._api: Any = require("opentelemetry.trace", extra="traces")
        resource = resources.Resource.create({"service.name": f"steek-{service}"})
        self._provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
        if exporter is None:
            otlp: Any = require("opentelemetry.exporter.otlp.proto.http.trace_exporter", extra="traces")
            processor = export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=_spans_at(endpoint)))
        else:
            processor = export.SimpleSpanProcessor(exporter)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("steek")
        self._propagator = propagation.TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, attributes: Attributes, headers: Mapping[str, str] | None) -> Generator[Any]:
        """A span around the block, below that of the caller whose `traceparent` the headers carry, else the current."""
        told = {key: value for key, value in attributes.items() if value is not None}
        context = None if headers is None else self._propagator.extract(headers)
        with self._tracer.start_as_current_span(name, context=context, attributes=told) as one:
            yield one

    def headers(self) -> dict[str, str]:
        """`traceparent`, and `tracestate` where there is one, of the current span; empty outside of any."""
        carried: dict[str, str] = {}
        self._propagator.inject(carried)
        return carried

    def ids(self) -> tuple[str, str]:
        """Trace and span id of the current span in hexadecimal; zeros outside of any."""
        context = self._api.get_current_span().get_span_context()
        return f"{context.trace_id:032x}", f"{context.span_id:016x}"

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        self._provider.shutdown()


class _Current:
    """The tracer of this process; None while nothing is traced."""

    tracer: Tracer | None = None


def span(
    name: str, attributes: Attributes | None = None, *, headers: Mapping[str, str] | None = None
) -> AbstractContextManager[Any]:
    """A span around a block; gives None, at next to no cost, when nothing is traced.

    Args:
        name: What is done, e.g. "steek.predict".
        attributes: Facts about it; never a row or a person. None values are left out.
        headers: Of an incoming request, by small names: its trace goes on.
    """
    tracer = _Current.tracer
    return _NOTHING if tracer is None else tracer.span(name, attributes or {}, headers)


def note(one: Any, attributes: Attributes) -> None:
    """Add facts to what `span` gave, once they are known."""
    if one is not None:
        for name, value in attributes.items():
            if value is not None:
                one.set_attribute(name, value)


def is_tracing() -> bool:
    """Whether spans go anywhere: for code in which even asking for one costs too much."""
    return _Current.tracer is not None


def outgoing_headers() -> dict[str, str]:
    """Headers for a request to another process, so that its spans join the trace; empty when nothing is traced."""
    return {} if _Current.tracer is None else _Current.tracer.headers()


@contextmanager
def tracing(tracer: Tracer | None) -> Generator[None]:
    """Trace this process during the block; with None, nothing changes. Log lines carry the ids of their span."""
    if tracer is None:
        yield
        return
    factory = logging.getLogRecordFactory()

    def with_ids(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = factory(*arguments, **named)
        record.trace_id, record.span_id = tracer.ids()
        return record

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    _Current.tracer = tracer
    logging.setLogRecordFactory(with_ids)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        logging.setLogRecordFactory(factory)
        _Current.tracer = None
        tracer.close()


def open_tracer(service: str, endpoint: str) -> Tracer | None:
    """The tracer that the setting `traces_endpoint` asks for; None when it is empty.

    Raises:
        MissingExtraError: an address is set, but the libraries are not installed.
    """
    return Tracer(service, endpoint) if endpoint else None


def _spans_at(endpoint: str) -> str:
    """The address of spans below that of a collector; one that says it all is left as it is."""
    return endpoint if endpoint.rstrip("/").endswith("/v1/traces") else f"{endpoint.rstrip('/')}/v1/traces"
