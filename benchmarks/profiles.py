"""Profiling and comparing 2 x 1M rows x 20 columns of numbers; many slices; merging days; width and length.

Ours: `profile_frame` of both halves (counts, nulls, non-finite values, four moments, extremes, cells on learned edges,
bins of bits, frequent values, HLL and KLL sketches of every column), then `compare`. Edges are learned once and not
timed, as in a project, where they are learned once.
Limit: a bare pass in Polars for the stability index alone: deciles of the first half, places of both halves among
them, counts, index.
Peers: Evidently's data drift preset and whylogs' profiles with its drift scores, by their own defaults, each in a
process of its own that waits meanwhile. Reading the file and building their frames is not timed.
Then: one million rows of 50 columns in a thousand slices; 90 such days merged, from memory and read from the lake; and
what a row costs with 20 and 200 columns, and with 1 and 8 million rows that are read in chunks, with peak memory.
The peers need environments of their own, in `benchmarks/.peers/`:
`python -m venv evidently` with `pip install evidently==0.7.23 pyarrow 'pandas<3'`, and
`python -m venv whylogs` with `pip install 'whylogs[viz]==1.6.4' pyarrow 'pandas<3' 'setuptools<81'`.
"""

import json
import multiprocessing
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

import measuring
from profiles_peers import PEERS
from steek.data import Lake
from steek.kernel.clock import ReplayClock
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger, metadata
from steek.measures.sketching import stability_index
from steek.monitoring.profiles.comparing import compare
from steek.monitoring.profiles.computing import profile_frame
from steek.monitoring.profiles.edges import ColumnEdges, Edges, learn
from steek.monitoring.profiles.merging import merge
from steek.monitoring.profiles.profile import Profile, summaries
from steek.monitoring.profiles.spec import ProfileSpec
from steek.monitoring.profiles.storing import pieces, scan_stored, storable, table_of
from steek.monitoring.profiles.table import ProfileTable
from steek.monitoring.profiles.work import Piece, compute

