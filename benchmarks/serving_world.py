"""Three servers with the same questions: steek, the same model behind FastAPI, and a bare ASGI answer."""

import contextlib
import json
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import grocer_store as store
import load
import measuring
import processes
from steek.features import FeatureReader

QUESTIONS, REQUESTS, ROUNDS = 300, 600, 5
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server and the requests it is asked."""

    server: processes.Server
    requests: list[bytes]


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds; CPU is the server's, per request."""

    p50_ms: float
    p95_ms: float
    per_s: float
    cpu_ms: float

    def say(self, name: str, note: str = "") -> None:
        line = f"  {name:<34} p50 {self.p50_ms:6.2f} ms   p95 {self.p95_ms:6.2f} ms   {self.per_s:7,.0f} requests/s"
        print(f"{line}   cpu {self.cpu_ms:5.2f} ms a request   {note}".rstrip())


@contextlib.contextmanager
def contestants(folder: Path) -> Generator[dict[str, Contestant]]:
    """The three, started; 150 to 250 candidates a question, 21 features, 60 trees, the best ten answered."""
    platform = store.open_store(folder)
    reader = FeatureReader(platform.online, platform.project.views, platform.project.moments)
    asked = store.searches(platform, reader, QUESTIONS)
    latest = platform.registry.latest("search_ranking")
    assert latest is not None
    (folder / "model.txt").write_bytes(platform.registry.artifact(latest))
    np.savez(
        folder / "matrices.npz",
        **{f"m{number}": one.matrix for number, one in enumerate(asked)},
        **{f"c{number}": one.candidates for number, one in enumerate(asked)},
    )
    platform.close()
    ours = [
        load.post("/v1/models/search_ranking:predict", json.dumps({"instances": [one.instance]}).encode())
        for one in asked
    ]
    theirs = [
        load.post("/predict", json.dumps({"instances": [{**one.instance, "number": number}]}).encode())
        for number, one in enumerate(asked)
    ]
    with contextlib.ExitStack() as stack:
        yield {
            "steek": Contestant(stack.enter_context(processes.steek("serve", folder / "store")), _repeated(ours)),
            "fastapi": Contestant(stack.enter_context(_peer("fastapi", folder)), _repeated(theirs)),
            "bare": Contestant(stack.enter_context(_peer("bare", folder)), _repeated(theirs)),
        }


def measure(found: dict[str, Contestant], connections: int) -> dict[str, Measured]:
    """All in turns, one round of which is not counted."""
    rounds: dict[str, list[Measured]] = {name: [] for name in found}
    for number in range(ROUNDS + 1):
        for name, contestant in found.items():
            cpu_s = contestant.server.cpu_s()
            answers = load.send_all(contestant.server.port, contestant.requests, connections)
            cpu_ms = (contestant.server.cpu_s() - cpu_s) / REQUESTS * 1e3
            if answers.refused:
                sys.exit(f"{name} did not answer {answers.refused} of {REQUESTS} requests with 200")
            if number:
                rounds[name].append(
                    Measured(
                        measuring.percentile(answers.latencies_ms, 0.5),
                        measuring.percentile(answers.latencies_ms, 0.95),
                        REQUESTS / answers.wall_s,
                        cpu_ms,
                    )
                )
    return {name: _median(measured) for name, measured in rounds.items()}


def say_all(measured: dict[str, Measured]) -> None:
    measured["steek"].say("steek serve", "reads features, falls back, logs each answer")
    measured["fastapi"].say("LightGBM behind FastAPI", "matrix ready in memory, no log")
    measured["bare"].say("bare ASGI", "constant answer")


def _median(measured: list[Measured]) -> Measured:
    def middle(name: str) -> float:
        return float(np.median([getattr(one, name) for one in measured]))

    return Measured(middle("p50_ms"), middle("p95_ms"), middle("per_s"), middle("cpu_ms"))


def _repeated(requests: list[bytes]) -> list[bytes]:
    return [requests[number % len(requests)] for number in range(REQUESTS)]


@contextlib.contextmanager
def _peer(kind: str, folder: Path) -> Generator[processes.Server]:
    port = processes.free_port()
    command = [sys.executable, str(HERE / "serving_peers.py"), kind, str(port), str(folder)]
    with processes.running(command, port, "/ready") as server:
        yield server
