"""Asking a model: the Open Inference Protocol and the plain JSON call."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError, ResourceError, UnreadableError
from steek.kernel.ids import new_id
from steek.serving.answers import Answer
from steek.serving.http_io import REQUEST_ID, Response, Scope, as_json, header
from steek.serving.inference import Inference
from steek.serving.open_inference import (
    BYTES,
    INT64,
    InferRequest,
    InferResponse,
    TensorOut,
    decode_request,
    encode_response,
)
from steek.serving.served import ServedModel, ServedModels

_JSON_LENGTH = "inference-header-content-length"


class _PredictRequest(msgspec.Struct):
    instances: list[dict[str, Any]]
    id: str | None = None


class _Prediction(msgspec.Struct):
    answers: list[int | str]
    scores: list[float]
    model_version: int | None
    route: str
    fallback: str | None
    fallback_reason: str | None


class _PredictResponse(msgspec.Struct):
    predictions: list[_Prediction]
    request_id: str


_PREDICT = msgspec.json.Decoder(_PredictRequest)


class InferEndpoints:
    """Handlers of the two ways to ask."""

    def __init__(self, models: ServedModels, inference: Inference, clock: Clock) -> None:
        self._models = models
        self._inference = inference
        self._clock = clock

    async def predict(self, scope: Scope, body: bytes, name: str, arrived_s: float) -> Response:
        """`POST /v1/models/{name}:predict` with `{"instances": [{column: value}]}`."""
        model = self._served(name)
        try:
            request = _PREDICT.decode(body)
        except msgspec.MsgspecError as cause:
            message = f"the body is not a prediction request: {cause}"
            raise UnreadableError(message, next_step='Send {"instances": [{"column": value}]}.') from cause
        request_id, answers = await self._ask(scope, model, request.instances, request.id, arrived_s, None)
        predictions = [
            _Prediction(one.answers, one.scores, one.version, one.route, one.fallback, one.fallback_reason)
            for one in answers
        ]
        return as_json(_PredictResponse(predictions, request_id), headers=[(REQUEST_ID, request_id)])

    async def infer(self, scope: Scope, body: bytes, name: str, version: str | None, arrived_s: float) -> Response:
        """`POST /v2/models/{name}[/versions/{version}]/infer`."""
        model = self._served(name)
        pinned = None if version is None else _loaded(model, version)
        request, columns = decode_request(body, _json_length(scope))
        instances = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        request_id, answers = await self._ask(scope, model, instances, request.id, arrived_s, pinned)
        response, binary = _infer_response(model, request, request_id, answers)
        content, json_length = encode_response(response, binary)
        headers = [(REQUEST_ID, request_id)]
        if json_length is None:
            return Response(200, content, headers=tuple(headers))
        headers.append((_JSON_LENGTH, str(json_length)))
        return Response(200, content, "application/octet-stream", tuple(headers))

    def _served(self, name: str) -> ServedModel:
        model = self._models.get(name)
        if model.unloaded:
            message = f"model {name!r} was unloaded from this server"
            raise ResourceError(message, next_step=f"POST /v2/repository/models/{name}/load")
        return model

    async def _ask(
        self,
        scope: Scope,
        model: ServedModel,
        instances: Sequence[Mapping[str, object]],
        body_id: str | None,
        arrived_s: float,
        pinned: int | None,
    ) -> tuple[str, list[Answer]]:
        now = self._clock.now()
        request_id = body_id or header(scope, REQUEST_ID) or new_id(now)
        queries = model.form.queries(instances, request_id, now)
        return request_id, await self._inference.answer(model, queries, arrived_s=arrived_s, pinned=pinned)


def _json_length(scope: Scope) -> int | None:
    text = header(scope, _JSON_LENGTH)
    if text is None:
        return None
    if not text.isdecimal():
        message = f"Inference-Header-Content-Length is {text!r}, not a number of bytes"
        raise UnreadableError(message)
    return int(text)


def _loaded(model: ServedModel, version: str) -> int:
    if not version.isdecimal() or int(version) not in model.versions:
        loaded = [str(number) for number in sorted(model.versions)]
        raise NotFoundError.among(f"loaded version of {model.name}", version, loaded)
    return int(version)


def _infer_response(
    model: ServedModel, request: InferRequest, request_id: str, answers: Sequence[Answer]
) -> tuple[InferResponse, dict[str, NDArray[Any]]]:
    arrays = _arrays(model, answers)
    wanted = list(arrays) if not request.outputs else [output.name for output in request.outputs]
    outputs: list[TensorOut] = []
    binary: dict[str, NDArray[Any]] = {}
    for name in wanted:
        if name not in arrays:
            raise NotFoundError.among("output", name, arrays)
        datatype, array = arrays[name]
        output = TensorOut(name, datatype, list(array.shape))
        if request.wants_binary(name):
            binary[name] = array
        else:
            output.data = array.reshape(-1).tolist()
        outputs.append(output)
    version = next((str(answer.version) for answer in answers if answer.version is not None), "")
    return InferResponse(model.name, version, request_id, _parameters(answers), outputs), binary


def _parameters(answers: Sequence[Answer]) -> dict[str, Any]:
    """Versions, routes and fallbacks, one per instance, joined by commas as the protocol has no lists here."""
    return {
        "versions": ",".join("" if answer.version is None else str(answer.version) for answer in answers),
        "route": ",".join(answer.route for answer in answers),
        "fallback": ",".join(answer.fallback or "" for answer in answers),
    }


def _arrays(model: ServedModel, answers: Sequence[Answer]) -> dict[str, tuple[str, NDArray[Any]]]:
    """Outputs as [n, k] arrays; rows with fewer than k answers are filled up, `counts` [n] says how many hold."""
    width = max(len(answer.scores) for answer in answers)
    scores = np.zeros((len(answers), width), dtype=np.float64)
    datatype = _answers_type(model, answers)
    shape = (len(answers), width)
    ids = np.zeros(shape, dtype=np.int64) if datatype == INT64 else np.full(shape, "", dtype=np.object_)
    for row, answer in enumerate(answers):
        scores[row, : len(answer.scores)] = answer.scores
        ids[row, : len(answer.answers)] = answer.answers
    counts = np.array([len(answer.scores) for answer in answers], dtype=np.int64)
    outputs: dict[str, tuple[str, NDArray[Any]]] = {"scores": ("FP64", scores), "counts": ("INT64", counts)}
    return outputs if model.form.candidate_view is None else {"answers": (datatype, ids), **outputs}


def _answers_type(model: ServedModel, answers: Sequence[Answer]) -> str:
    """The contracts' word on the candidate column; where they have none, what the answers are."""
    declared = model.form.types.get(model.form.candidate_column or "")
    is_text = any(isinstance(one, str) for answer in answers for one in answer.answers[:1])
    return declared or (BYTES if is_text else INT64)
