"""The serving application, asked in this process."""

import asyncio
import math
import threading
import time
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from serving_asgi import living, talk

from serving_world import FEATURES, World, demand, household, linear, ranking, recommendation
from steek.formats.linear import LinearPredictor
from steek.kernel.errors import DeclarationError
from steek.models import Predictor
from steek.serving.prediction_record import to_frame
from steek.serving.split import share_of
from steek.serving.warm import WarmVersion

ASK = {"household_id": 900, "product_category": "BEEF", "asked_at": "2017-10-02T12:30:00Z"}
PREDICT = "/v1/models/search_ranking:predict"
INFER = "/v2/models/search_ranking/infer"


def predict(world: World, *instances: dict[str, Any], **definition: Any) -> Any:
    """Predictions of a server that starts, is asked once, and stops."""

    async def ask(http: httpx.AsyncClient) -> Any:
        response = await http.post(PREDICT, json={"instances": list(instances or (ASK,)), "id": "r-1"})
        assert response.status_code == 200, response.text
        return response.json()["predictions"]

    return talk(world.app(ranking(**definition), demand()), ask)


def logged(world: World) -> list[Any]:
    found = [list(world.log.read(one.name, 0, one.end)) for one in world.log.segments()]
    return [one for records in found for one in records]


@pytest.mark.covers("S2", "S7", "F4")
def test_the_plain_call_answers_with_version_and_route_and_is_logged_with_its_features(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    assert predict(world) == [
        {"answers": [6, 5, 4], "scores": [5.0, 4.0, 3.0], "model_version": 1, "route": "primary",
         "fallback": None, "fallback_reason": None}
    ]  # fmt: skip
    (record,) = logged(world)
    assert (record.request_id, record.model, record.version, record.route) == ("r-1", "search_ranking", 1, "primary")
    assert record.at.isoformat() == "2017-10-02T12:30:00+00:00"
    assert record.logged_at == world.clock.now()
    assert record.features == [1.0, 5.0, 12.5, 12.0]
    assert record.feature_as_of.isoformat() == "2017-10-02T06:00:00+00:00"
    assert (record.candidates, record.score_sum, record.score_mean) == (6, 12.0, 4.0)
    assert record.entity == '{"household_id":900,"product_category":"BEEF"}'


@pytest.mark.covers("S2")
def test_many_instances_answer_as_each_alone_would(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 1, 0))
    others: list[dict[str, Any]] = [
        ASK, {**ASK, "household_id": 7}, {**ASK, "product_category": "NOTHING"}, {**ASK, "household_id": 8}
    ]  # fmt: skip
    together = predict(world, *others)
    assert together == [predict(world, one)[0] for one in others]
    ids = [record.request_id for record in logged(world)][:4]
    assert ids == ["r-1/0", "r-1/1", "r-1/2", "r-1/3"]


