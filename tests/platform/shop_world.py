"""The corner shop on disk, and people at its command line."""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from steek.kernel import ReplayClock, SystemClock
from steek.kernel.waiting import wait_until

HERE = Path(__file__).parent
FIRST_DAY = date(2024, 3, 1)
NIGHTS = (date(2024, 3, 10), date(2024, 3, 11))
NOW = datetime(2024, 3, 12, 0, 30, tzinfo=UTC)
MAKERS = ("apple", "beer", "candy", "dairy")
SHOPS = ("north", "south")


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    words: Sequence[str]
    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What it printed, after it went well."""
        assert self.status == 0, f"steek {' '.join(self.words)} ended with {self.status}:\n{self.stderr}"
        return json.loads(self.stdout)

    @property
    def problem(self) -> dict[str, Any]:
        """What it complained about; a command that failed prints nothing on standard output."""
        assert self.stdout == ""
        # Libraries may have said something of their own before.
        return json.loads(self.stderr.splitlines()[-1])


@cache
def _zygote() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(HERE / "zygote.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    return process


@dataclass
class Shell:
    """A terminal in a folder.

    Args:
        folder: Where it stands.
        environment: Variables besides those of the tests.
        most_file_bytes: Largest file that its commands may write; None for no limit.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    most_file_bytes: int | None = None

    def steek(self, *words: str, **environment: str) -> Done:
        """Run one command to its end."""
        zygote = _zygote()
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        with tempfile.TemporaryDirectory() as scratch:
            out, error = Path(scratch, "stdout"), Path(scratch, "stderr")
            order = {
                "words": words,
                "folder": str(self.folder),
                "environment": {**self.environment, **environment},
                "most_file_bytes": self.most_file_bytes,
                "stdout": str(out),
                "stderr": str(error),
            }
            zygote.stdin.write(json.dumps(order) + "\n")
            zygote.stdin.flush()
            status = int(zygote.stdout.readline())
            return Done(words, status, out.read_text(), error.read_text())

    def json(self, *words: str) -> Any:
        """Run one command with --json and read what it printed."""
        return self.steek(*words, "--json").json


def set_clock(folder: Path, at: datetime) -> None:
    """Move the shop's time."""
    ReplayClock(folder / ".steek" / "clock").set(at)


def sales_of(day: date) -> pl.DataFrame:
    """The lines of one day: later makers sell more, and every other day a line more."""
    start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    lines = [
        (shop, product)
        for shop in SHOPS
        for product in range(2 * len(MAKERS))
        for _ in range(1 + product // 2 + day.day % 2)
    ]
    return pl.DataFrame(
        {
            "sale_id": [day.day * 1000 + number for number in range(len(lines))],
            "sold_at": [start + timedelta(minutes=number) for number in range(len(lines))],
            "shop": [shop for shop, _ in lines],
            "product_id": [product for _, product in lines],
            "amount_usd": [1.0 + product for _, product in lines],
        }
    )


def makers_table() -> pl.DataFrame:
    """Who makes what."""
    products = list(range(2 * len(MAKERS)))
    return pl.DataFrame({"product_id": products, "maker": [MAKERS[product // 2] for product in products]})


def new_shop(folder: Path) -> Path:
    """The project without any data; its clock stands at the end of the first night."""
    shutil.copytree(HERE / "shop", folder, ignore=shutil.ignore_patterns("__pycache__"))
    set_clock(folder, NOW)
    return folder


@cache
def stocked_shop() -> Path:
    """The project with eleven days of data and nothing else; copied, never written to."""
    folder = new_shop(_kept_folder() / "stocked")
    _build("stock", folder, {})
    return folder


@cache
def open_shop() -> Path:
    """The stocked project after two nights, with models in serving and one in a canary; copied, never written to."""
    folder = copy_of(stocked_shop(), _kept_folder() / "open")
    with serving(folder) as environment:
        _build("open", folder, environment)
    return folder


def _build(step: str, folder: Path, environment: dict[str, str]) -> None:
    # In a process of its own: what a project declares must not stay behind in the one of the tests.
    command = [sys.executable, str(HERE / "shop_builder.py"), step, str(folder)]
    subprocess.run(command, check=True, env=environment_with(environment))


def copy_of(folder: Path, place: Path) -> Path:
    """A copy to write to."""
    return shutil.copytree(folder, place)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def serving(folder: Path) -> Generator[dict[str, str]]:
    """The shop's serving process; gives the environment in which others find it."""
    port = free_port()
    environment = {"STEEK_SERVING_PORT": str(port)}
    with running("serve", folder, environment) as process:
        wait_for(f"http://127.0.0.1:{port}/v2/health/live", process)
        yield environment


@contextmanager
def working(folder: Path, environment: dict[str, str]) -> Generator[None]:
    """The shop's worker, so that commands need not be it."""
    lock = folder / ".steek" / "worker.lock"

    def is_held() -> bool:
        # To try the lock would be to take it from the worker for a moment.
        return lock.exists() and f":{lock.stat().st_ino} " in Path("/proc/locks").read_text()

    with running("work", folder, environment):
        assert wait_until(is_held, SystemClock(), timeout_s=30.0), "nobody works"
        yield


@contextmanager
def running(noun: str, folder: Path, environment: dict[str, str]) -> "Generator[subprocess.Popen[bytes]]":
    """One of steek's own processes, on a leash."""
    command = [sys.executable, "-m", "steek", noun, "--project", str(folder), "--leash"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment_with(environment)) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def environment_with(more: dict[str, str]) -> dict[str, str]:
    """The environment of the tests, and more."""
    return {**os.environ, **more}


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until an address answers."""

    def answers() -> bool:
        assert process.poll() is None, "the process ended before it answered"
        try:
            return httpx.get(url).is_success
        except httpx.TransportError:
            return False

    assert wait_until(answers, SystemClock(), timeout_s=30.0), f"{url} does not answer"


def days() -> list[date]:
    return [FIRST_DAY + timedelta(days=number) for number in range((NIGHTS[-1] - FIRST_DAY).days + 1)]


@cache
def _kept_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="corner-shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
