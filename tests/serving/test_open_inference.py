"""The codec of the Open Inference Protocol."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel.errors import UnreadableError
from steek.serving.open_inference import InferResponse, TensorOut, decode_request, encode_response


def body(*tensors: dict[str, object], **more: object) -> bytes:
    return json.dumps({"inputs": list(tensors), **more}).encode()


@pytest.mark.covers("S2")
def test_json_tensors_flat_and_nested() -> None:
    request, columns = decode_request(
        body(
            {"name": "household_id", "shape": [2], "datatype": "INT64", "data": [900, 7]},
            {"name": "product_category", "shape": [2, 1], "datatype": "BYTES", "data": [["BEEF"], ["MILK"]]},
            id="r-1",
        ),
        None,
    )
    assert request.id == "r-1"
    assert columns == {"household_id": [900, 7], "product_category": ["BEEF", "MILK"]}


@pytest.mark.covers("S2")
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20)), min_size=1, max_size=5))
def test_binary_tensors_of_any_number_and_text(rows: list[tuple[int, str]]) -> None:
    numbers = np.array([number for number, _ in rows], dtype="<i8").tobytes()
    texts = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for _, text in rows)
    head = body(
        {"name": "n", "shape": [len(rows)], "datatype": "INT64", "parameters": {"binary_data_size": len(numbers)}},
        {"name": "t", "shape": [len(rows)], "datatype": "BYTES", "parameters": {"binary_data_size": len(texts)}},
    )
    _, columns = decode_request(head + numbers + texts, len(head))
    assert columns == {"n": [number for number, _ in rows], "t": [text for _, text in rows]}


@pytest.mark.covers("S2", "N3")
@pytest.mark.parametrize(
    ("tensor", "complaint"),
    [
        ({"shape": [2], "datatype": "INT64", "data": [1]}, r"shape \[2\] and 1 values"),
        ({"shape": [1, 2], "datatype": "INT64", "data": [1, 2]}, "shape"),
        ({"shape": [1], "datatype": "INT64", "data": ["x"]}, "values that are not INT64"),
        ({"shape": [1], "datatype": "INT64", "data": [1.5]}, "values that are not INT64"),
        ({"shape": [1], "datatype": "DECIMAL", "data": [1]}, "datatype 'DECIMAL'"),
        ({"shape": [1], "datatype": "INT64"}, "has no data"),
        ({"shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}}, "8 bytes follow, there are 0"),
    ],
)
def test_a_wrong_tensor_is_named_with_what_is_wrong(tensor: dict[str, object], complaint: str) -> None:
    with pytest.raises(UnreadableError, match=complaint):
        decode_request(body({"name": "household_id", **tensor}), None)


@pytest.mark.covers("S2", "N3")
@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"inputs": 5}', b"\xff"])
def test_what_is_no_request_is_unreadable(text: bytes) -> None:
    with pytest.raises(UnreadableError, match="not an inference request"):
        decode_request(text, None)


@pytest.mark.covers("S2", "N3")
@pytest.mark.parametrize("content", [b"\x05\x00\x00\x00BEE", b"\x05\x00", b"\x01\x00\x00\x00\xff"])
def test_a_torn_text_tensor_is_unreadable(content: bytes) -> None:
    parameters = {"binary_data_size": len(content)}
    head = body({"name": "t", "shape": [1], "datatype": "BYTES", "parameters": parameters})
    with pytest.raises(UnreadableError, match="'t'"):
        decode_request(head + content, len(head))


@pytest.mark.covers("S2")
def test_inputs_must_agree_on_the_number_of_instances() -> None:
    one: dict[str, object] = {"name": "a", "shape": [1], "datatype": "INT64", "data": [1]}
    two: dict[str, object] = {"name": "b", "shape": [2], "datatype": "INT64", "data": [1, 2]}
    with pytest.raises(UnreadableError, match="a 1, b 2"):
        decode_request(body(one, two), None)


@pytest.mark.covers("S2")
def test_a_binary_output_follows_the_json() -> None:
    scores = np.array([[0.5, 0.25]])
    response = InferResponse("m", "17", "r", {}, [TensorOut("scores", "FP64", [1, 2])])
    content, json_length = encode_response(response, {"scores": scores})
    assert json_length is not None
    head = json.loads(content[:json_length])
    assert head["outputs"][0]["parameters"] == {"binary_data_size": 16}
    assert np.frombuffer(content[json_length:], "<f8").tolist() == [0.5, 0.25]