@pytest.mark.covers("S5")
def test_a_query_without_candidates_says_so_and_is_nobodys_error(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    (answer,) = predict(world, {**ASK, "product_category": "NOTHING"})
    assert (answer["answers"], answer["fallback"]) == ([], "empty")
    assert answer["fallback_reason"] == "no_candidates: product_category='NOTHING'"


@pytest.mark.covers("S1")
def test_a_canary_answers_its_share_of_the_households_always_the_same(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    second = world.add_ranking(1, 0, 0, 0)
    decision = world.gate(second)
    world.routes.start_canary("search_ranking", 2, 0.3, key="c", actor="night", gate_decision_id=decision)
    households = list(range(200))
    answers = predict(world, *({**ASK, "household_id": number} for number in households))
    for number, answer in zip(households, answers, strict=True):
        tries = share_of("search_ranking", 2, number) < 0.3
        assert (answer["model_version"], answer["route"]) == ((2, "candidate") if tries else (1, "primary"))
    assert 0.2 < sum(answer["route"] == "candidate" for answer in answers) / 200 < 0.4


@pytest.mark.covers("S1", "S4", "T8")
def test_a_member_rolled_back_alone_answers_with_its_older_model(world: World) -> None:
    world.deploy(world.add_fleet(m2=1.0, m69=1.0))
    world.deploy(world.add_fleet(m2=2.0, m69=2.0))
    world.routes.rollback("partner_demand", member="69", actor="ops", reason="", key="r")

    async def ask(http: httpx.AsyncClient) -> Any:
        instances = [{"manufacturer_id": 2}, {"manufacturer_id": 69}, {"manufacturer_id": 5}]
        return (await http.post("/v1/models/partner_demand:predict", json={"instances": instances})).json()

    answers = talk(world.app(), ask)["predictions"]
    assert [(one["scores"], one["model_version"]) for one in answers] == [([4.0], 2), ([3.0], 1), ([], None)]
    assert answers[2]["fallback_reason"].startswith("unavailable: NotFoundError: no fleet member named '5'")
    assert [record.member for record in logged(world)] == ["2", "69", "5"]


@pytest.mark.covers("S4")
def test_a_running_server_follows_a_rollback_within_a_second(world: World) -> None:
    for weights in ((1, 0, 0, 0), (0, 1, 0, 0)):
        world.deploy(world.add_ranking(*weights))

    async def ask(http: httpx.AsyncClient) -> float:
        assert (await http.post(PREDICT, json={"instances": [ASK]})).json()["predictions"][0]["model_version"] == 2
        began = time.monotonic()
        world.routes.rollback("search_ranking", actor="ops", reason="", key="r")
        answer: Any = {}
        for _ in range(100):
            answer = (await http.post(PREDICT, json={"instances": [ASK]})).json()["predictions"][0]
            if answer["model_version"] == 1:
                break
            await asyncio.sleep(0.01)
        assert answer["model_version"] == 1
        return time.monotonic() - began

    assert talk(world.app(), ask) < 1


class Slow:
    """A predictor that waits until it is let go."""

    def __init__(self, inner: Predictor, let_go: threading.Event) -> None:
        self.feature_names = inner.feature_names
        self.inner = inner
        self.let_go = let_go

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        self.let_go.wait(30)
        return self.inner.predict(matrix)


@pytest.mark.covers("S5", "S9")
def test_past_its_deadline_an_answer_comes_from_the_chain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for weights in ((1, 0, 0, 0), (0, 1, 0, 0)):
        world.deploy(world.add_ranking(*weights))
    original = WarmVersion.predictor
    let_go = threading.Event()

    def predictor(self: WarmVersion, member: str | None) -> Predictor:
        inner = original(self, member)
        return Slow(inner, let_go) if self.version == 2 else inner

    async def ask(http: httpx.AsyncClient) -> tuple[Any, float, Any]:
        monkeypatch.setattr(WarmVersion, "predictor", predictor)
        began = time.monotonic()
        response = (await http.post(PREDICT, json={"instances": [ASK]})).json()
        took_s = time.monotonic() - began
        let_go.set()
        stats = (await http.get("/v2/models/search_ranking/stats")).json()["routes"]
        return response["predictions"][0], took_s, stats

    answer, took_s, stats = talk(world.app(ranking(deadline="100ms")), ask)
    assert answer["answers"] == [1, 2, 3]
    assert (answer["model_version"], answer["route"]) == (1, "fallback")
    assert answer["fallback"] == "previous_version@1"
    assert answer["fallback_reason"] == "deadline: no answer within 100 ms"
    assert 0.1 <= took_s < 0.5
    assert [(one["version"], one["route"], one["errors"]) for one in stats] == [(2, "primary", 1)]


@pytest.mark.covers("S9")
def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deploy(world.add_ranking(1, 0, 0, 0))
    original = WarmVersion.predictor
    let_go = threading.Event()

    def predictor(self: WarmVersion, member: str | None) -> Predictor:
        return Slow(original(self, member), let_go)

    async def ask(http: httpx.AsyncClient) -> tuple[list[httpx.Response], str]:
        monkeypatch.setattr(WarmVersion, "predictor", predictor)
        asked = [asyncio.create_task(http.post(PREDICT, json={"instances": [ASK]})) for _ in range(5)]
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        refused = [task.result() for task in done]
        let_go.set()
        answered = await asyncio.gather(*waiting)
        return refused + answered, (await http.get("/metrics")).text

    responses, metrics = talk(world.app(ranking(deadline="20s"), queue=3), ask)
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 503, 503]
    refused = next(response for response in responses if response.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert "3 requests are waiting" in refused.json()["error"]
    assert "steek_serving_refused_total 2.0" in metrics


@pytest.mark.covers("S5")
@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([math.nan] * 6, "implausible: 6 of 6 scores are not finite"),
        ([0.0] * 6, "implausible: all 6 scores are 0"),
        (ZeroDivisionError("no"), "error: ZeroDivisionError: no"),
    ],
)
def test_what_cannot_be_believed_falls_back_to_a_feature_and_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, scores: list[float] | Exception, reason: str
) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))

    def broken(self: LinearPredictor, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        if isinstance(scores, Exception):
            raise scores
        return np.array(scores)

    async def ask(http: httpx.AsyncClient) -> tuple[Any, str]:
        monkeypatch.setattr(LinearPredictor, "predict", broken)
        response = await http.post(PREDICT, json={"instances": [ASK]})
        return response.json()["predictions"][0], (await http.get("/metrics")).text

    answer, metrics = talk(world.app(), ask)
    assert (answer["answers"], answer["scores"]) == ([1, 2, 3], [6.0, 5.0, 4.0])
    assert (answer["fallback"], answer["fallback_reason"]) == ("feature:category_product.lines_56d", reason)
    assert answer["model_version"] is None
    kind = reason.partition(":")[0]
    labels = f'link="feature",model="search_ranking",reason="{kind}"'
    assert f"steek_serving_fallbacks_total{{{labels}}} 1.0" in metrics


@pytest.mark.covers("S5")
def test_before_the_first_deployment_the_chain_answers(world: World) -> None:
    (answer,) = predict(world)
    assert answer["answers"] == [1, 2, 3]
    assert answer["fallback_reason"] == "unavailable: no version is deployed"


@pytest.mark.covers("V1", "N3")
def test_a_server_with_a_damaged_model_is_not_ready_for_it_and_goes_on_with_the_rest(world: World) -> None:
    world.deploy(world.add_ranking(1, 0, 0, 0))
    second = world.add_ranking(0, 1, 0, 0)
    world.deploy(second)
    world.deploy(world.add_fleet(m2=1.0))
    sha256 = second.artifact_sha256
    (world.path / "artifacts" / sha256[:2] / sha256).write_bytes(b"half")

    async def look(http: httpx.AsyncClient) -> Any:
        paths = ("/v2/health/live", "/v2/health/ready", "/v2/models/search_ranking/ready",
                 "/v2/models/search_ranking/versions/1/ready", "/v2/models/partner_demand/ready")  # fmt: skip
        found = [await http.get(path) for path in paths]
        index = (await http.post("/v2/repository/index")).json()
        load = await http.post("/v2/repository/models/search_ranking/load")
        answer = (await http.post(PREDICT, json={"instances": [ASK]})).json()["predictions"][0]
        return [one.status_code for one in found], found[1].json(), index, load, answer

    statuses, ready, index, load, answer = talk(world.app(), look)
    assert statuses == [200, 503, 503, 200, 200]
    assert list(ready["not_ready"]) == ["search_ranking"]
    assert ready["not_ready"]["search_ranking"].startswith("version 2 is not loaded: DamagedArtifactError")
    states = {(entry["name"], entry["version"]): entry["state"] for entry in index}
    assert states == {
        ("search_ranking", "1"): "READY", ("search_ranking", "2"): "UNAVAILABLE", ("partner_demand", "1"): "READY"
    }  # fmt: skip
    assert load.status_code == 503
    assert "DamagedArtifactError" in load.json()["error"]
    assert answer["fallback"] == "previous_version@1"


@pytest.mark.covers("V1")
def test_a_model_whose_features_are_not_those_registered_is_not_loaded(world: World) -> None:
    wrong = world.add("search_ranking", linear(("other.feature",), (1.0,)), names=FEATURES)
    world.deploy(wrong)
    (answer,) = predict(world)
    assert "feature_names" in answer["fallback_reason"]


@pytest.mark.covers("S2")
def test_the_open_inference_protocol_over_json(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    inputs = [
        {"name": "household_id", "shape": [2], "datatype": "INT64", "data": [900, 7]},
        {"name": "product_category", "shape": [2], "datatype": "BYTES", "data": ["BEEF", "NOTHING"]},
        {"name": "asked_at", "shape": [2], "datatype": "BYTES", "data": [ASK["asked_at"]] * 2},
    ]

    async def ask(http: httpx.AsyncClient) -> Any:
        given = await http.post(INFER, json={"id": "r-9", "inputs": inputs})
        pinned = await http.post("/v2/models/search_ranking/versions/1/infer", json={"inputs": inputs})
        absent = await http.post("/v2/models/search_ranking/versions/7/infer", json={"inputs": inputs})
        server, model = await http.get("/v2"), await http.get("/v2/models/search_ranking")
        return given, pinned.json(), absent, server.json(), model.json()

    given, pinned, absent, server, model = talk(world.app(), ask)
    assert given.headers["steek-request-id"] == "r-9"
    assert given.json() == {
        "model_name": "search_ranking",
        "model_version": "1",
        "id": "r-9",
        "parameters": {"versions": "1,", "route": "primary,fallback", "fallback": ",empty"},
        "outputs": [
            {"name": "answers", "datatype": "INT64", "shape": [2, 3], "data": [6, 5, 4, 0, 0, 0]},
            {"name": "scores", "datatype": "FP64", "shape": [2, 3], "data": [5.0, 4.0, 3.0, 0.0, 0.0, 0.0]},
            {"name": "counts", "datatype": "INT64", "shape": [2], "data": [3, 0]},
        ],
    }
    assert pinned["parameters"]["route"] == "pinned,fallback"
    assert absent.status_code == 404
    assert "there are: 1" in absent.json()["error"]
    assert (server["name"], "binary_tensor_data" in server["extensions"]) == ("steek", True)
    assert [(one["name"], one["datatype"]) for one in model["inputs"]] == [
        ("household_id", "INT64"), ("product_category", "BYTES"), ("asked_at", "BYTES")
    ]  # fmt: skip
    assert (model["versions"], model["parameters"]["primary"]) == (["1"], 1)


@pytest.mark.covers("S2", "S7")
@pytest.mark.parametrize("binary", [False, True])
def test_candidates_may_be_text(world: World, binary: bool) -> None:
    names = ("household_category.lines",)
    world.deploy(world.add("next_purchase", linear(names, (1.0,)), names=names))
    inputs = [{"name": "household_id", "shape": [2], "datatype": "INT64", "data": [900, 7]}]
    outputs = [{"name": "answers", "parameters": {"binary_data": binary}}]

    async def ask(http: httpx.AsyncClient) -> tuple[Any, httpx.Response]:
        plain = await http.post("/v1/models/next_purchase:predict", json={"instances": [{"household_id": 900}]})
        body = {"inputs": inputs, "outputs": outputs}
        return plain.json(), await http.post("/v2/models/next_purchase/infer", json=body)

    plain, response = talk(world.app(recommendation()), ask)
    assert plain["predictions"][0]["answers"] == ["MILK", "ÄPFEL"]
    if binary:
        content = response.content[int(response.headers["inference-header-content-length"]) :]
        texts = [b"MILK", "ÄPFEL".encode(), b"", b""]
        assert content == b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    else:
        (output,) = response.json()["outputs"]
        assert (output["datatype"], output["shape"]) == ("BYTES", [2, 2])
        assert output["data"] == ["MILK", "ÄPFEL", "", ""]
    records = logged(world)
    assert [record.answers for record in records] == [["MILK", "ÄPFEL"], ["MILK", "ÄPFEL"], []]
    assert to_frame(records)["answers"].to_list()[0] == ["MILK", "ÄPFEL"]


@pytest.mark.covers("N3", "S2")
@pytest.mark.parametrize(
    ("path", "body", "status", "telling"),
    [
        (PREDICT, {"instances": []}, 400, "no instances"),
        (PREDICT, {"instances": [{"household_id": 900}]}, 400, "no 'product_category'"),
        (PREDICT, {"instances": [{**ASK, "houshold_id": 1}]}, 400, "no column named 'houshold_id'"),
        (PREDICT, {"instances": [{**ASK, "household_id": "900"}]}, 400, "allowed: a whole number"),
        (PREDICT, {"instances": [{**ASK, "household_id": True}]}, 400, "allowed: a whole number"),
        (PREDICT, {"instances": [{**ASK, "asked_at": "2017-10-02T12:00:00"}]}, 400, "with an offset"),
        (PREDICT, {"rows": []}, 400, "not a prediction request"),
        (INFER, {"inputs": []}, 400, "no instances"),
        ("/v1/models/serch_ranking:predict", {"instances": [ASK]}, 404, "Did you mean 'search_ranking'?"),
        ("/v2/nothing", {}, 404, "no POST /v2/nothing here"),
    ],
)
def test_bad_input_is_told_what_is_wrong(world: World, path: str, body: Any, status: int, telling: str) -> None:
    response = talk(world.app(), lambda http: http.post(path, json=body))
    assert response.status_code == status
    assert telling in response.json()["error"]
    assert logged(world) == []


@pytest.mark.covers("S2")
def test_unload_and_load(world: World) -> None:
    world.deploy(world.add_ranking(1, 0, 0, 0))

    async def ask(http: httpx.AsyncClient) -> list[int]:
        calls = ("unload", None, "load", None)
        found: list[int] = []
        for call in calls:
            if call is None:
                response = await http.post(PREDICT, json={"instances": [ASK]})
            else:
                response = await http.post(f"/v2/repository/models/search_ranking/{call}")
            found.append(response.status_code)
        return found

    assert talk(world.app(), ask) == [200, 503, 200, 200]


@pytest.mark.covers("S3")
def test_stats_begin_anew_with_each_epoch_of_the_route(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    second = world.add_ranking(0, 2, 0, 0)

    async def ask(http: httpx.AsyncClient) -> tuple[Any, Any]:
        await http.post(PREDICT, json={"instances": [ASK, ASK]})
        before = (await http.get("/v2/models/search_ranking/stats")).json()
        world.deploy(second)
        await http.post("/v2/repository/models/search_ranking/load")
        return before, (await http.get("/v2/models/search_ranking/stats")).json()

    before, after = talk(world.app(), ask)
    assert before["epoch"] == 1
    assert [(one["version"], one["route"], one["requests"]) for one in before["routes"]] == [(1, "primary", 2)]
    assert before["routes"][0]["score_mean"] == 4.0
    assert (after["epoch"], after["routes"]) == (3, [])


@pytest.mark.covers("O1", "O11")
def test_metrics_in_both_formats_name_version_readiness_and_data_age(world: World) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))

    async def ask(http: httpx.AsyncClient) -> list[httpx.Response]:
        await http.post(PREDICT, json={"instances": [ASK]})
        return [await http.get("/metrics", headers={"accept": accept})
                for accept in ("text/plain", "application/openmetrics-text; version=1.0.0")]  # fmt: skip

    plain, modern = talk(world.app(), ask)
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert modern.headers["content-type"].startswith("application/openmetrics-text")
    assert modern.text.endswith("# EOF\n")
    for line in (
        'steek_serving_answers_total{model="search_ranking",route="primary"} 1.0',
        'steek_serving_model_version{model="search_ranking",role="primary"} 1.0',
        'steek_serving_model_ready{model="search_ranking"} 1.0',
        'steek_serving_model_data_until_timestamp_seconds{model="search_ranking"} 1.506924e+09',
        'steek_serving_latency_seconds_count{model="search_ranking"} 1.0',
    ):
        assert line in plain.text


@pytest.mark.covers("S9", "N3")
def test_the_server_goes_on_when_routes_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deploy(world.add_ranking(0, 1, 0, 0))
    app = world.app()

    async def ask() -> tuple[int, str]:
        async with living(app) as http:
            monkeypatch.setattr(world.routes, "all", lambda: 1 / 0)
            await app.refresh()
            response = await http.post(PREDICT, json={"instances": [ASK]})
            return response.status_code, (await http.get("/metrics")).text

    status, metrics = asyncio.run(ask())
    assert status == 200
    assert "steek_serving_refresh_failures_total 1.0" in metrics


@pytest.mark.covers("N3")
def test_a_ranking_whose_candidates_cannot_be_found_is_refused_at_the_start(world: World) -> None:
    with pytest.raises(DeclarationError, match="candidates of 'search_ranking'"):
        world.app(replace(ranking(), candidates=household))
