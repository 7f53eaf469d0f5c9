"""The control API of steek, as suppliers and schedulers use it."""

from collections.abc import Callable
from datetime import date
from threading import Event
from typing import Any

import httpx

from replay.world import Delivery

POLL_S = 0.1


class Control:
    """Ingests deliveries and starts nights over HTTP."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=120, verify=False)
        self._pause = Event()

    def ingest(self, delivery: Delivery) -> dict[str, Any]:
        """Send one batch and wait until its rows are in the table; the receipt. Again gives the same receipt."""
        response = self._client.post(
            f"/v1/datasets/{delivery.dataset}/batches",
            params={"wait": "commit"},
            content=delivery.payload,
            headers={
                "Content-Type": "application/vnd.apache.parquet",
                "Idempotency-Key": delivery.key,
                "X-Steek-Actor": delivery.actor,
            },
        )
        response.raise_for_status()
        return response.json()

    def note_change(self, subject: str, summary: str, actor: str, key: str) -> None:
        """Tell of a change in the world outside."""
        body = {"subject": subject, "summary": summary}
        headers = {"Idempotency-Key": key, "X-Steek-Actor": actor}
        self._client.post("/v1/changes", json=body, headers=headers).raise_for_status()

    def start_night(self, day: date) -> None:
        """Ask for a night; asking again is asking for the same one."""
        self._client.post(f"/v1/nights/{day}").raise_for_status()

    def night(self, day: date) -> dict[str, Any]:
        """Stage, status and report of a night."""
        response = self._client.get(f"/v1/nights/{day}")
        response.raise_for_status()
        return response.json()

    def follow_night(self, day: date, until: Callable[[str], bool], say: Callable[[str], None]) -> str:
        """Wait until the night reaches a stage; that stage.

        Raises:
            RuntimeError: the night failed; its error is the text.
        """
        while True:
            night = self.night(day)
            if night["status"] == "ERROR":
                raise RuntimeError(f"night {day}: {night['error']}")
            say(f"night {day}: {night['stage']}")
            if until(night["stage"]):
                return night["stage"]
            self._pause.wait(POLL_S)

    def close(self) -> None:
        self._client.close()
