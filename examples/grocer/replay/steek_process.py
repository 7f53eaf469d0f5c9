"""`steek up` as a child of the replay."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_LIMIT_S = 60.0


class SteekProcess:
    """Starts and stops steek for one project.

    Args:
        project: Folder of the project.
        data: Folder for everything steek writes.
        port: Of the console; serving takes the next.
    """

    def __init__(self, project: Path, *, data: Path, port: int) -> None:
        self._project = project
        self.url = f"http://127.0.0.1:{port}"
        self.serving_url = f"http://127.0.0.1:{port + 1}"
        self.environment = dict(os.environ) | {
            "STEEK_DATA_PATH": str(data),
            "STEEK_PORT": str(port),
            "STEEK_SERVING_PORT": str(port + 1),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Generator[None]:
        """Run steek for the length of the block; it ends when its standard input does, so it cannot be left behind."""
        command = [sys.executable, "-m", "steek", "up", "--project", str(self._project), "--leash"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=self.environment) as process:
            self._process = process
            try:
                self._wait_until_ready()
                yield
            finally:
                process.terminate()

    def wait(self) -> None:
        """Stay until the person stops it."""
        assert self._process is not None
        try:
            self._process.wait()
        except KeyboardInterrupt:
            return

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        ends_at = time.monotonic() + START_LIMIT_S
        waiting = [f"{self.url}/readyz", f"{self.serving_url}/v2/health/live"]
        # Without certificates, which plain HTTP does not use: reading them would hold up what is waited for.
        with httpx.Client(timeout=5, verify=False) as client:
            while waiting:
                waiting = [url for url in waiting if not _answers(client, url)]
                if self._process.poll() is not None:
                    sys.exit(self._process.returncode)
                if time.monotonic() > ends_at:
                    sys.exit(f"steek did not start within {START_LIMIT_S:.0f} s")
                time.sleep(0.05)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False
