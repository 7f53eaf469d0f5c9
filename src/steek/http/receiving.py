"""Taking the body of a request that may be larger than memory."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from steek.data import spool_errors
from steek.kernel.errors import TooLargeError, UnreadableError

# A smaller body stays in memory and spares the disk.
_SMALL_BYTES = 4_000_000
_INFLATED_BYTES = 1_000_000
_GZIP = 16 + zlib.MAX_WBITS


async def receive_body(request: Request, file: Path, most_bytes: int) -> bytes | Path:
    """The body, decompressed if it came so: its bytes, or `file` where it is written when it is not small.

    Raises:
        HTTPException: 413 for more than `most_bytes`, decompressed; 415 for an encoding that is not understood.
        UnreadableError: it is not gzip, though the header says so.
        StorageFullError: there is no room for it.
    """
    held = bytearray()
    size_bytes = 0
    async for part in _decoded(request, most_bytes):
        size_bytes += len(part)
        if size_bytes > most_bytes:
            raise HTTPException(413, f"the batch is larger than {most_bytes:,} bytes")
        held += part
        if size_bytes > _SMALL_BYTES and len(held) >= _INFLATED_BYTES:
            await run_in_threadpool(_put, file, bytes(held))
            held.clear()
    if size_bytes <= _SMALL_BYTES:
        return bytes(held)
    await run_in_threadpool(_put, file, bytes(held))
    return file


async def _decoded(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        async for part in request.stream():
            yield part
        return
    if encoding != "gzip":
        message = f"content encoding {encoding[:40]!r} is not understood; allowed: identity, gzip"
        raise HTTPException(415, message)
    inflate = zlib.decompressobj(_GZIP)
    size_bytes = 0
    async for part in request.stream():
        left = part
        while left:
            found, left = _inflated(inflate, left, size_bytes)
            size_bytes += len(found)
            if size_bytes > most_bytes:
                message = f"the batch is larger than {most_bytes:,} bytes when decompressed"
                raise TooLargeError(message, next_step="Send it in several parts, or raise max_batch_bytes.")
            yield found
    if not inflate.eof:
        raise _no_gzip("it is cut off", size_bytes)


def _inflated(inflate: Any, part: bytes, size_bytes: int) -> tuple[bytes, bytes]:
    if inflate.eof:
        raise _no_gzip("more bytes follow its end", size_bytes)
    try:
        found = inflate.decompress(part, _INFLATED_BYTES)
    except zlib.error as cause:
        raise _no_gzip(str(cause), size_bytes) from cause
    return found, inflate.unconsumed_tail or inflate.unused_data


def _no_gzip(why: str, size_bytes: int) -> UnreadableError:
    message = f"the body is not gzip, as its header says: {why}, after {size_bytes} decompressed bytes"
    return UnreadableError(message, next_step="Leave Content-Encoding out, or compress the whole body once.")


def _put(file: Path, content: bytes) -> None:
    with spool_errors(), file.open("ab") as opened:
        opened.write(content)
