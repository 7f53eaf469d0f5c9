"""Batches and events over HTTP: what an answer promises, and what is said to a lying client."""

import gzip
import io
import json
from typing import Any

import polars as pl
import pytest
from api_world import Api
from httpx import Response
from shop_world import NIGHTS, sales_of

# The shop has the whole night already, and would hold it back as a duplicate.
SALES = sales_of(NIGHTS[0]).head(30)
PATH = "/v1/datasets/sales/batches"
CSV = SALES.write_csv().encode()


def send(api: Api, content: bytes, kind: str, **headers: str) -> Response:
    sent = {
        "Content-Type": kind,
        "Idempotency-Key": "a batch",
        **{key.replace("_", "-"): headers[key] for key in headers},
    }
    return api.client.post(PATH, content=content, headers=sent)


@pytest.mark.covers("D1", "D2")
def test_an_acknowledged_batch_can_be_followed_until_it_is_in_the_lake(api: Api) -> None:
    taken = send(api, CSV, "text/csv")
    assert (taken.status_code, taken.json()["state"], taken.json()["table_version"]) == (202, "spooled", None)
    assert api.get(f"/v1/receipts/{taken.json()['id']}")["receipt"]["state"] == "spooled"
    done = api.client.post(
        f"{PATH}?wait=commit", content=CSV, headers={"Content-Type": "text/csv", "Idempotency-Key": "a batch"}
    )
    assert (done.status_code, done.json()["state"], done.json()["id"]) == (201, "committed", taken.json()["id"])


@pytest.mark.covers("D1")
def test_a_compressed_body_is_taken_and_bounded(api: Api) -> None:
    assert send(api, gzip.compress(CSV), "text/csv", Content_Encoding="gzip").status_code == 202
    bomb = send(api, gzip.compress(b"0" * 5_000_000), "text/csv", Content_Encoding="gzip")
    assert (bomb.status_code, bomb.json()["code"]) == (413, "too_large")
    assert send(api, CSV, "text/csv", Content_Encoding="br").status_code == 415
    cut = send(api, gzip.compress(CSV)[:-9], "text/csv", Content_Encoding="gzip")
    assert (cut.status_code, "cut off" in cut.json()["title"]) == (400, True)


def arrow(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_ipc_stream(written)
    return written.getvalue()


LIES: list[tuple[str, bytes, str, int]] = [
    ("csv called parquet", CSV, "application/vnd.apache.parquet", 400),
    ("csv called arrow", CSV, "application/vnd.apache.arrow.stream", 400),
    ("arrow called file, cut", arrow(SALES)[:300], "application/vnd.apache.arrow.file", 400),
    ("deep json", b"[" * 50_000, "application/json", 400),
    ("deep ndjson", b'{"a":' * 15_000, "application/x-ndjson", 400),
    ("json object", b"{}", "application/json", 400),
    ("nothing", b"", "text/csv", 400),
    ("utf-16", CSV.decode().encode("utf-16"), "text/csv", 400),
    ("mixed encodings", CSV + "K\u00e4se".encode("latin-1"), "text/csv", 400),
    ("duplicate columns", b"a,a\n1,2\n", "text/csv", 422),
    ("one huge string", b'[{"a": "' + b"x" * 90_000 + b'"}]', "application/json", 422),
    ("NaN for a text", b'[{"a": NaN}]', "application/json", 422),
    ("zeros as parquet", b"PAR1" + bytes(1000) + b"PAR1", "application/vnd.apache.parquet", 400),
    ("zeros as arrow", bytes(1000), "application/vnd.apache.arrow.stream", 400),
]


@pytest.mark.covers("N3")
@pytest.mark.parametrize(("content", "kind", "status"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_a_problem_that_says_what_and_where(api: Api, content: bytes, kind: str, status: int) -> None:
    answer = send(api, content, kind)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["instance"] == PATH
    assert len(answer.json()["title"]) > 20
    assert list(api.platform.ingestion.spool.folder.glob("sales/*.arrow")) == []


EVENTS = "/v1/datasets/sales/events"


def event(api: Api, body: Any, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{key.replace("_", "-"): headers[key] for key in headers}}
    return api.client.post(EVENTS, content=content, headers=sent)


@pytest.mark.covers("D1", "D2")
def test_single_events_say_what_they_promise(api: Api) -> None:
    row = json.loads(SALES.write_ndjson().splitlines()[0])
    once = event(api, row)
    assert (once.status_code, once.json()["accepted_rows"], once.json()["delivery"]) == (202, 1, "at least once")
    numbered = {"Steek_Producer": "till 4", "Steek_Sequence": "0"}
    first, again = event(api, row, **numbered), event(api, row, **numbered)
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert again.json()["delivery"] == "exactly once"
    gap = event(api, row, Steek_Producer="till 4", Steek_Sequence="5")
    assert (gap.status_code, gap.json()["details"]) == (409, {"expected_sequence": 1})


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[1]", {}, 400),
        (b"{", {}, 400),
        (b'{"a":' * 20_000, {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b"", {}, 400),
        ({"colour": "red"}, {}, 422),
        ({}, {"Steek_Sequence": "1"}, 400),
        ({}, {"Steek_Producer": "x", "Steek_Sequence": "-1"}, 400),
        ({}, {"Content_Type": "text/csv"}, 400),
        ({}, {"Content_Encoding": "gzip"}, 415),
        ({"colour": "x" * 1_100_000}, {}, 413),
    ],
)
def test_a_wrong_event_is_a_problem(api: Api, body: Any, headers: dict[str, str], status: int) -> None:
    answer = event(api, body, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
