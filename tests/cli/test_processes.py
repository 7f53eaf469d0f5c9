"""The processes of a project start together, say who is in their way, and stop together."""

import signal
import socket
from collections.abc import Iterator

import httpx
import pytest
from shop_world import Shell, free_port, running, wait_for


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.covers("P1", "N1")
def test_up_serves_console_api_and_predictions_and_stops_cleanly(shop: Shell) -> None:
    port, serving_port = free_port(), free_port()
    environment = {"STEEK_PORT": str(port), "STEEK_SERVING_PORT": str(serving_port)}
    with running("up", shop.folder, environment) as process:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        wait_for(f"http://127.0.0.1:{serving_port}/v2/models/maker_demand/ready", process)
        assert "corner shop" in httpx.get(f"http://127.0.0.1:{port}/").text
        night = httpx.post(f"http://127.0.0.1:{port}/v1/nights/2024-03-11")
        assert (night.status_code, night.json()["status"]) == (202, "SUCCESS")
        asked = {"instances": [{"maker": "apple", "asked_at": "2024-03-12T00:00:00Z"}]}
        answer = httpx.post(f"http://127.0.0.1:{serving_port}/v1/models/maker_demand:predict", json=asked)
        assert answer.json()["predictions"][0]["model_version"] == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("noun", "variable"),
    [
        ("serve", "STEEK_SERVING_PORT"),
        ("console", "STEEK_PORT"),
        ("up", "STEEK_PORT"),
        ("up", "STEEK_SERVING_PORT"),
    ],
)
def test_a_port_in_use_is_named(reading: Shell, taken: int, noun: str, variable: str) -> None:
    done = reading.steek(noun, **{variable: str(taken)})
    assert (done.status, done.stdout) == (8, "")
    assert done.stderr == (
        f"error (port_in_use): port {taken} on 127.0.0.1 is in use by another process\n"
        f"  Stop it, or set {variable.removeprefix('STEEK_').lower()} to another port.\n"
    )
