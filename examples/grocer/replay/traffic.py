"""Customers and partners asking the serving process, over both of its protocols."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby

import httpx

from replay.world import Question

TOGETHER = 16
CONNECTIONS = 2


class Traffic:
    """Sends questions; a question that was sent before is answered again and logged once."""

    def __init__(self, serving_url: str) -> None:
        self._client = httpx.Client(base_url=serving_url, timeout=60, verify=False)

    def send(self, questions: Sequence[Question]) -> Iterator[int]:
        """Send all questions, some at a time, and say how many each time; raises when one gets no answer."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(self._ask, _batches(questions))

    def close(self) -> None:
        self._client.close()

    def _ask(self, batch: Sequence[Question]) -> int:
        # Searches speak the Open Inference Protocol, the others the plain call.
        ask = self._infer if batch[0].model == "search_ranking" else self._predict
        ask(batch).raise_for_status()
        return len(batch)

    def _infer(self, batch: Sequence[Question]) -> httpx.Response:
        columns = {name: [question.instance[name] for question in batch] for name in batch[0].instance}
        inputs = [
            {
                "name": name,
                "shape": [len(values)],
                "datatype": _datatype(values[0]),
                "data": [_plain(v) for v in values],
            }
            for name, values in columns.items()
        ]
        return self._client.post(
            f"/v2/models/{batch[0].model}/infer", json={"id": batch[0].request_id, "inputs": inputs}
        )

    def _predict(self, batch: Sequence[Question]) -> httpx.Response:
        instances = [{name: _plain(value) for name, value in question.instance.items()} for question in batch]
        return self._client.post(
            f"/v1/models/{batch[0].model}:predict", json={"id": batch[0].request_id, "instances": instances}
        )


def _batches(questions: Sequence[Question]) -> Iterator[list[Question]]:
    for _, same in groupby(sorted(questions, key=lambda question: question.model), key=lambda question: question.model):
        group = list(same)
        for start in range(0, len(group), TOGETHER):
            yield group[start : start + TOGETHER]


def _datatype(value: object) -> str:
    return "INT64" if isinstance(value, int) else "BYTES"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
