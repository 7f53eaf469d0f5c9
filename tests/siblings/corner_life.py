"""Two nights in the life of the corner shop, with whatever servers its settings name."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop_world import HERE, MAKERS, NIGHTS, SHOPS, Shell, environment_with, free_port, new_shop, running, wait_for

from steek.serving.client import ServingClient

MODELS = ("maker_demand", "shop_demand")


@dataclass(frozen=True)
class Life:
    """What a life came to, without anything that a repetition would change."""

    nights: list[dict[str, Any]]
    models: list[dict[str, Any]]
    artifacts: dict[str, list[str]]
    answers: list[tuple[float, ...]]
    events: dict[str, int]
    receipts: list[str]


def live(folder: Path, environment: dict[str, str]) -> Life:
    """Data come in, a night makes the fleet, a person trains the other model, customers ask, the next night looks back.

    Args:
        folder: Where the project shall be.
        environment: Settings, as environment variables; the project itself is the same for all.
    """
    new_shop(folder)
    stock = [sys.executable, str(HERE / "shop_builder.py"), "stock", str(folder)]
    subprocess.run(stock, check=True, env=environment_with(environment))
    with _serving(folder, environment) as (shell, client):
        nights = [shell.json("night", "run", NIGHTS[0].isoformat())]
        shell.json("train", "shop_demand", "--known-until", NIGHTS[0].isoformat(), "--key", "by hand")
        client.load("shop_demand")
        asked = f"{NIGHTS[1]}T00:00:00+00:00"
        answers = [
            *client.predict("maker_demand", [{"maker": maker, "asked_at": asked} for maker in MAKERS], request_id="m"),
            *client.predict("shop_demand", [{"shop": shop, "asked_at": asked} for shop in SHOPS], request_id="s"),
        ]
        nights.append(shell.json("night", "run", NIGHTS[1].isoformat()))
        return _told(shell, nights, [answer.scores for answer in answers])


def _told(shell: Shell, nights: list[dict[str, Any]], answers: list[tuple[float, ...]]) -> Life:
    assert shell.json("ledger", "verify")["verified_events"] > 0
    versions = {model: shell.json("models", "versions", model) for model in MODELS}
    events = shell.json("ledger", "list", "--limit", "1000")
    receipts = shell.json("lineage", "up", "trained:maker_demand@2", "--kind", "receipt")
    kinds = [event["kind"] for event in events]
    return Life(
        nights=nights,
        models=shell.json("models", "list"),
        artifacts={model: [one["artifact_sha256"] for one in found] for model, found in versions.items()},
        answers=answers,
        events={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        receipts=[row["urn"] for row in receipts],
    )


@contextmanager
def _serving(folder: Path, environment: dict[str, str]) -> Generator[tuple[Shell, ServingClient]]:
    port = free_port()
    settings = {**environment, "STEEK_SERVING_PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    with running("serve", folder, settings) as process, ServingClient(url) as client:
        wait_for(f"{url}/v2/health/live", process)
        yield Shell(folder, settings), client
