"""The Open Inference Protocol, version 2: requests and responses as JSON, with binary tensors.

Source: the protocol's REST specification with its binary tensor extension; the extension's clients send it by default.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from steek.kernel.errors import UnreadableError

Scalar = int | float | str | bool
BYTES = "BYTES"
INT64 = "INT64"

_NUMERIC: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
_LENGTH = struct.Struct("<I")


class TensorIn(msgspec.Struct):
    """One input as sent; `data` is absent when it follows the JSON in binary form."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class OutputWanted(msgspec.Struct):
    """An output that a client asks for; its parameters may ask for binary data."""

    name: str
    parameters: dict[str, Any] = {}


class InferRequest(msgspec.Struct):
    """The body of `/infer` as the protocol states it."""

    inputs: list[TensorIn]
    id: str | None = None
    outputs: list[OutputWanted] | None = None
    parameters: dict[str, Any] = {}

    def wants_binary(self, output: str) -> bool:
        """Whether the client asked for this output in binary form."""
        asked = {wanted.name: wanted.parameters for wanted in self.outputs or []}
        by_default = bool(self.parameters.get("binary_data_output", False))
        return bool(asked.get(output, {}).get("binary_data", by_default))


class TensorOut(msgspec.Struct, omit_defaults=True):
    """One output; `data` is absent where it follows the JSON as bytes."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class InferResponse(msgspec.Struct):
    """The answer to `/infer`; served version, route and fallback stand in its parameters."""

    model_name: str
    model_version: str
    id: str
    parameters: dict[str, Any]
    outputs: list[TensorOut]


_REQUEST = msgspec.json.Decoder(InferRequest)
_ENCODER = msgspec.json.Encoder()


def decode_request(body: bytes, json_length: int | None) -> tuple[InferRequest, dict[str, list[Scalar]]]:
    """An inference request and its inputs as columns.

    Args:
        body: The HTTP body.
        json_length: Value of the header Inference-Header-Content-Length: bytes of JSON before binary tensors; None
            when all of the body is JSON.

    Returns:
        The request, and input name to its values, one per instance; shapes [n] and [n, 1] are both taken.

    Raises:
        UnreadableError: not such a request; the message says what is wrong with it.
    """
    if json_length is not None and not 0 <= json_length <= len(body):
        message = f"Inference-Header-Content-Length is {json_length}, but the body has {len(body)} bytes"
        raise UnreadableError(message)
    text, rest = (body, b"") if json_length is None else (body[:json_length], body[json_length:])
    try:
        request = _REQUEST.decode(text)
    except msgspec.MsgspecError as cause:
        message = f"the body is not an inference request: {cause}"
        raise UnreadableError(message, next_step='Send {"inputs": [{"name", "shape", "datatype", "data"}]}.') from cause
    columns: dict[str, list[Scalar]] = {}
    for tensor in request.inputs:
        size = tensor.parameters.get("binary_data_size")
        if isinstance(size, int):
            values, rest = _from_binary(tensor, rest[:size], size), rest[size:]
        else:
            values = _from_json(tensor)
        columns[tensor.name] = _checked(tensor, values)
    if len({len(values) for values in columns.values()}) > 1:
        sizes = ", ".join(f"{name} {len(values)}" for name, values in columns.items())
        message = f"inputs differ in their number of instances: {sizes}"
        raise UnreadableError(message)
    return request, columns


def encode_response(response: InferResponse, binary: Mapping[str, NDArray[Any]]) -> tuple[bytes, int | None]:
    """A response's body, and the number of its JSON bytes when binary tensors follow (else None).

    Args:
        response: Outputs without `data` are filled from `binary`.
        binary: Output name to its array, for outputs that go in binary form.
    """
    parts: list[bytes] = []
    for output in response.outputs:
        if output.name in binary:
            content = _to_binary(output.datatype, binary[output.name])
            output.parameters = {"binary_data_size": len(content)}
            parts.append(content)
    head = _ENCODER.encode(response)
    return (b"".join((head, *parts)), len(head)) if parts else (head, None)


def _to_binary(datatype: str, array: NDArray[Any]) -> bytes:
    if datatype != BYTES:
        return np.ascontiguousarray(array, dtype=_NUMERIC[datatype]).tobytes()
    texts = [str(text).encode() for text in array.reshape(-1)]
    return b"".join(_LENGTH.pack(len(text)) + text for text in texts)


def _from_json(tensor: TensorIn) -> list[Any]:
    if tensor.data is None:
        message = f"input {tensor.name!r} has no data"
        raise UnreadableError(message)
    return list(_flatten(tensor.data))


def _flatten(data: Sequence[Any]) -> Iterator[Any]:
    for item in data:
        if isinstance(item, list):
            yield from _flatten(cast("list[Any]", item))
        else:
            yield item


def _from_binary(tensor: TensorIn, data: bytes, size_bytes: int) -> list[Any]:
    if len(data) != size_bytes:
        message = f"input {tensor.name!r} says {size_bytes} bytes follow, there are {len(data)}"
        raise UnreadableError(message)
    if tensor.datatype == BYTES:
        return list(_texts(tensor.name, data))
    dtype = _NUMERIC.get(tensor.datatype)
    if dtype is None or size_bytes % dtype.itemsize:
        message = f"input {tensor.name!r}: {size_bytes} bytes are not {tensor.datatype}"
        raise UnreadableError(message, next_step=f"Datatypes: {', '.join([*_NUMERIC, BYTES])}.")
    return np.frombuffer(data, dtype).tolist()


def _texts(name: str, data: bytes) -> Iterator[str]:
    offset = 0
    try:
        while offset < len(data):
            (length,) = _LENGTH.unpack_from(data, offset)
            offset += _LENGTH.size + length
            if offset > len(data):
                break
            yield data[offset - length : offset].decode()
    except (struct.error, UnicodeDecodeError) as cause:
        message = f"input {name!r} is not a BYTES tensor of UTF-8 text: {cause}"
        raise UnreadableError(message) from cause
    if offset != len(data):
        message = f"input {name!r} ends inside an element"
        raise UnreadableError(message)


def _checked(tensor: TensorIn, values: list[Any]) -> list[Scalar]:
    expected = 1
    for length in tensor.shape:
        expected *= length
    if not tensor.shape or len(values) != expected or tensor.shape[0] != len(values):
        message = f"input {tensor.name!r} has shape {tensor.shape} and {len(values)} values"
        raise UnreadableError(message, next_step="Give one value per instance: shape [n] or [n, 1].")
    if tensor.datatype != BYTES and tensor.datatype not in _NUMERIC:
        message = f"input {tensor.name!r} has datatype {tensor.datatype!r}"
        raise UnreadableError(message, next_step=f"Datatypes: {', '.join([*_NUMERIC, BYTES])}.")
    if not all(isinstance(value, _python_types(tensor.datatype)) for value in values):
        message = f"input {tensor.name!r} has values that are not {tensor.datatype}"
        raise UnreadableError(message)
    return values


def _python_types(datatype: str) -> tuple[type, ...]:
    if datatype == BYTES:
        return (str,)
    return (int, float) if datatype.startswith("FP") else (int,)
