"""Asking about models: health, metadata, what is loaded, and numbers."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import msgspec

from steek.kernel.errors import NotFoundError, ResourceError, UnreadableError
from steek.serving.http_io import Response, as_json
from steek.serving.served import ServedModel, ServedModels
from steek.serving.stats import ServingStats
from steek.serving.warm import WarmVersion
from steek.serving.workers import Worker

_EXTENSIONS = ["model_repository", "binary_tensor_data", "statistics"]


class _IndexRequest(msgspec.Struct):
    ready: bool = False


class ModelEndpoints:
    """Handlers of everything that is not inference.

    Args:
        models: What is served.
        stats: Numbers of the current routes.
        loader: The thread that loads models.
        draining: Whether the process is on its way out.
        changed: Called after a load or unload.
    """

    def __init__(
        self,
        models: ServedModels,
        stats: ServingStats,
        loader: Worker,
        draining: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self._models = models
        self._stats = stats
        self._loader = loader
        self._draining = draining
        self._changed = changed

    def server(self) -> Response:
        """`GET /v2`."""
        return as_json({"name": "steek", "version": version("steek"), "extensions": _EXTENSIONS})

    def live(self) -> Response:
        """`GET /v2/health/live`."""
        return as_json({"live": True})

    def ready(self) -> Response:
        """`GET /v2/health/ready`: 200 when every model that has a route can answer as it says, else 503."""
        reasons = {model.name: model.why_not_ready() for model in self._models.all() if model.route.primary is not None}
        broken = {name: reason for name, reason in reasons.items() if reason is not None}
        ready = not broken and not self._draining()
        return as_json({"live": True, "ready": ready, "not_ready": broken}, 200 if ready else 503)

    def model_ready(self, name: str, version: str | None) -> Response:
        """`GET /v2/models/{name}[/versions/{version}]/ready`."""
        model = self._models.get(name)
        if version is None:
            reason = model.why_not_ready()
        else:
            reason = None if _warm(model, version) else _why_not(model, version)
        body: dict[str, Any] = {"name": name, "ready": reason is None}
        return as_json(body if reason is None else {**body, "reason": reason}, 200 if reason is None else 503)

    def metadata(self, name: str, version: str | None) -> Response:
        """`GET /v2/models/{name}[/versions/{version}]`; `parameters` say what exactly is in memory."""
        model = self._models.get(name)
        form = model.form
        inputs = [
            {"name": column, "datatype": form.types.get(column, "BYTES"), "shape": [-1]} for column in form.columns
        ]
        inputs.append({"name": form.moment, "datatype": "BYTES", "shape": [-1]})
        outputs = [{"name": "scores", "datatype": "FP64", "shape": [-1, -1]}]
        if form.candidate_column is not None:
            datatype = form.types.get(form.candidate_column, "INT64")
            outputs.insert(0, {"name": "answers", "datatype": datatype, "shape": [-1, -1]})
        outputs.append({"name": "counts", "datatype": "INT64", "shape": [-1]})
        asked = model.route.primary if version is None else _number(model, version)
        warm = None if asked is None else model.versions.get(asked)
        if version is not None and warm is None:
            raise NotFoundError(f"version {version} of {name!r}: {_why_not(model, version)}")
        body: dict[str, Any] = {
            "name": name,
            "versions": [str(number) for number in sorted(model.versions)],
            "platform": f"steek_{warm.trained.format}" if warm else "steek",
            "inputs": inputs,
            "outputs": outputs,
            "parameters": {"task": model.definition.task, **_route(model), **_identity(warm)},
        }
        return as_json(body)

    def stats(self, name: str) -> Response:
        """`GET /v2/models/{name}/stats`: what each version did since the route last changed."""
        model = self._models.get(name)
        current = self._stats.epoch(name) == model.route.epoch
        routes = self._stats.of(name) if current else []
        return as_json({"name": name, "epoch": model.route.epoch, "routes": routes})

    def index(self, body: bytes) -> Response:
        """`POST /v2/repository/index`: every version that is routed or kept warm, with its state."""
        request = _decoded_index(body)
        entries = [entry for model in self._models.all() for entry in _entries(model)]
        return as_json([entry for entry in entries if entry["state"] == "READY" or not request.ready])

    async def load(self, name: str) -> Response:
        """`POST /v2/repository/models/{name}/load`: read the route now; 503 when what it names cannot be loaded."""
        self._models.get(name)
        model = await self._loader.run(lambda: self._models.load(name))
        self._changed()
        reason = model.why_not_ready()
        if reason is not None:
            message = f"model {name!r} cannot be served as its route says: {reason}"
            raise ResourceError(message, next_step="Deploy, or roll back to a version that loads.")
        return as_json({})

    async def unload(self, name: str) -> Response:
        """`POST /v2/repository/models/{name}/unload`."""
        self._models.get(name)
        await self._loader.run(lambda: self._models.unload(name))
        self._changed()
        return as_json({})

    def models(self) -> Response:
        """`GET /v1/models`."""
        return as_json({"models": [model.name for model in self._models.all()]})


def _number(model: ServedModel, version: str) -> int:
    if not version.isdecimal():
        message = f"version {version!r} of {model.name!r} is not a number"
        raise NotFoundError(message)
    return int(version)


def _warm(model: ServedModel, version: str) -> WarmVersion | None:
    return None if model.unloaded else model.versions.get(_number(model, version))


def _why_not(model: ServedModel, version: str) -> str:
    if model.unloaded:
        return "unloaded on request"
    return model.broken.get(_number(model, version), "not loaded by this server")


def _route(model: ServedModel) -> dict[str, Any]:
    route = model.route
    return {
        "epoch": route.epoch,
        "primary": route.primary,
        "candidate": route.candidate,
        "fraction": route.fraction,
        "members": route.members,
    }


def _identity(warm: WarmVersion | None) -> dict[str, Any]:
    if warm is None:
        return {"version": None, "artifact_sha256": None}
    return {
        "version": warm.version,
        "artifact_sha256": warm.artifact_sha256,
        "definition_hash": warm.trained.definition_hash,
        "data_until": warm.trained.data_until,
        "trained_at": warm.trained.trained_at,
    }


def _entries(model: ServedModel) -> list[dict[str, Any]]:
    known = sorted({*model.versions, *model.broken})
    if not known:
        return [{"name": model.name, "version": "", "state": "UNAVAILABLE", "reason": model.why_not_ready() or ""}]
    return [
        {
            "name": model.name,
            "version": str(version),
            "state": "READY" if version in model.versions else "UNAVAILABLE",
            "reason": model.broken.get(version, ""),
        }
        for version in known
    ]


def _decoded_index(body: bytes) -> _IndexRequest:
    try:
        return msgspec.json.decode(body, type=_IndexRequest) if body.strip() else _IndexRequest()
    except msgspec.MsgspecError as cause:
        message = f"the body is not a repository index request: {cause}"
        raise UnreadableError(message, next_step='Send {} or {"ready": true}.') from cause
