"""A client of the serving process, and the check that what serves is what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from steek.kernel.errors import BusyError, InputError, NotFoundError, ResourceError, SteekError
from steek.kernel.records import to_plain
from steek.kernel.tracing import outgoing_headers
from steek.kernel.verdict import Verdict
from steek.models import Registry
from steek.serving.types import RouteStats

_ERRORS: dict[int, type[SteekError]] = {400: InputError, 404: NotFoundError, 503: BusyError}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer of the plain call; see `PredictionRecord` for the fields."""

    answers: tuple[int | str, ...]
    scores: tuple[float, ...]
    model_version: int | None
    route: str
    fallback: str | None
    fallback_reason: str | None


@dataclass(frozen=True, slots=True)
class ModelStats:
    """What each version of a model did since its route last changed, at `epoch`."""

    model: str
    epoch: int
    routes: tuple[RouteStats, ...]

    def on(self, route: str) -> RouteStats | None:
        """The numbers of "primary" or "candidate"; None when it was asked nothing."""
        return next((stats for stats in self.routes if stats.route == route), None)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the version in a server's memory is the one the registry keeps.

    `serving_sha256` was computed by the server over the bytes it loaded; None when it has not loaded the version.
    """

    model: str
    version: int
    verdict: Verdict
    reason: str
    expected_sha256: str
    serving_sha256: str | None


def _carry_trace(request: httpx.Request) -> None:
    request.headers.update(outgoing_headers())


class ServingClient:
    """Talks to one serving process; safe to share between threads. Use it in a `with` block, or close it.

    Args:
        base_url: Where the process listens, e.g. "http://127.0.0.1:8322".
        timeout_s: Longest wait for one response.
    """

    def __init__(self, base_url: str, *, timeout_s: float = 30.0) -> None:
        # Reading the certificates of the world takes a tenth of a second; a plain connection needs none.
        hooks = {"request": [_carry_trace]}
        secure = base_url.startswith("https:")
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s, verify=secure, event_hooks=hooks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def predict(
        self, model: str, instances: Sequence[Mapping[str, object]], *, request_id: str | None = None
    ) -> list[Prediction]:
        """Answers of the plain call, one per instance; instants may be aware datetimes.

        Args:
            model: Name of the model.
            instances: Column to value; the moment is optional.
            request_id: A request repeated with the same id is logged once.

        Raises:
            InputError: the server found fault with an instance.
            NotFoundError: it has no such model.
            BusyError: its queue is full, or the model was unloaded.
            ResourceError: it cannot be reached or failed.
        """
        body = {"instances": to_plain(list(instances)), "id": request_id}
        found = self._call("POST", f"/v1/models/{quote(model)}:predict", body)
        return [_to_prediction(item) for item in found["predictions"]]

    def infer(
        self, model: str, inputs: Mapping[str, Sequence[object]], *, id: str | None = None, version: int | None = None
    ) -> dict[str, Any]:
        """The response of the Open Inference Protocol as it came; errors as for `predict`.

        Args:
            model: Name of the model.
            inputs: Column to one value per instance: whole numbers, text or aware datetimes.
            id: As `request_id` of `predict`.
            version: A version in the server's memory; by default the route decides.
        """
        tensors = [_tensor(name, values) for name, values in inputs.items()]
        path = _model_path(model, version) + "/infer"
        return self._call("POST", path, {"inputs": tensors} | ({} if id is None else {"id": id}))

    def load(self, model: str) -> None:
        """Make the server read the model's route now.

        Raises:
            BusyError: what the route names cannot be loaded; the message says why.
        """
        self._call("POST", f"/v2/repository/models/{quote(model)}/load", {})

    def metadata(self, model: str, version: int | None = None) -> dict[str, Any]:
        """What the server says of a model: inputs, outputs, versions, and which artifact is in memory."""
        return self._call("GET", _model_path(model, version))

    def ready(self, model: str | None = None) -> bool:
        """Whether the model, or every model with a route, can answer; False too when nobody listens."""
        path = "/v2/health/ready" if model is None else f"{_model_path(model, None)}/ready"
        try:
            return self._http.get(path).is_success
        except httpx.TransportError:
            return False

    def stats(self, model: str) -> ModelStats:
        """What each version did since the route last changed and this server started, as it counted."""
        found = self._call("GET", f"{_model_path(model, None)}/stats")
        return ModelStats(found["name"], found["epoch"], tuple(RouteStats(**item) for item in found["routes"]))

    def verify(self, model: str, version: int, *, registry: Registry) -> Verification:
        """Compare the checksum of what this server has in memory with the registry's.

        Raises:
            NotFoundError: the registry has no such version.
        """
        expected = registry.get(model, version).artifact_sha256
        try:
            parameters = self.metadata(model, version)["parameters"]
        except NotFoundError as error:
            return Verification(model, version, Verdict.FAIL, error.message, expected, None)
        serving = str(parameters["artifact_sha256"])
        if serving != expected:
            reason = f"the server has {serving[:12]}…, the registry {expected[:12]}…"
            return Verification(model, version, Verdict.FAIL, reason, expected, serving)
        return Verification(model, version, Verdict.PASS, "the same artifact", expected, serving)

    def _call(self, method: str, path: str, body: object | None = None) -> Any:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.TransportError as cause:
            message = f"the serving process at {self._http.base_url} does not answer: {cause}"
            raise ResourceError(message, next_step="Start it with 'steek serve', or look at its log.") from cause
        if response.is_success:
            return response.json()
        kind = _ERRORS.get(response.status_code, ResourceError)
        raise kind(_reason(response))


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"the serving process answered {response.status_code}: {response.text[:200]}"


def _model_path(model: str, version: int | None) -> str:
    return f"/v2/models/{quote(model)}" + ("" if version is None else f"/versions/{version}")


def _tensor(name: str, values: Sequence[object]) -> dict[str, object]:
    datatype = "INT64" if all(isinstance(value, int) for value in values) else "BYTES"
    return {"name": name, "shape": [len(values)], "datatype": datatype, "data": to_plain(list(values))}


def _to_prediction(item: Mapping[str, Any]) -> Prediction:
    values: dict[str, Any] = {**item, "answers": tuple(item["answers"]), "scores": tuple(item["scores"])}
    return Prediction(**values)
