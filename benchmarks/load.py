"""A load generator that costs little: raw sockets in one thread, each connection with one request on its way."""

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answers:
    """Latency of each request in ms, wall seconds of all, and answers that were not 20x."""

    latencies_ms: list[float]
    wall_s: float
    refused: int


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    expected: int | None = None


def post(path: str, body: bytes) -> bytes:
    """One keep-alive request as it goes over the wire."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def send_all(port: int, requests: Sequence[bytes], connections: int) -> Answers:
    """Send all requests over so many connections; each sends its next when it has its answer."""
    waiting = iter(requests)
    latencies: list[float] = []
    refused = 0
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for request, _ in zip(waiting, range(connections), strict=False):
            connection = _Connection(socket.create_connection(("127.0.0.1", port)))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            _send(connection, request)
        while selector.get_map():
            for key, _ in selector.select():
                connection = key.data
                if not _receive(connection):
                    continue
                latencies.append((time.perf_counter() - connection.sent_at) * 1e3)
                refused += not connection.received.startswith(b"HTTP/1.1 20")
                request = next(waiting, None)
                if request is None:
                    selector.unregister(connection.socket)
                    connection.socket.close()
                else:
                    _send(connection, request)
        return Answers(latencies, time.perf_counter() - began, refused)


def _send(connection: _Connection, request: bytes) -> None:
    connection.received.clear()
    connection.expected = None
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)


def _receive(connection: _Connection) -> bool:
    """Whether the whole answer is there."""
    part = connection.socket.recv(65_536)
    if not part:
        message = "the server closed the connection"
        raise ConnectionError(message)
    connection.received += part
    if connection.expected is None:
        head_end = connection.received.find(b"\r\n\r\n")
        if head_end < 0:
            return False
        head = bytes(connection.received[:head_end]).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        connection.expected = head_end + 4 + int(length)
    return len(connection.received) >= connection.expected
