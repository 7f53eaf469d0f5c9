"""The serving process as a bare ASGI application."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from steek.features import FeatureReader
from steek.kernel.clock import Clock
from steek.kernel.errors import SteekError
from steek.kernel.settings import Settings
from steek.kernel.tracing import is_tracing, note, span
from steek.ledger import Database
from steek.models import ModelDefinition, Registry
from steek.serving.answering import Answering
from steek.serving.http_io import (
    Receive,
    Response,
    Scope,
    Send,
    as_error,
    as_json,
    header,
    read_body,
    respond,
)
from steek.serving.infer_endpoints import InferEndpoints
from steek.serving.inference import Inference
from steek.serving.metrics import ServingMetrics
from steek.serving.model_endpoints import ModelEndpoints
from steek.serving.prediction_log import PredictionLog
from steek.serving.queries import ColumnType
from steek.serving.replicas import REPORT_EVERY_S, report, this_replica, withdraw
from steek.serving.routes import Routes
from steek.serving.served import ServedModels
from steek.serving.workers import Worker

_logger = logging.getLogger("steek.serving")

REFRESH_EVERY_S = 0.2
_PREDICT = ":predict"


class ServingApp:
    """Serves the models of a project over HTTP; one per event loop.

    It reads the routes when it starts and every `REFRESH_EVERY_S` after that, in a thread of its own; requests never
    wait for it. When the routes cannot be read it goes on with those it knows.
    """

    def __init__(
        self,
        models: ServedModels,
        reader: FeatureReader,
        log: PredictionLog,
        clock: Clock,
        queue_limit: int,
        database: Database | None = None,
    ) -> None:
        self._clock = clock
        self._database = database
        self._told_at_s: float | None = None
        self._served = models
        self._metrics = ServingMetrics()
        self._loader = Worker("steek-loader")
        self._inference = Inference(Answering(reader), log, clock, self._metrics, queue_limit)
        self._infer = InferEndpoints(models, self._inference, clock)
        self._models = ModelEndpoints(models, self._inference.stats, self._loader, lambda: self._draining, self._show)
        self._draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            with contextlib.suppress(ConnectionResetError):
                await respond(send, await self._traced(scope, receive))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def refresh(self) -> None:
        """Read the routes once and load what they name; failures are counted, not raised."""
        try:
            changed = await self._loader.run(self._served.refresh)
        except Exception:
            _logger.exception("the routes could not be read; the known ones stay")
            self._metrics.refresh_failed()
        else:
            if changed:
                self._show()
            await self._tell(at_once=bool(changed))

    async def _tell(self, *, at_once: bool) -> None:
        """Say what this process has in memory, now and then and whenever that changed."""
        database, now_s = self._database, self._clock.monotonic_s()
        is_due = self._told_at_s is None or now_s - self._told_at_s >= REPORT_EVERY_S
        if database is None or not (at_once or is_due):
            return
        self._told_at_s = now_s
        models, now = self._served.all(), self._clock.now()
        try:
            await self._loader.run(lambda: report(database, this_replica(), models, now=now))
        except Exception:
            _logger.exception("what this process serves could not be written down; it will be tried again")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.refresh()
        polling = asyncio.create_task(self._poll())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._draining = True
        polling.cancel()
        if self._database is not None:
            with contextlib.suppress(Exception):
                withdraw(self._database, this_replica())
        self._inference.stop()
        self._loader.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_EVERY_S)
            await self.refresh()

    def _show(self) -> None:
        self._metrics.show(self._served.all())

    async def _traced(self, scope: Scope, receive: Receive) -> Response:
        if not is_tracing():
            return await self._answer(scope, receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        facts = {"http.request.method": scope["method"], "steek.part": "serving"}
        with span(f"{scope['method']} serving", facts, headers=headers) as one:
            response = await self._answer(scope, receive)
            note(one, {"http.response.status_code": response.status})
            return response

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        arrived_s = self._clock.monotonic_s()
        try:
            body = await read_body(receive) if scope["method"] == "POST" else b""
            return await self._route(scope, body, arrived_s)
        except SteekError as error:
            if error.code == "busy":
                self._metrics.refused()
            return as_error(error)
        except ConnectionResetError:
            raise
        except Exception:
            _logger.exception("%s %s failed", scope["method"], scope["path"])
            return as_json({"error": "the server failed on this request; its log says why", "code": "internal"}, 500)

    async def _route(self, scope: Scope, body: bytes, arrived_s: float) -> Response:
        parts = scope["path"].strip("/").split("/")
        if scope["method"] == "POST":
            found = await self._post(scope, parts, body, arrived_s)
        else:
            found = self._get(scope, parts) if scope["method"] == "GET" else None
        if found is not None:
            return found
        text = f"no {scope['method']} {scope['path']} here"
        return as_json({"error": f"{text}; see the Open Inference Protocol, version 2", "code": "not_found"}, 404)

    async def _post(self, scope: Scope, parts: list[str], body: bytes, arrived_s: float) -> Response | None:
        match parts:
            case ["v1", "models", call] if call.endswith(_PREDICT):
                return await self._infer.predict(scope, body, call.removesuffix(_PREDICT), arrived_s)
            case ["v2", "models", name, "infer"]:
                return await self._infer.infer(scope, body, name, None, arrived_s)
            case ["v2", "models", name, "versions", version, "infer"]:
                return await self._infer.infer(scope, body, name, version, arrived_s)
            case ["v2", "repository", *rest]:
                return await self._repository(rest, body)
            case _:
                return None

    async def _repository(self, rest: list[str], body: bytes) -> Response | None:
        match rest:
            case ["index"]:
                return self._models.index(body)
            case ["models", name, "load"]:
                return await self._models.load(name)
            case ["models", name, "unload"]:
                return await self._models.unload(name)
            case _:
                return None

    def _get(self, scope: Scope, parts: list[str]) -> Response | None:
        match parts:
            case ["metrics"]:
                self._show()
                return Response(200, *self._metrics.exposition(header(scope, "accept") or ""))
            case ["v1", "models"]:
                return self._models.models()
            case ["v1", "models", name]:
                return self._models.model_ready(name, None)
            case ["v2", "models", name, *rest]:
                return self._get_model(name, rest)
            case _:
                return self._get_health(parts)

    def _get_health(self, parts: list[str]) -> Response | None:
        match parts:
            case ["v2"]:
                return self._models.server()
            case ["v2", "health", "live"] | ["healthz"] | ["health"] | ["ping"]:
                return self._models.live()
            case ["v2", "health", "ready"] | ["readyz"]:
                return self._models.ready()
            case _:
                return None

    def _get_model(self, name: str, rest: list[str]) -> Response | None:
        match rest:
            case []:
                return self._models.metadata(name, None)
            case ["ready"]:
                return self._models.model_ready(name, None)
            case ["stats"]:
                return self._models.stats(name)
            case ["versions", version]:
                return self._models.metadata(name, version)
            case ["versions", version, "ready"]:
                return self._models.model_ready(name, version)
            case _:
                return None


def build_app(
    settings: Settings,
    registry: Registry,
    routes: Routes,
    reader: FeatureReader,
    definitions: Mapping[str, ModelDefinition],
    log: PredictionLog,
    clock: Clock,
    column_types: Mapping[str, ColumnType] | None = None,
    database: Database | None = None,
) -> ServingApp:
    """The serving application of a project.

    Args:
        settings: `serving_queue` bounds the requests inside.
        registry: Where trained models come from.
        routes: Which of them answer.
        reader: Features of the online store.
        definitions: Models by name; others are not served.
        log: Where every answer is written.
        clock: Time.
        column_types: "INT64" or "BYTES" for entity columns, from the contracts of the project; values of another
            type are refused. A column that is not named takes both.
        database: Where this process says now and then what it has in memory; None says nothing.

    Raises:
        DeclarationError: a ranking whose candidates cannot be found from its queries.
    """
    models = ServedModels(definitions, column_types or {}, routes, registry, clock)
    return ServingApp(models, reader, log, clock, settings.number("serving_queue"), database)
