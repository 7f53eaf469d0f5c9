"""Row validation: 1M rows of 20 columns against 20 rules, one row in a hundred bad; and the profile of the same rows.

Ours: `validate`: types compared, rules compiled from the contract, one pass, rows split, each bad row with its reasons
and as JSON, reasons counted. Beside the 20 rules it also refuses what is not a finite number in all 12 columns of
numbers.
Limit: the same 20 rules written by hand in Polars for this table: one pass, rows split, reasons per bad row.
Peers: pandera on pandas and on Polars (all failures collected; the faster counts), Great Expectations (20
expectations, all failing rows named), each followed by splitting the frame by the rows they name, since that is what
validation is for; reasons stay in their reports, not beside the rows.
They need an environment of their own:
`python -m venv benchmarks/.peers/validation` and there
`pip install great_expectations 'pandera[pandas,polars]' pyarrow`.
"""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

import measuring
from steek.data.contracts.contract import Contract, Field
from steek.data.validation.feed.profiling import profile
from steek.data.validation.rows import validate
from validation_peers import COUNTS, LEVELS, LISTED, PEERS, RANGED, REQUIRED

ROWS, BAD_ROWS, ROUNDS, PEER_ROUNDS = 1_000_000, 10_000, 9, 3
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


@dataclass(frozen=True)
class Peer:
    """What a peer took."""

    spent: measuring.Spent
    note: str


def main() -> None:
    with measuring.work_folder() as folder:
        frame = _table()
        rules = _by_hand()
        found = validate(CONTRACT, frame, textual=False)
        good, bad = _split(frame, rules)
        assert (
            (found.accepted.height, found.quarantined.height)
            == (good.height, bad.height)
            == (
                ROWS - BAD_ROWS,
                BAD_ROWS,
            )
        )
        spent = measuring.take_turns(
            ROUNDS,
            ours=lambda: validate(CONTRACT, frame, textual=False),
            by_hand=lambda: _split(frame, rules),
            profile=lambda: profile(frame, CONTRACT, None, (LISTED[0],), ARRIVED),
        )
        ours, hand, profiled = (measuring.median(spent[name]) for name in ("ours", "by_hand", "profile"))
        peers = _peers(frame, folder)
    print(
        f"{ROWS:,} rows x {frame.width} columns, {len(rules)} rules, {BAD_ROWS:,} bad rows; median of {ROUNDS} rounds"
    )
    measuring.say("steek validate", ours, f"{ROWS / ours.wall_s / 1e6:.1f}M rows/s")
    measuring.say(
        "by hand in Polars",
        hand,
        f"ours takes {ours.wall_s / hand.wall_s:.2f}x wall, {ours.cpu_s / hand.cpu_s:.2f}x CPU",
    )
    for name, peer in peers.items():
        measuring.say(name, peer.spent, f"{peer.note}; {peer.spent.wall_s / ours.wall_s:.1f}x ours")
    if not peers:
        print("  peers missing: see the top of benchmarks/validation.py")
    measuring.say("steek feed profile", profiled, "of the same rows")
    pandera, met = _met(ours, hand, peers)
    measuring.Result(
        name="validation",
        figure=ours.wall_s,
        unit="s per 1M rows x 20 rules",
        peer="pandera (the faster backend)",
        peer_figure=pandera,
        limit_figure=hand.wall_s,
        goal="at most 1.5x by hand, at least 2x faster than pandera and 10x faster than Great Expectations",
        met=met,
    ).end()


def _met(ours: measuring.Spent, hand: measuring.Spent, peers: dict[str, Peer]) -> tuple[float | None, bool | None]:
    """The faster pandera, and whether all three goals are met; None without peers."""
    if not peers:
        return None, None
    pandera = min(peer.spent.wall_s for name, peer in peers.items() if "pandera" in name)
    great = peers["great_expectations"].spent.wall_s
    return pandera, ours.wall_s <= 1.5 * hand.wall_s and great >= 10 * ours.wall_s and pandera >= 2 * ours.wall_s


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
    program = Path(__file__).with_name("validation_peers.py")
    found: dict[str, Peer] = {}
    for name in PEERS:
        command = [str(PYTHON), str(program), name, str(path), str(PEER_ROUNDS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        spent = measuring.median(measuring.Spent(*pair) for pair in zip(told["wall_s"], told["cpu_s"], strict=True))
        found[name] = Peer(spent, f"{told['version']}, {told['failures']:,} failures")
    path.unlink()
    return found


if __name__ == "__main__":
    main()
