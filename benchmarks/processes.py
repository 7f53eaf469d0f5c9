"""Server processes under measurement."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from pathlib import Path

import psutil

import grocer_store as store
import measuring

START_LIMIT_S = 60.0
_READY = {"console": "/readyz", "serve": "/v2/health/ready"}


class Server:
    """A running server on this machine."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._process = psutil.Process(pid)

    def cpu_s(self) -> float:
        """CPU seconds it has used so far."""
        return measuring.cpu_of(self._process)

    def peak_bytes(self) -> int:
        """Most memory it ever held, as Linux counts it."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def resident_bytes(self) -> int:
        return int(self._process.memory_info().rss)


@contextlib.contextmanager
def steek(part: str, data: Path) -> Generator[Server]:
    """`steek console` or `steek serve` of the example store on a data folder."""
    port = free_port()
    variables = [f"STEEK_DATA_PATH={data}", f"STEEK_PORT={port}", f"STEEK_SERVING_PORT={port}"]
    command = [sys.executable, "-m", "steek", part, "--project", str(store.GROCER)]
    with running(["env", *variables, *command], port, _READY[part]) as server:
        yield server


@contextlib.contextmanager
def running(command: Sequence[str], port: int, ready_path: str) -> Generator[Server]:
    """Run a command until the end of the block; it is measured once `ready_path` answers."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}{ready_path}")
            yield Server(port, process.pid)
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def two_free_ports() -> int:
    """The first of two free ports in a row."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port + 1))
            return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    ends_at = time.monotonic() + START_LIMIT_S
    while True:
        if process.poll() is not None:
            sys.exit(f"{process.args!r} ended with status {process.returncode}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        if time.monotonic() > ends_at:
            sys.exit(f"{url} did not answer within {START_LIMIT_S:.0f} s")
        time.sleep(0.1)
