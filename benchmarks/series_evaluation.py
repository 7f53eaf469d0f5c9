"""100,000 series of 90 days, in memory: season, bounds, verdict, slow drift and onset of each, for the 91st day.

Ours: what an evaluation does with a monitor of so many slices, of which a fiftieth fell to a third ten days ago:
centres by day of the week and spread (`learn_many`), the width that all slices share (`shared_width`), a judgement with
its reason (`judge_rows`), slow drift (`drifts`), and the last change of level of every series (`last_changes`).
Limit: what hand-written numpy takes for the first step alone: median and MAD of each series and a comparison, without
season, gaps, reasons, drift or onset.
Peers, on a sample of the same series, one after the other, as they are made to be used: seasonal decomposition by
statsmodels (robust STL) with bounds from its residuals, and the change points by ruptures (PELT, l2). In an environment
of their own: `python -m venv benchmarks/.peers/series` and there `pip install ruptures statsmodels`.
"""

import json
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import measuring
from steek.kernel.verdict import Verdict
from steek.measures.changepoints import last_changes
from steek.measures.drifts import drifts
from steek.measures.seasons import residuals
from steek.monitoring import learned
from steek.monitoring.judgement import Rule
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.declared import DAY
from steek.monitoring.thresholds.judging_many import judge_rows
from steek.monitoring.thresholds.phases import levels_of
from steek.monitoring.thresholds.series_frame import Now, SeriesFrame
from steek.monitoring.thresholds.usual_many import learn_many, on_scale, shared_width

SERIES, DAYS, SAMPLE, ROUNDS = 100_000, 90, 300, 3
FELL_DAYS = 10
PYTHON = Path(__file__).resolve().parent / ".peers" / "series" / "bin" / "python"
RULE = learned(season="week", windows=DAYS)
Values = NDArray[np.float64]


def world() -> tuple[Values, Values]:
    """Counts with a week in them: the past, and today."""
    generator = np.random.default_rng(20171009)
    level = generator.lognormal(4.5, 1.0, size=(SERIES, 1))
    week = 1 + 0.3 * np.sin(2 * np.pi * np.arange(DAYS + 1) / 7)
    expected = level * week
    expected[::50, -1 - FELL_DAYS :] /= 3
    counts = generator.poisson(expected).astype(np.float64)
    counts[generator.random(counts.shape) < 0.01] = np.nan
    return np.ascontiguousarray(counts[:, :-1]), np.nan_to_num(counts[:, -1])


def ours(past: Values, today: Values) -> tuple[int, NDArray[np.int64]]:
    """Series that fail, and where each series changed last."""
    first = datetime(2017, 7, 11, 6, tzinfo=UTC)
    starts = tuple(first + number * timedelta(days=1) for number in range(DAYS))
    history = SeriesFrame(tuple(f"s={number}" for number in range(SERIES)), starts, past, past)
    usual = learn_many(history, Kind.COUNT, RULE, DAY)
    width = shared_width(history, usual, Kind.COUNT, RULE, DAY, 10)
    now = Now(first + DAYS * DAY, history.slices, today, today)
    rule = Rule(Kind.COUNT, RULE, 10, SERIES, DAY, width)
    judged = judge_rows(usual, now, rule, lambda index: past[index][np.isfinite(past[index])].tolist())
    scaled = on_scale(past, Kind.COUNT)
    drifts(scaled, 7, slices=SERIES, least_spread=0.5)
    levels = levels_of(RULE.season, starts)
    changes = last_changes(residuals(scaled, usual.seasons.centres, levels))
    return sum(one.verdict is Verdict.FAIL for one in judged), changes


def bare(past: Values, today: Values) -> int:
    """Median and MAD of each series, and how many values of today lie outside."""
    middle = np.nanmedian(past, axis=1)
    half = 6 * 1.4826 * np.nanmedian(np.abs(past - middle[:, None]), axis=1)
    return int((np.abs(today - middle) > half).sum())


def main() -> None:
    past, today = world()
    failed, changes = ours(past, today)
    fell = changes[::50]
    near = float((np.abs(fell - (DAYS - FELL_DAYS)) <= 1).mean())
    spent = measuring.take_turns(ROUNDS, warm_up=0, ours=lambda: ours(past, today), bare=lambda: bare(past, today))
    took, limit = measuring.median(spent["ours"]), measuring.median(spent["bare"])
    print(f"{SERIES:,} series x {DAYS} days; median of {ROUNDS} rounds")
    measuring.say("steek", took, f"{failed:,} fail; {near:.1%} of the fallen have their onset found to the day")
    measuring.say("numpy median and MAD, nothing else", limit)
    peer = _peer(past)
    if peer is None:
        print("  peers missing: see the top of benchmarks/series_evaluation.py")
    else:
        measuring.say(f"STL + PELT, from {SAMPLE} series", measuring.Spent(peer, peer), "one after the other")
    measuring.Result(
        name="series_evaluation",
        figure=took.wall_s,
        unit="s for 100,000 series x 90 days: season, bounds, verdicts, drift, onset",
        peer="statsmodels STL and ruptures PELT, from a sample" + ("" if peer else " (not installed)"),
        peer_figure=peer,
        limit_figure=limit.wall_s,
        goal="under 8 s",
        met=took.wall_s < 8,
    ).end()


def _peer(past: Values) -> float | None:
    """Seconds that the peers would take for all series, from those for a sample."""
    if not PYTHON.exists():
        return None
    with tempfile.TemporaryDirectory(prefix="steek-bench-") as folder:
        sample = np.nan_to_num(past[:SAMPLE], nan=0.0)
        path = Path(folder) / "sample.npy"
        np.save(path, sample)
        program = Path(__file__).with_name("series_evaluation_peers.py")
        told = subprocess.run([str(PYTHON), str(program), str(path)], capture_output=True, text=True, check=True)
        return float(json.loads(told.stdout.splitlines()[-1])["seconds"]) * SERIES / SAMPLE


if __name__ == "__main__":
    main()
