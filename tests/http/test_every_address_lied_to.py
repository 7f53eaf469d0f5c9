"""Whatever is sent to an address of the description: an answer or a problem, never a fault of steek itself."""

import json
import random
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote

import pytest
from api_world import Api
from shop_world import copy_of, open_shop

# What parsers, databases and calendars stumble over, and names that there are.
ODD = (
    "", " ", "0", "-1", "1e999", "NaN", "inf", "9" * 30, str(2**63), "\0", "é", "\u202e", "💥", "%00", "../../x", ".",
    "a/b", "a" * 301, "[]", "'; drop--", "kind:name@version", "dataset:sales@999999999999999999999", "sales.sold_at",
    "dataset:sales@1", "trained:maker_demand@2", "sales", "maker_demand", "products", "returned", "quarantine.sales",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-03-11", "2024-03-11T00:00:00", "99999999999w", "99999999d",
    "0s", "1d", "shop", "product_id", "sold_at", "amount_usd", "1", "2", "user", "model", "-9223372036854775809",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    float("nan"),
    [],
    {},
    [None],
    "\ud800",
    [[[]]],
    *ODD,
)
# Acts that take minutes where what they are asked for makes sense by chance.
LONG = ("/v1/nights/{", "/v1/retrainings", "/v1/monitors/evaluations", "/v1/extractions")
KEYS = ("k", "x" * 300, "x" * 301, "", b"\xff")
ROUNDS = 3


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with Api.over(copy_of(open_shop(), tmp_path_factory.mktemp("lied") / "open")) as api:
        yield api


class Liar:
    """Makes up requests that look like those of the description."""

    def __init__(self, description: dict[str, Any], seed: int) -> None:
        self._schemas = description["components"]["schemas"]
        self._chance = random.Random(seed)

    def request(self, path: str, operation: dict[str, Any]) -> dict[str, Any]:
        query: list[tuple[str, str]] = []
        for each in operation.get("parameters", ()):
            value = self._value(each.get("schema", {}))
            if each["in"] == "path":
                path = path.replace("{" + each["name"] + "}", quote(_plain(value), safe=""))
            elif each["in"] == "query" and (each.get("required") or self._chance.random() < 0.5):
                values = cast("list[Any]", value) if isinstance(value, list) else [value]
                query += [(each["name"], _plain(one)) for one in values]
        kinds = operation.get("requestBody", {}).get("content", {}).values()
        body = self._value(next(iter(kinds)).get("schema", {})) if kinds else self._chance.choice(VALUES)
        content = json.dumps(body).encode()
        if self._chance.random() < 0.05:
            content = self._chance.choice((b"", b"{", b"\xff", b"[" * 100_000))
        headers = {"Content-Type": "application/json", "Idempotency-Key": self._chance.choice(KEYS)}
        return {"url": path, "params": query, "content": content, "headers": headers}

    def _value(self, schema: dict[str, Any]) -> Any:
        if self._chance.random() < 0.3:
            return self._chance.choice(VALUES)
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            return self._value(self._chance.choice(schema["anyOf"]))
        if "properties" in schema:
            return {name: self._value(inner) for name, inner in schema["properties"].items()}
        if schema.get("type") == "array":
            return [self._value(schema.get("items", {})) for _ in range(self._chance.randint(0, 3))]
        numbers = (0, 1, 2, -1, 2**31, 2**63, 10**30, 0.5)
        likely = {"integer": numbers, "number": numbers, "boolean": (True, False)}.get(schema.get("type", ""), ODD)
        return self._chance.choice(schema.get("enum", likely))


def _plain(value: Any) -> str:
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "replace").decode()


@pytest.mark.covers("N3")
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_address_fails_by_what_it_is_sent(shop: Api, seed: int) -> None:
    description: dict[str, Any] = shop.app.openapi()
    liar = Liar(description, seed)
    operations = [
        (method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method == "get" or not path.startswith(LONG)
    ]
    assert len(operations) > 80
    for method, path, operation in operations:
        for _ in range(4):
            sent = liar.request(path, operation)
            response = shop.client.request(method.upper(), sent.pop("url"), **sent)
            if path == "/v1/ledger/verification" and response.status_code == 500:
                # A ledger that is not the one that was asked about is an alarm, whoever asks.
                assert response.json()["code"] == "broken_chain"
                continue
            assert response.status_code < 500, f"{response.text}\n{method} {path} {sent}"
            if response.is_client_error and path.startswith("/v1/"):
                assert response.headers["content-type"] == "application/problem+json", (method, path, sent)