ROWS, COLUMNS, ROUNDS = 1_000_000, 20, 3
SLICES, SLICED_COLUMNS, DAYS = 1_000, 50, 90
LONG_ROWS, WIDE_COLUMNS, WIDE_ROWS = 8_000_000, 200, 1_000_000
START = datetime(2017, 10, 2, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
PEERS_FOLDER = Path(__file__).resolve().parent / ".peers"


class Peer:
    """A peer in its own process: one line asks for a round, one line says what it took."""

    def __init__(self, name: str, path: Path) -> None:
        python = PEERS_FOLDER / name / "bin" / "python"
        program = Path(__file__).with_name("profiles_peers.py")
        self._process = subprocess.Popen(
            [str(python), str(program), name, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.note = ""

    def round(self) -> measuring.Spent:
        """Run once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("once\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        self.note = f"{told['version']}, {told['drifted']} columns drifted"
        return measuring.Spent(told["wall_s"], told["cpu_s"])

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


def main() -> None:
    with measuring.work_folder() as folder:
        halves = [_table(seed, COLUMNS, ROWS, shift=shift) for seed, shift in ((1, 0.0), (2, 1.0))]
        took, notes = _against_peers(halves, folder)
        print(f"2 x {ROWS:,} rows x {COLUMNS} columns, profiled and compared; median of {ROUNDS} rounds, one of peers")
        for name, spent in took.items():
            measuring.say(name, spent, notes.get(name, ""))
        sliced, merged, read = _slices(folder)
        print(f"{SLICES:,} slices x {SLICED_COLUMNS} columns of {ROWS:,} rows, and {DAYS} such days")
        measuring.say("profile of the slices", sliced)
        measuring.say("days merged in memory", merged)
        measuring.say("days read from the lake and merged", read)
        _growth(folder)
    ours, bare = took["steek"], took["bare Polars"]
    peer = took.get("whylogs")
    evidently = took.get("evidently")
    met = ours.cpu_s <= 2.5 * bare.cpu_s and max(sliced.cpu_s / 10, read.cpu_s / 2) <= 1
    if peer is None or evidently is None:
        told = None
    else:
        told = met and evidently.cpu_s >= 40 * ours.cpu_s and peer.cpu_s >= 15 * ours.cpu_s
    measuring.Result(
        name="profiles",
        figure=ours.cpu_s,
        unit="CPU s per 2 x 1M rows x 20 columns",
        peer="whylogs",
        peer_figure=None if peer is None else peer.cpu_s,
        limit_figure=bare.cpu_s,
        goal="at most 2.5x a bare Polars pass, at least 40x faster than Evidently and 15x than whylogs; "
        "1,000 slices x 50 columns under 10 s; 90 days of them merged under 2 s, all in CPU seconds",
        met=told,
    ).end()


def _against_peers(halves: list[pl.DataFrame], folder: Path) -> tuple[dict[str, measuring.Spent], dict[str, str]]:
    spec = ProfileSpec("table", "table")
    edges = _learned(halves[0])
    spent = measuring.take_turns(
        ROUNDS, steek=lambda: _compared(halves, spec, edges), bare=lambda: _bare(halves[0], halves[1])
    )
    took = {"steek": measuring.median(spent["steek"]), "bare Polars": measuring.median(spent["bare"])}
    ours = took["steek"]
    bare = took["bare Polars"]
    notes = {"steek": f"{ours.wall_s / bare.wall_s:.2f}x wall, {ours.cpu_s / bare.cpu_s:.2f}x CPU of bare Polars"}
    found = [name for name in PEERS if (PEERS_FOLDER / name / "bin" / "python").exists()]
    path = folder / "profile.parquet"
    if found:
        pl.concat([half.with_columns(half=pl.lit(at)) for at, half in enumerate(halves)]).write_parquet(path)
    for name in found:
        peer = Peer(name, path)
        took[name] = peer.round()
        # Its neighbour in time, so that both had the machine as it was then.
        ours = measuring.take_turns(1, warm_up=0, steek=lambda: _compared(halves, spec, edges))["steek"][0]
        wall, cpu = took[name].wall_s / ours.wall_s, took[name].cpu_s / ours.cpu_s
        notes[name] = f"{peer.note}; {wall:.0f}x wall, {cpu:.0f}x CPU of steek"
        print(f"  ({name}: {notes[name]})", flush=True)
        peer.end()
    if not found:
        print("  peers missing: see the top of benchmarks/profiles.py")
    return took, notes


def _compared(halves: list[pl.DataFrame], spec: ProfileSpec, edges: Edges) -> int:
    known = {(name, 1): one for name, one in edges.items()}
    tables = [profile_frame(half, spec, edges, DAY) for half in halves]
    before, after = (Profile("table", DAY, None, ROWS, summaries(table.frame, known)) for table in tables)
    return len(compare(before, after))


def _bare(before: pl.DataFrame, after: pl.DataFrame) -> float:
    deciles = [at / 10 for at in range(1, 10)]
    edges = before.select(pl.concat_list([pl.col(name).quantile(at) for at in deciles]) for name in before.columns)
    counts: list[pl.DataFrame] = []
    for half in (before, after):
        places = half.select(pl.lit(edges[name][0]).search_sorted(pl.col(name)).alias(name) for name in half.columns)
        counts.append(places.select(pl.col(name).value_counts(sort=False).implode() for name in places.columns))
    worst = 0.0
    for name in before.columns:
        both = np.zeros((2, 10))
        for at, counted in enumerate(counts):
            for one in counted[name][0]:
                both[at, one[name]] = one["count"]
        worst = max(worst, float(stability_index(both[:1], both[1:])[0]))
    return worst


def _slices(folder: Path) -> tuple[measuring.Spent, measuring.Spent, measuring.Spent]:
    frame = _table(3, SLICED_COLUMNS, ROWS).with_columns(
        pl.Series("store", np.random.default_rng(4).integers(0, SLICES, ROWS))
    )
    spec = ProfileSpec("shops", "shops", by=("store",), columns=tuple(frame.columns[:-1]))
    edges = _learned(frame.drop("store"))
    with measuring.stopwatch() as profiling:
        table = profile_frame(frame, spec, edges, DAY)
    days = [_moved(table, number) for number in range(DAYS)]
    merge(days[:2])
    with measuring.stopwatch() as merging:
        whole = merge(days)
    assert whole.frame.height == table.frame.height
    lake = _lake(folder)
    for number, day in enumerate(days):
        stored = storable(
            day.with_columns(pl.lit(number + 1).alias("source_version"), pl.lit(value=False).alias("replaces"))
        )
        lake.append(table_of("shops"), stored, key=f"day {number}")
    span = Window(START, START + timedelta(days=DAYS))
    names = [f"store={number}" for number in range(SLICES)]
    with measuring.stopwatch() as reading:
        found = merge(pieces(scan_stored(lake, "shops", span, [], names)))
    assert found.frame.height == SLICES * SLICED_COLUMNS
    return profiling(), merging(), reading()


def _growth(folder: Path) -> None:
    """Rows and columns against time and memory, each in a process of its own: memory is that of the largest moment."""
    print("growth, each in a process of its own")
    for columns, rows in ((COLUMNS, ROWS), (WIDE_COLUMNS, WIDE_ROWS), (COLUMNS, LONG_ROWS)):
        path = folder / "growth.parquet"
        _write(path, columns, rows)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            wall_s, cpu_s, peak_mb = pool.apply(_grow, (str(path),))
        cost_ns = cpu_s / rows / columns * 1e9
        spent = measuring.Spent(wall_s, cpu_s)
        measuring.say(f"{rows:,} rows x {columns}", spent, f"{cost_ns:.0f} ns of CPU a value, peak {peak_mb:,.0f} MB")
        path.unlink()


def _grow(path: str) -> tuple[float, float, float]:
    frame = pl.scan_parquet(path)
    edges = _learned(frame.head(200_000).collect())
    piece = Piece(frame, ProfileSpec("table", "table"), edges, {}, DAY, 1, replaces=False)
    with measuring.stopwatch() as clock:
        compute(piece)
    # The most that the kernel counted since this program began; `getrusage` would tell of its parent too.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return clock().wall_s, clock().cpu_s, int(peak.split()[1]) / 1024


def _write(path: Path, columns: int, rows: int) -> None:
    part = _table(5, columns, min(rows, ROWS // 2))
    pl.concat([part.lazy()] * (rows // part.height)).sink_parquet(path, row_group_size=100_000)


def _learned(frame: pl.DataFrame) -> dict[str, ColumnEdges]:
    found = {name: learn(frame[name], "number", 1) for name in frame.columns}
    return {name: edges for name, edges in found.items() if edges is not None}


def _moved(table: ProfileTable, days: int) -> pl.DataFrame:
    return table.frame.with_columns(pl.col("window_start", "window_end") + timedelta(days=days))


def _lake(folder: Path) -> Lake:
    database = Database.open(f"sqlite:///{folder / 'profile.db'}")
    metadata.create_all(database.engine)
    clock = ReplayClock(folder / "profile_clock")
    clock.set(START)
    return Lake(folder / "profile_lake", {}, database, Ledger(database, clock), clock)


def _table(seed: int, columns: int, rows: int, *, shift: float = 0.0) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    makers: list[Callable[[], object]] = [
        lambda: chance.normal(50 + shift, 12, rows),
        lambda: chance.lognormal(1, 1, rows),
        lambda: chance.normal(50, 12, rows),
        lambda: chance.exponential(3, rows),
    ]
    return pl.DataFrame({f"x{at}": makers[at % len(makers)]() for at in range(columns)})


if __name__ == "__main__":
    main()
