"""Row validation: 1M rows of 20 columns against 20 rules, one row in a hundred bad; and the profile of the same rows.

Ours: `validate`: types compared, rules compiled from the contract, one pass, rows split, each bad row with its reasons
and as JSON, reasons counted. Beside the 20 rules it also refuses what is not a finite number in all 12 columns of
numbers.
Limit: the same 20 rules written by hand in Polars for this table: one pass, rows split, reasons per bad row; no JSON,
no counts, no check for numbers that are not finite. The same again for a table without a bad row.
Peers: pandera on pandas and on Polars (lazy, all failure cases collected; the faster counts), Great Expectations (20
expectations, all failing rows named), each followed by splitting the frame by the rows they name and by joining the
reasons to these; no JSON, no check for numbers that are not finite. They report failing values, which ours does not.
All take turns, each peer in a process of its own that waits meanwhile. Goals are judged by CPU seconds, for both
cores are shared; wall seconds stand beside them.
They need an environment of their own:
`python -m venv benchmarks/.peers/validation` and there
`pip install great_expectations 'pandera[pandas,polars]' pyarrow`.
"""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

import measuring
from steek.data.contracts.contract import Contract, Field
from steek.data.validation.feed.profiling import profile
from steek.data.validation.rows import validate
from validation_peers import COUNTS, LEVELS, LISTED, PEERS, RANGED, REQUIRED

ROWS, BAD_ROWS, ROUNDS = 1_000_000, 10_000, 7
PYTHON = Path(__file__).resolve().parent / ".peers" / "validation" / "bin" / "python"
ARRIVED = datetime(2017, 10, 2, tzinfo=UTC)
CONTRACT = Contract(
    "table",
    "1",
    (
        *(Field(name, "number", nullable=True, minimum=0, maximum=100) for name in RANGED),
        *(Field(name, "number") for name in REQUIRED),
        *(Field(name, "integer", nullable=True, minimum=0) for name in COUNTS),
        *(Field(name, "string", nullable=True, categories=tuple(LEVELS)) for name in LISTED),
    ),
    owner="bench",
)


