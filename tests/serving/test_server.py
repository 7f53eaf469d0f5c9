"""A real serving process: asked by real clients, killed, and stopped."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_world import World
from steek.data import Lake
from steek.kernel import Verdict
from steek.kernel.errors import BusyError, InputError, NotFoundError, PortInUseError, ResourceError
from steek.kernel.listening import listen
from steek.serving import PREDICTIONS, PredictionCollector
from steek.serving.client import ServingClient

ASK = {"household_id": 900, "product_category": "BEEF", "asked_at": datetime(2017, 10, 2, 12, 30, tzinfo=UTC)}
MODEL = "search_ranking"


def free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


class Served:
    """A serving process of a world."""

    def __init__(self, world: World) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        program = Path(__file__).with_name("serving_world.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(world.path), str(self.port)], stderr=subprocess.PIPE
        )

    def wait_ready(self) -> None:
        with ServingClient(self.url) as client:
            self.until(client.ready)

    def until(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + 30
        while not holds():
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read().decode()
            assert time.monotonic() < ends
            time.sleep(0.02)

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(30)
        if self.process.stderr:
            self.process.stderr.close()
        return code


@contextmanager
def serving(world: World) -> Generator[Served]:
    served = Served(world)
    try:
        served.wait_ready()
        yield served
    finally:
        served.stop(signal.SIGKILL)


@pytest.fixture
def deployed(world: World) -> World:
    for weights in ((1, 0, 0, 0), (0, 1, 0, 0)):
        world.deploy(world.add_ranking(*weights))
    world.deploy(world.add_fleet(m2=1.0, m69=1.5))
    return world


@pytest.mark.covers("S7", "D17")
def test_every_answer_that_was_sent_survives_a_kill_of_the_server(deployed: World) -> None:
    sent: list[str] = []
    with serving(deployed) as served, ServingClient(served.url) as client:

        def ask() -> None:
            for number in range(100_000):
                try:
                    client.predict(MODEL, [ASK], request_id=f"r-{number}")
                except ResourceError:
                    return
                sent.append(f"r-{number}")

        customer = threading.Thread(target=ask)
        customer.start()
        served.until(lambda: len(sent) >= 100)
        assert served.stop(signal.SIGKILL) == -signal.SIGKILL
        customer.join()
    lake = Lake(deployed.path / "lake", {}, deployed.database, deployed.ledger, deployed.clock)
    collector = PredictionCollector(deployed.log, lake, deployed.database, deployed.ledger, deployed.clock)
    with serving(deployed) as served, ServingClient(served.url) as client:
        # The client that got no answer asks again, under the same id.
        client.predict(MODEL, [ASK], request_id=f"r-{len(sent)}")
        client.predict(MODEL, [ASK], request_id="r-0")
        collector.collect(key="1")
    collector.collect(key="2")
    rows = lake.scan(PREDICTIONS).select("request_id", "version").collect()
    assert sorted(rows["request_id"]) == sorted([*sent, f"r-{len(sent)}"])
    assert rows["version"].unique().to_list() == [2]


@pytest.mark.covers("S9")
def test_a_stopping_server_answers_what_it_has_taken(deployed: World) -> None:
    with serving(deployed) as served:
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            body = b'{"instances": [{"household_id": 900, "product_category": "BEEF"}]}'
            head = f"POST /v1/models/{MODEL}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:20])
            # The server is inside the request as soon as another one, sent after it, is answered.
            with ServingClient(served.url) as client:
                client.predict(MODEL, [ASK])
            served.process.send_signal(signal.SIGTERM)
            served.until(lambda: _refuses(served.port))
            connection.sendall(body[20:])
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert served.ended() == 0
    assert deployed.log.segments()[0].closed


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


@pytest.mark.covers("N3")
def test_a_port_in_use_is_told_before_anything_starts() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(PortInUseError, match="is in use by another process"):
        listen("127.0.0.1", listener.getsockname()[1])


@pytest.mark.covers("S1", "S4", "T14", "V1")
def test_our_client_asks_verifies_and_follows_a_rollback(deployed: World) -> None:
    with serving(deployed) as served, ServingClient(served.url) as client:
        (answer,) = client.predict(MODEL, [ASK])
        assert (answer.answers, answer.model_version, answer.route) == ((6, 5, 4), 2, "primary")
        inputs = {name: [value] for name, value in ASK.items()}
        given = client.infer(MODEL, inputs, id="r-7")
        assert (given["id"], given["outputs"][0]["data"]) == ("r-7", [6, 5, 4])
        assert client.infer(MODEL, inputs, version=1)["outputs"][0]["data"] == [1, 2, 3]
        assert client.verify(MODEL, 2, registry=deployed.registry).verdict is Verdict.PASS
        later = deployed.add_ranking(0, 0, 1, 0)
        missing = client.verify(MODEL, later.version, registry=deployed.registry)
        assert (missing.verdict, missing.serving_sha256) == (Verdict.FAIL, None)
        assert "not loaded by this server" in missing.reason
        began = time.monotonic()
        deployed.routes.rollback(MODEL, actor="ops", reason="", key="r")
        served.until(lambda: client.predict(MODEL, [ASK])[0].model_version == 1)
        assert time.monotonic() - began < 1
        stats = client.stats(MODEL)
        primary = stats.on("primary")
        assert primary is not None
        assert (stats.epoch, primary.version, primary.errors) == (4, 1, 0)
        assert stats.on("candidate") is None
        client.load("partner_demand")
        with pytest.raises(NotFoundError, match="Did you mean 'search_ranking'"):
            client.predict("serch_ranking", [ASK])
        with pytest.raises(InputError, match="no 'product_category'"):
            client.predict(MODEL, [{"household_id": 900}])
        assert client.ready(MODEL)
        served.stop(signal.SIGTERM)
        assert not client.ready()
        with pytest.raises(ResourceError, match="does not answer") as refused:
            client.predict(MODEL, [ASK])
        assert not isinstance(refused.value, BusyError)


@pytest.mark.covers("S2")
@pytest.mark.parametrize("binary", [False, True])
def test_a_client_of_the_open_inference_protocol_that_others_wrote(deployed: World, binary: bool) -> None:
    triton: Any = pytest.importorskip("tritonclient.http", reason="needs the tritonclient package")
    with serving(deployed) as served:
        client = triton.InferenceServerClient(served.url.removeprefix("http://"))
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready(MODEL)
        assert client.is_model_ready(MODEL, "1")
        assert not client.is_model_ready(MODEL, "9")
        metadata = client.get_model_metadata(MODEL)
        assert [one["name"] for one in metadata["inputs"]] == ["household_id", "product_category", "asked_at"]
        columns = {
            "household_id": np.array([900, 7], dtype=np.int64),
            "product_category": np.array(["BEEF", "BEEF"], dtype=np.object_),
            "asked_at": np.array(["2017-10-02T12:30:00Z"] * 2, dtype=np.object_),
        }
        inputs: list[Any] = []
        for tensor in metadata["inputs"]:
            one = triton.InferInput(tensor["name"], [2], tensor["datatype"])
            one.set_data_from_numpy(columns[tensor["name"]], binary_data=binary)
            inputs.append(one)
        outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("answers", "scores")]
        result = client.infer(MODEL, inputs, request_id="r-1", outputs=outputs)
        assert result.get_response()["id"] == "r-1"
        assert result.get_response()["parameters"]["route"] == "primary,primary"
        assert result.as_numpy("answers").tolist() == [[6, 5, 4], [6, 5, 4]]
        assert result.as_numpy("scores").tolist() == [[5.0, 4.0, 3.0], [5.0, 4.0, 3.0]]
        index = {(one["name"], one["version"]) for one in client.get_model_repository_index()}
        assert index == {(MODEL, "1"), (MODEL, "2"), ("partner_demand", "1")}
        client.unload_model(MODEL)
        assert not client.is_model_ready(MODEL)
        assert not client.is_server_ready()
        client.load_model(MODEL)
        assert client.is_model_ready(MODEL)
        with pytest.raises(triton.InferenceServerException, match="no model named 'nothing'"):
            client.infer("nothing", inputs)
        client.close()
