"""Traces go through the control API, ingestion, predictions and notices, under the id that the caller gave."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_world import Api
from shop_world import NIGHTS, sales_of
from tests.notify.receiving_end import receiving

from steek.kernel.errors import MissingExtraError
from steek.kernel.tracing import Tracer, open_tracer, outgoing_headers, span, tracing
from steek.notify import open_notifier, read_target
from steek.platform import serving_app
from steek.testing.notifier import notice

sdk = pytest.importorskip(
    "opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="pip install 'steek[traces]'"
)
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[Any]:
    exporter = sdk.InMemorySpanExporter()
    with tracing(Tracer("test", exporter=exporter)):
        yield exporter


def named(spans: Any) -> dict[str, Any]:
    return {one.name: one for one in spans.get_finished_spans()}


@pytest.mark.covers("O11")
def test_a_request_with_a_traceparent_is_part_of_its_trace_and_so_is_what_it_causes(api: Api, spans: Any) -> None:
    headers = {"traceparent": PARENT, "content-type": "text/csv", "idempotency-key": "t"}
    rows = sales_of(NIGHTS[0]).head(3).write_csv().encode()
    answer = api.client.post("/v1/datasets/sales/batches", content=rows, headers=headers)
    assert answer.is_success, answer.text
    found = named(spans)
    request, ingest = found["POST /v1/datasets/{dataset}/batches"], found["steek.ingest"]
    assert {f"{one.context.trace_id:032x}" for one in (request, ingest)} == {TRACE}
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert ingest.parent.span_id == request.context.span_id
    assert request.attributes["http.response.status_code"] == answer.status_code
    assert (ingest.attributes["steek.dataset"], ingest.attributes["steek.receipt"]) == ("sales", answer.json()["id"])


@pytest.mark.covers("O11", "S7")
def test_a_prediction_says_model_version_route_and_fallback(api: Api, spans: Any) -> None:
    app = serving_app(api.platform)

    async def ask() -> None:
        await app.refresh()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://steek") as http:
            body = {"instances": [{"shop": "north"}]}
            await http.post("/v1/models/shop_demand:predict", json=body, headers={"traceparent": PARENT})

    asyncio.run(ask())
    found = named(spans)
    predicted = found["steek.predict"]
    assert f"{predicted.context.trace_id:032x}" == TRACE
    assert predicted.parent.span_id == found["POST serving"].context.span_id
    assert predicted.attributes["steek.model"] == "shop_demand"
    assert {"steek.route", "steek.answers"} <= set(predicted.attributes)


@pytest.mark.covers("O11")
def test_the_trace_goes_on_in_requests_of_our_own_and_in_log_lines(
    spans: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving() as receiver, span("outer") as outer:
        table: dict[str, object] = {"kind": "webhook", "url": receiver.url, "secret": "s3cret"}
        hook = open_notifier(read_target("hook", table))
        hook.send(notice("open"), key="k", at=notice("open").at)
        logging.getLogger("steek.test").warning("said inside")
        trace_id = f"{outer.get_span_context().trace_id:032x}"
        assert receiver.requests[0].headers["traceparent"].split("-")[1] == trace_id
    assert [vars(record)["trace_id"] for record in caplog.records if record.msg == "said inside"] == [trace_id]


@pytest.mark.covers("O11")
def test_without_an_address_nothing_is_traced_nor_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_tracer("serve", "") is None
    with tracing(None), span("x") as one:
        assert (one, outgoing_headers()) == (None, {})
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(), *sys.meta_path])
    with pytest.raises(MissingExtraError, match=r"pip install 'steek\[traces\]'"):
        open_tracer("serve", "http://127.0.0.1:4318")


class _Without:
    def find_spec(self, name: str, *_: Any) -> None:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(name)


@pytest.mark.covers("O11")
def test_spans_are_sent_by_otlp_over_http() -> None:
    with receiving() as collector:
        with tracing(open_tracer("serve", collector.url)), span("steek.predict", {"steek.model": "m"}):
            pass
        assert collector.requests, "what waits is sent at the end"
        assert collector.requests[0].path == "/v1/traces"
        assert collector.requests[0].headers["content-type"] == "application/x-protobuf"
        assert b"steek.predict" in collector.requests[0].body
