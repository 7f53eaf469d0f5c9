"""Payloads that lie: valid ones that were spoiled, and small ones that stand for enormous ones."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import polars as pl

_WORDS = (
    b"null", b"NaN", b"Infinity", b"1e999", b'"', b"\\ud800", b"\0", b"{", b"[", b",", b"\n", b"\xff\xfe", b"\xe9",
    b"99999999999999999999999", b"9999999999-99-99", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\xff\xff\xff\x7f", b"-",
    b'"_x":1,', b"{}", b"true", b'"a":{"b":[1]},',
)  # fmt: skip


def payloads(frame: pl.DataFrame) -> list[tuple[str, str, bytes]]:
    """The rows in every format: its name, its content type, and the bytes."""
    found: list[tuple[str, str, bytes]] = []
    for packed in ("zstd", "uncompressed"):
        parquet, file, stream = io.BytesIO(), io.BytesIO(), io.BytesIO()
        frame.write_parquet(parquet, compression=packed)
        frame.write_ipc(file, compression=packed)
        frame.write_ipc_stream(stream, compression=packed)
        found += [
            ("parquet", "application/vnd.apache.parquet", parquet.getvalue()),
            ("arrow", "application/vnd.apache.arrow.file", file.getvalue()),
            ("arrow", "application/vnd.apache.arrow.stream", stream.getvalue()),
        ]
    lines = frame.write_ndjson().encode()
    return [
        *found,
        ("csv", "text/csv", frame.write_csv().encode()),
        ("ndjson", "application/x-ndjson", lines),
        ("json", "application/json", b"[" + b",".join(lines.splitlines()) + b"]"),
    ]


def spoiled(content: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them flipped, cut, doubled, or replaced by what parsers stumble over."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        if not data:
            break
        at = chance.randrange(len(data))
        until = min(len(data), at + chance.randrange(1, 40))
        word = chance.choice(_WORDS)
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = word
            case 3:
                data[at : at + len(word)] = word
            case 4:
                data[at:at] = data[at:until]
            case _:
                del data[at:until]
    return bytes(data)


def zeros_gzipped(size_bytes: int) -> bytes:
    """Zeros, compressed a thousandfold."""
    packing = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    block = bytes(10_000_000)
    return b"".join(packing.compress(block) for _ in range(size_bytes // len(block))) + packing.flush()


def _zeros_arrow() -> bytes:
    """Ten record batches that each become 960 MB."""
    stream = io.BytesIO()
    pl.DataFrame({"a": pl.zeros(120_000_000, pl.Int64, eager=True)}).write_ipc_stream(stream, compression="zstd")
    content = stream.getvalue()
    (size,) = struct.unpack("<i", content[4:8])
    return content[: 8 + size] + 10 * content[8 + size : -8] + content[-8:]


def _zeros_parquet() -> bytes:
    """Row groups that together become 1.2 GB."""
    file = io.BytesIO()
    pl.DataFrame({"a": pl.zeros(150_000_000, pl.Int64, eager=True)}).write_parquet(file, compression="zstd")
    return file.getvalue()


def _nested_arrow() -> bytes:
    dtype: pl.DataType = pl.Int64()
    for _ in range(200):
        dtype = pl.List(dtype)
    stream = io.BytesIO()
    pl.DataFrame(schema={"a": dtype}).write_ipc_stream(stream)
    return stream.getvalue()


def _categories_arrow() -> bytes:
    """One long text, for sixty thousand rows."""
    stream = io.BytesIO()
    rows = pl.DataFrame({"a": pl.repeat(0, 60_000, dtype=pl.UInt32, eager=True)})
    text = pl.Series(["x" * 10_000_000], dtype=pl.Categorical)
    rows.select(text.gather(rows["a"]).alias("a")).write_ipc_stream(stream, compression="zstd")
    return stream.getvalue()


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "batches of zeros": ("arrow", _zeros_arrow),
    "a row group of zeros": ("parquet", _zeros_parquet),
    "one long text for all rows": ("arrow", _categories_arrow),
    "lists in lists": ("arrow", _nested_arrow),
    "json, deep": ("json", lambda: b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"),
    "json, objects, deep": ("json", lambda: b"[" + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]"),
    "ndjson, deep": ("ndjson", lambda: b'{"a":1}\n{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"),
    "ndjson, objects, deep": ("ndjson", lambda: b'{"a":' * 900 + b"1" + b"}" * 900 + b"\n"),
    "json, each row with a field of its own": ("json", lambda: b"[" + b",".join(_lonely(60_000)) + b"]"),
    "ndjson, each row with a field of its own": ("ndjson", lambda: b"\n".join(_lonely(60_000))),
    "ndjson, few rows with a field of their own": ("ndjson", lambda: b"\n".join(_lonely(9_000))),
    "ndjson, blocks with fields of their own": ("ndjson", lambda: b"\n".join(_lonely(9_000) * 100)),
    "ndjson, nested fields of their own": ("ndjson", lambda: b"\n".join(b'{"a":%s}' % row for row in _lonely(60_000))),
    "ndjson, 100,000 fields": ("ndjson", lambda: b"{" + b",".join(b'"c%d":1' % at for at in range(100_000)) + b"}"),
    "csv, 100,000 fields": ("csv", lambda: _header(100_000) + b"1," * 99_999 + b"1\n"),
    "csv, rows that leave out the fields": ("csv", lambda: _header(9_999) + b"1\n" * 1_000_000),
    "csv, a quote that does not end": ("csv", lambda: b'a,b\n"' + b"x,1\n" * 5_000_000),
    "json, a text of 100 MB": ("json", lambda: b'[{"a":"' + b"x" * 100_000_000 + b'"}]'),
    "ndjson, a text of 100 MB": ("ndjson", lambda: b'{"a":"' + b"x" * 100_000_000 + b'"}\n'),
    "json, a number of 5,000 digits": ("json", lambda: b'[{"a":' + b"1" * 5_000 + b"}]"),
    "json, a long list": ("json", lambda: b'[{"a":[' + b"{}," * 10_000_000 + b"1]}]"),
}  # fmt: skip
"""What is in it, its format, and the bytes."""


def _lonely(rows: int) -> list[bytes]:
    return [b'{"k%d":1}' % row for row in range(rows)]


def _header(columns: int) -> bytes:
    return ",".join(f"c{at}" for at in range(columns)).encode() + b"\n"
