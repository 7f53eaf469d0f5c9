"""A project with one dataset of twenty columns and a rule on most of them, its console, and clients of it."""

import contextlib
import io
import sys
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

import processes

CHUNK_ROWS = 65_536
ARROW = "application/vnd.apache.arrow.stream"
PATH = "/v1/datasets/readings"
_NUMBERS, _COUNTS = 12, 4
_MODULE = """
import steek as sk

FIELDS = (
    *(sk.Field(f"n{at}", "number", minimum=-10, maximum=10) for at in range(12)),
    *(sk.Field(f"c{at}", "integer", minimum=0) for at in range(4)),
    sk.Field("kind", "string", categories=("a", "b", "c", "d")),
    sk.Field("sensor", "string"),
    sk.Field("good", "boolean"),
    sk.Field("at", "timestamp"),
)
readings = sk.Dataset("readings", sk.Contract("readings", "1.0.0", FIELDS, owner="bench"), "at", owner="bench")
"""


@contextlib.contextmanager
def console(folder: Path, **settings: str) -> Generator[processes.Server]:
    """The console of a new project in `folder`."""
    folder.mkdir(parents=True)
    (folder / "steek.toml").write_text('name = "wide"\nmodules = ["wide_project"]\n')
    (folder / "wide_project.py").write_text(_MODULE)
    port = processes.free_port()
    variables = [f"STEEK_PORT={port}", *(f"STEEK_{name.upper()}={value}" for name, value in settings.items())]
    command = [sys.executable, "-m", "steek", "console", "--project", str(folder)]
    with processes.running(["env", *variables, *command], port, "/readyz") as server:
        yield server


def frame(rows: int, seed: int) -> pl.DataFrame:
    """Rows of the dataset, all of them good."""
    made = np.random.default_rng(seed)
    begins = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=seed % 100)
    columns: dict[str, object] = {f"n{at}": made.normal(size=rows).clip(-9, 9) for at in range(_NUMBERS)}
    columns |= {f"c{at}": made.integers(0, 1_000_000, rows) for at in range(_COUNTS)}
    columns |= {
        "kind": np.array(["a", "b", "c", "d"])[made.integers(0, 4, rows)],
        "sensor": np.char.add("sensor-", made.integers(0, 500, rows).astype(str)),
        "good": made.random(rows) < 0.9,
    }
    at = pl.datetime_range(begins, begins + timedelta(milliseconds=rows - 1), "1ms", eager=True, time_unit="us")
    return pl.DataFrame(columns).with_columns(at.alias("at"))


def stream_of(rows: pl.DataFrame) -> bytes:
    """The rows as an Arrow IPC stream."""
    written = io.BytesIO()
    rows.write_ipc_stream(written, compat_level=pl.CompatLevel.oldest())
    return written.getvalue()


def long_stream(chunks: int) -> Iterator[bytes]:
    """An Arrow IPC stream of so many record batches, made while it is sent; the batches take turns."""
    made = [stream_of(frame(CHUNK_ROWS, seed)) for seed in range(4)]
    head = 8 + int.from_bytes(made[0][4:8], "little")
    yield made[0][:head]
    for at in range(chunks):
        yield made[at % len(made)][head:-8]
    yield made[0][-8:]
