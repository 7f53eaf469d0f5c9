"""A real week in daily batches, and the ways to bring it in."""

import contextlib
import io
import itertools
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import polars as pl
from deltalake import write_deltalake

import grocer_store as store
from steek.data import Ingestion
from steek.kernel.clock import ReplayClock
from steek.platform import Platform, open_project

MONDAY, DAYS = date(2017, 10, 2), 7


@dataclass(frozen=True, slots=True)
class Day:
    """One batch as it is sent and as it would be written without us."""

    date: date
    frame: pl.DataFrame
    payload: bytes


class FreshStores:
    """A new empty store, or table, for each round, so that no round pays for the log of those before."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._numbers = itertools.count()

    def round(self) -> str:
        """A name nobody had before."""
        return f"round-{next(self._numbers)}"

    def new_data(self) -> Path:
        """A data folder whose clock is set."""
        data = self._folder / self.round()
        ReplayClock(data / "clock").set(store.business_day(MONDAY + timedelta(days=DAYS))[0])
        return data

    def platform(self) -> Platform:
        """A project on a data folder of its own."""
        platform = open_project(store.GROCER, overrides={"data_path": str(self.new_data())})
        self._stack.callback(platform.close)
        return platform

    def bare_table(self) -> Path:
        return self._folder / self.round()


@contextlib.contextmanager
def fresh_stores(folder: Path) -> Generator[FreshStores]:
    """Stores below `folder`, removed at the end."""
    with tempfile.TemporaryDirectory(dir=folder) as below, contextlib.ExitStack() as stack:
        yield FreshStores(Path(below), stack)


def week() -> list[Day]:
    """The lines of seven business days."""
    return [_day(MONDAY + timedelta(days=number)) for number in range(DAYS)]


def send_all(ingestion: Ingestion, days: Sequence[Day], name: str) -> None:
    for day in days:
        ingestion.ingest("transactions", day.payload, format="parquet", key=f"{name}:{day.date}", actor=store.ACTOR)


def post_all(client: httpx.Client, days: Sequence[Day], name: str) -> None:
    for day in days:
        headers = {
            "Content-Type": "application/vnd.apache.parquet",
            "Idempotency-Key": f"{name}:{day.date}",
            "X-Steek-Actor": store.ACTOR,
        }
        client.post(
            "/v1/datasets/transactions/batches?wait=commit", content=day.payload, headers=headers
        ).raise_for_status()


def write_bare(table: Path, days: Sequence[Day]) -> None:
    for day in days:
        write_deltalake(str(table), day.frame, mode="append")


def _day(day: date) -> Day:
    frame = store.lines_between(*store.business_day(day))
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return Day(day, frame, buffer.getvalue())
