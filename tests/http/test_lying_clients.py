"""Whatever a client sends, it gets a receipt or a problem that says what is wrong; what was refused left nothing."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_world import Api
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_world import NIGHTS, copy_of, open_shop, sales_of
from tests.data.lies import payloads, spoiled, zeros_gzipped

from steek.http import guard

BATCHES, EVENTS = "/v1/datasets/sales/batches", "/v1/datasets/sales/events"
SALES = sales_of(NIGHTS[0]).head(20)
PAYLOADS = payloads(SALES)
KINDS = sorted({kind for _, kind, _ in PAYLOADS})
LINES = "application/x-ndjson"
SOME = settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API for requests of which most are refused."""
    with Api.over(copy_of(open_shop(), tmp_path_factory.mktemp("lied") / "open")) as api:
        yield api


def state(api: Api) -> tuple[list[Path], int, int | None]:
    """Files of the spool, receipts, version of the table."""
    ingestion = api.platform.ingestion
    files = [path for path in ingestion.spool.folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    spooled = sorted(path for path in files if path.parent.name != ".writers")
    return spooled, len(ingestion.receipts("sales", 1000)), api.platform.lake.latest_version("sales")


def check(api: Api, send: Callable[[], Response], *, quoted: str = "") -> Response:
    """Send something; a refusal is a problem that says what is wrong, quotes nothing and leaves nothing."""
    before = state(api)
    response = send()
    assert response.status_code < 500, response.text
    if response.is_success:
        assert response.json().get("id") or response.json().get("receipt_id")
        return response
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert told["title"]
    assert len(response.text) < 3000
    assert not quoted or quoted not in response.text
    assert state(api) == before
    return response


@pytest.mark.covers("D1", "D2", "N3")
@SOME
@given(st.integers(0, len(PAYLOADS) - 1), st.integers(0, 2**32), st.none() | st.sampled_from(KINDS))
def test_a_spoiled_batch_is_taken_or_refused(shop: Api, number: int, seed: int, other: str | None) -> None:
    _, kind, content = PAYLOADS[number]
    lie = spoiled(content, random.Random(seed))
    check(shop, lambda: shop.send(BATCHES, lie, other if seed % 10 == 0 and other else kind, key=f"{number} {seed}"))


@pytest.mark.covers("D1", "N3")
@SOME
@given(st.binary(max_size=200), st.sampled_from(KINDS) | st.text(st.characters(codec="latin-1"), max_size=40))
def test_any_bytes_of_any_kind_are_refused(shop: Api, content: bytes, kind: str) -> None:
    headers = {b"Content-Type": kind.encode("latin-1"), b"Idempotency-Key": b"any"}
    response = check(shop, lambda: shop.client.post(BATCHES, content=content, headers=headers))
    assert not response.is_success


@pytest.mark.covers("D1", "D2", "N3")
@SOME
@given(st.integers(0, 2**32), st.sampled_from([LINES, "application/json"]), st.booleans())
def test_spoiled_events_are_taken_or_refused(shop: Api, seed: int, kind: str, numbered: bool) -> None:
    chance = random.Random(seed)
    lie = spoiled(SALES.write_ndjson().encode() if kind == LINES else SALES.head(1).write_ndjson().encode(), chance)
    headers = {b"Content-Type": kind.encode()}
    if numbered:
        headers[b"Steek-Producer"] = chance.choice((b"p", "é".encode(), b"", b"x" * 201))
        headers[b"Steek-Sequence"] = chance.choice((b"0", b"1", b"-1", b"x", b"9" * 19, b"9" * 20, "٣".encode()))
    check(shop, lambda: shop.client.post(EVENTS, content=lie, headers=headers))


# With a format, and a status that is expected.
SECRET = "Elm Street 12"
HEAD = "sale_id,sold_at,shop,product_id,amount_usd\n"
ROW = "1,2024-03-10T09:00:00Z,north,1,2.5\n"
LIES: dict[str, tuple[str, bytes, int]] = {
    "csv without a header": ("text/csv", f"{SECRET},2,3,4,5\n{ROW}".encode(), 422),
    "csv, a row too long": ("text/csv", f"{HEAD}{ROW}{SECRET},2,3,4,5,6,7\n".encode(), 400),
    "csv, Latin-1 in UTF-8": ("text/csv", f"{HEAD}{ROW}1,{SECRET}é\n".encode("latin-1"), 400),
    "csv, UTF-16": ("text/csv", f"{HEAD}{ROW}".encode("utf-16"), 400),
    "csv, columns twice": ("text/csv", f"sale_id,{HEAD}1,{ROW}".encode(), 422),
    "csv, a column twice by its second name": ("text/csv", f"{HEAD[:-1]},sale_id_duplicated_0\n1,{ROW}".encode(), 422),
    "json, deep": ("application/json", b"[" * 100_000, 400),
    "json, a bit less deep": ("application/json", b"[" * 40_000 + b"]" * 40_000, 400),
    "json, cut off in a text": ("application/json", f'[{{"shop":"{SECRET}'.encode(), 400),
    "json, one object": ("application/json", f'{{"shop":"{SECRET}"}}'.encode(), 400),
    "ndjson, cut off": (LINES, f'{{"shop":"{SECRET}"\n'.encode(), 400),
    "ndjson, an array": (LINES, f'["{SECRET}"]\n'.encode(), 400),
    "ndjson, an object as a value": (LINES, f'{{"shop":{{"{SECRET}":1}}}}\n'.encode(), 422),
    "ndjson, each row with a field of its own": (LINES, b"\n".join(b'{"%d":1}' % at for at in range(10_100)), 413),
    "json, a name twice": ("application/json", f'[{{"shop":"{SECRET}","shop":"b"}}]'.encode(), 400),
    "ndjson, a name twice": (LINES, f'{{"shop":"{SECRET}","shop":"b"}}\n'.encode(), 400),
    "nothing": ("text/csv", b"", 400),
    "too much": ("text/csv", b"x" * 100_001, 413),
}  # fmt: skip


@pytest.mark.covers("D1", "D14", "N3")
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_without_quoting_it(shop: Api, lie: str) -> None:
    kind, content, status = LIES[lie]
    response = check(shop, lambda: shop.send(BATCHES, content, kind, key=lie), quoted=SECRET)
    assert response.status_code == status, response.text
    if kind == LINES:
        check(shop, lambda: shop.client.post(EVENTS, content=content, headers={"Content-Type": LINES}), quoted=SECRET)
    told = list(shop.platform.ledger.events(kinds=["batch.refused"]))
    assert SECRET not in str(told)


# Rows that can be read, but are not what the contract asks for: they are held back and named.
ODD_VALUES: dict[str, tuple[str, str]] = {
    "NaN": ("amount_usd", "NaN"),
    "infinity": ("amount_usd", "Infinity"),
    "beyond a float": ("amount_usd", "1e999"),
    "beyond 64 bits": ("product_id", "99999999999999999999999"),
    "beyond 128 bits": ("product_id", "9" * 60),
    "a fraction": ("product_id", "1.5"),
    "a day that is none": ("sold_at", '"2024-02-30T00:00:00Z"'),
    "the year 99999": ("sold_at", '"99999-01-01T00:00:00Z"'),
}


@pytest.mark.covers("D4", "N3")
@pytest.mark.parametrize("name", ODD_VALUES)
def test_a_value_that_cannot_be_is_never_stored_as_another(shop: Api, name: str) -> None:
    field, value = ODD_VALUES[name]
    good = {
        "sale_id": "5",
        "sold_at": '"2024-03-10T09:00:00Z"',
        "shop": '"north"',
        "product_id": "1",
        "amount_usd": "2",
    }
    odd = ("{" + ",".join(f'"{key}":{text}' for key, text in {**good, field: value}.items()) + "}").encode()
    table = (",".join(good) + "\n" + ",".join({**good, field: value}.values()).replace('"', "") + "\n").encode()
    for kind, content in ((LINES, odd + b"\n"), ("application/json", b"[" + odd + b"]"), ("text/csv", table)):
        response = check(shop, lambda: shop.send(BATCHES, content, kind, key=f"{name} {kind}"))  # noqa: B023
        if response.is_success:
            assert (response.json()["accepted_rows"], response.json()["quarantined_rows"]) == (0, 1), response.text
        else:
            assert response.status_code in (400, 422)
    response = check(shop, lambda: shop.client.post(EVENTS, content=odd, headers={"Content-Type": LINES}))
    assert not response.is_success or response.json()["accepted_rows"] == 0, response.text


@pytest.mark.covers("D1", "D17", "N3")
@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br", "gzip, gzip", "GZIP", "x" * 500])
def test_ten_gigabytes_of_zeros_are_refused_early(shop: Api, encoding: str) -> None:
    content = zeros_gzipped(300_000_000)
    headers = {"Content-Type": "text/csv", "Content-Encoding": encoding, "Idempotency-Key": "zeros"}
    response = check(shop, lambda: shop.client.post(BATCHES, content=content, headers=headers))
    assert response.status_code == (413 if encoding.lower() == "gzip" else 415)
    half = check(shop, lambda: shop.client.post(BATCHES, content=content[:50], headers=headers))
    assert half.status_code in (400, 413, 415)
    assert check(shop, lambda: shop.client.post(EVENTS, content=content[:50], headers=headers)).status_code in (
        400,
        415,
    )


@pytest.mark.covers("D2", "N3")
@pytest.mark.parametrize(
    "key", [b"", b"x" * 301, b"\xff", "é".encode(), b"\x01", b"a\tb", b"x" * 300], ids=lambda key: repr(key[:9])
)
def test_any_key_names_a_batch_or_is_refused(shop: Api, key: bytes) -> None:
    headers = {b"Content-Type": b"text/csv", b"Idempotency-Key": key, b"X-Steek-Actor": b"\xff" * 40}
    content = (HEAD + ROW.replace("1,", f"{len(key)},", 1)).encode()
    first = check(shop, lambda: shop.client.post(BATCHES, content=content, headers=headers))
    assert first.is_success == (0 < len(key) <= 300)
    if first.is_success:
        assert shop.client.post(BATCHES, content=content, headers=headers).json()["id"] == first.json()["id"]


def asgi(api: Api, path: str, *messages: Any) -> list[dict[str, Any]]:
    """What the application answers to a body that comes as these messages; numbers are pauses in seconds."""
    left = iter(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        message = next(left, None)
        if message is None:
            await asyncio.Event().wait()
        if isinstance(message, float):
            await asyncio.sleep(message)
            return await receive()
        return message

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"text/csv" if path == BATCHES else LINES.encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8321), "headers": [*headers, (b"idempotency-key", b"slow"), (b"content-length", b"9")],
    }  # fmt: skip

    async def ask() -> None:
        await asyncio.wait_for(api.app(scope, receive, send), 20)

    asyncio.run(ask())
    return sent


def part(content: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


@pytest.mark.covers("D1", "N3")
@pytest.mark.parametrize("path", [BATCHES, EVENTS])
def test_a_body_that_stops_or_is_cut_off_ends_and_leaves_nothing(
    shop: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_PATIENCE_S", 0.2)
    before = state(shop)
    stopped = asgi(shop, path, part(b"sale_id"))
    assert stopped[0]["status"] == 408
    assert b"stopped after 7 bytes" in stopped[1]["body"]
    # Each byte in time, and none of them ever the last.
    dripping = asgi(shop, path, *[each for _ in range(100) for each in (0.05, part(b"x"))])
    assert dripping[0]["status"] == 408
    gone = asgi(shop, path, part(b"sale_id"), {"type": "http.disconnect"})
    assert gone[0]["status"] == 400
    assert state(shop) == before


@pytest.mark.covers("D1", "N3")
def test_a_body_in_many_parts_is_one(shop: Api) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for letter in HEAD + ROW.replace("1,", "77,", 1):
            yield letter.encode()

    headers = {"Content-Type": "text/csv", "Idempotency-Key": "in parts"}
    response = shop.client.post(BATCHES, content=parts(), headers=headers)
    assert (response.status_code, response.json()["accepted_rows"]) == (202, 1)