class Peer:
    """A peer in its own process: one line asks for a round, one line says what it took."""

    def __init__(self, name: str, path: Path) -> None:
        program = Path(__file__).with_name("validation_peers.py")
        command = [str(PYTHON), str(program), name, str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.note = ""
        # The first round warms up.
        self.round()

    def round(self) -> measuring.Spent:
        """Run once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("once\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        self.note = f"{told['version']}, {told['failures']:,} failing rows"
        return measuring.Spent(told["wall_s"], told["cpu_s"])

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


def main() -> None:
    with measuring.work_folder() as folder:
        frame = _table()
        clean = frame.with_columns(pl.col("x3").clip(0, 100))
        rules = _by_hand()
        found, (good, bad) = validate(CONTRACT, frame, textual=False), _split(frame, rules)
        assert (found.accepted.height, found.quarantined.height) == (good.height, bad.height)
        assert (good.height, bad.height) == (ROWS - BAD_ROWS, BAD_ROWS)
        peers = _peers(frame, folder)
        asked: dict[str, list[measuring.Spent]] = {name: [] for name in peers}
        spent: dict[str, list[measuring.Spent]] = {}
        for number in range(ROUNDS):
            turn = measuring.take_turns(
                1,
                warm_up=int(number == 0),
                ours=lambda: validate(CONTRACT, frame, textual=False),
                by_hand=lambda: _split(frame, rules),
                clean=lambda: validate(CONTRACT, clean, textual=False),
                clean_by_hand=lambda: _split(clean, rules),
                profile=lambda: profile(frame, CONTRACT, None, (LISTED[0],), ARRIVED),
            )
            for name, rounds in turn.items():
                spent.setdefault(name, []).extend(rounds)
            for name, peer in peers.items():
                asked[name].append(peer.round())
        for peer in peers.values():
            peer.end()
    took = {name: measuring.median(rounds) for name, rounds in (spent | asked).items()}
    print(
        f"{ROWS:,} rows x {frame.width} columns, {len(rules)} rules, {BAD_ROWS:,} bad rows; median of {ROUNDS} rounds"
    )
    _say(took, peers)
    pandera, met = _met(took)
    measuring.Result(
        name="validation",
        figure=took["ours"].cpu_s,
        unit="CPU s per 1M rows x 20 rules",
        peer="pandera (the faster backend)",
        peer_figure=pandera,
        limit_figure=took["by_hand"].cpu_s,
        goal="at most 1.5x by hand, at least 2x faster than pandera and 10x faster than Great Expectations",
        met=met,
    ).end()


def _say(took: dict[str, measuring.Spent], peers: dict[str, Peer]) -> None:
    def against(name: str, other: str) -> str:
        one, two = took[name], took[other]
        return f"{one.wall_s / two.wall_s:.2f}x wall, {one.cpu_s / two.cpu_s:.2f}x CPU of {other}"

    measuring.say("steek validate", took["ours"], against("ours", "by_hand"))
    measuring.say("by hand in Polars", took["by_hand"])
    for name, peer in peers.items():
        measuring.say(name, took[name], f"{peer.note}; {against(name, 'ours')}")
    if not peers:
        print("  peers missing: see the top of benchmarks/validation.py")
    measuring.say("steek validate, no bad row", took["clean"], against("clean", "clean_by_hand"))
    measuring.say("by hand in Polars, no bad row", took["clean_by_hand"])
    measuring.say("steek feed profile", took["profile"], "of the same rows")


def _met(took: dict[str, measuring.Spent]) -> tuple[float | None, bool | None]:
    """CPU seconds of the faster pandera, and whether all three goals are met; None without peers."""
    if "great_expectations" not in took:
        return None, None
    ours = took["ours"].cpu_s
    pandera = min(one.cpu_s for name, one in took.items() if "pandera" in name)
    by_hand = ours <= 1.5 * took["by_hand"].cpu_s
    return pandera, by_hand and took["great_expectations"].cpu_s >= 10 * ours and pandera >= 2 * ours


def _table() -> pl.DataFrame:
    chance = np.random.default_rng(7)
    columns: dict[str, object] = {name: chance.normal(50, 12, ROWS).clip(1, 99) for name in (*RANGED, *REQUIRED)}
    columns |= {name: chance.integers(0, 5000, ROWS) for name in COUNTS}
    columns |= {name: pl.Series(chance.choice(LEVELS, ROWS)) for name in LISTED}
    frame = pl.DataFrame(columns)
    bad = pl.Series(np.isin(np.arange(ROWS), chance.choice(ROWS, BAD_ROWS, replace=False)))
    return frame.with_columns(pl.when(bad).then(-1.0).otherwise(pl.col("x3")).alias("x3"))


def _by_hand() -> dict[str, pl.Expr]:
    return {
        **{f"{name}: not in 0 to 100": ~pl.col(name).is_between(0, 100) for name in RANGED},
        **{f"{name}: missing": pl.col(name).is_null() for name in REQUIRED},
        **{f"{name}: below 0": pl.col(name) < 0 for name in COUNTS},
        **{f"{name}: unknown": ~pl.col(name).is_in(LEVELS) for name in LISTED},
    }


def _split(frame: pl.DataFrame, rules: dict[str, pl.Expr]) -> tuple[pl.DataFrame, pl.DataFrame]:
    marked = (
        frame.lazy().with_columns(pl.any_horizontal(list(rules.values())).fill_null(value=False).alias("bad")).collect()
    )
    told = [pl.when(rule).then(pl.lit(reason)) for reason, rule in rules.items()]
    good, bad = pl.collect_all(
        [
            marked.lazy().filter(~pl.col("bad")).drop("bad"),
            marked.lazy()
            .filter("bad")
            .select(*frame.columns, pl.concat_str(told, separator="; ", ignore_nulls=True).alias("reason")),
        ]
    )
    return good, bad


def _peers(frame: pl.DataFrame, folder: Path) -> dict[str, Peer]:
    if not PYTHON.exists():
        return {}
    path = folder / "validation.parquet"
    frame.write_parquet(path)
    found = {name: Peer(name, path) for name in PEERS}
    path.unlink()
    return found


if __name__ == "__main__":
    main()
