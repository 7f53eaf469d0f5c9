"""Detection: planted faults and quiet weeks of the real year, with the default monitors, Evidently and NannyML beside.

`python -m benchmarks.detection [--folder FOLDER] [--quick] [--seeds 101,102,…] [--peers FOLDER] [--write]`

Ours: `default_monitors` of two datasets and two models, 59 rules, slices by store, department and partner. Indicators
read a real lake through `Sources`; judging is that of production without its tables (see `judging.py` and `store.py`
for what is left out). Peers: Evidently's drift and summary presets with their own tests, NannyML's univariate drift,
missing and unseen values, means and row counts, on the same windows; neither sees slices, ages, golden answers, joins
or the delay of outcomes. They need environments of their own below `--peers`:
`python -m venv FOLDER/evidently`, there `pip install evidently==0.7.23 'pandas<3' pyarrow`, and
`python -m venv FOLDER/nannyml`, there `pip install nannyml==0.13.1 'pandas<3' statsmodels pyarrow`.
"""

import argparse
import pickle
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measuring
from benchmarks.detection import report
from benchmarks.detection.catalogue import CATALOGUE, Kind, in_goal
from benchmarks.detection.days import DAYS, real_year
from benchmarks.detection.measured import measure_year
from benchmarks.detection.measured_scenario import watch
from benchmarks.detection.models import MODELS
from benchmarks.detection.nightly import run_nights
from benchmarks.detection.peers import PEERS, Peer, PeerSaw
from benchmarks.detection.planted import Planted
from benchmarks.detection.quiet import ARMED_DAY, quiet_year
from benchmarks.detection.rules import default_rules
from benchmarks.detection.scenario import Seen, touched_monitors
from benchmarks.detection.scoring import Outcome
from benchmarks.detection.service import Agreement, agreement
from benchmarks.detection.spoiling import Base

ROOT = Path(__file__).resolve().parents[2]
TUNING_SEEDS, REPORT_SEEDS = (1, 2, 3), (101, 102, 103, 104, 105)
_NIGHT_SEED, _PEER_SEEDS = 7, 1
_QUICK_FAULTS = frozenset({"slice vanished", "unit changed", "model stale", "predictions collapsed"})
# Played through the service as well, which reads and writes its tables and takes a minute each.
_CHECKED = frozenset(
    {
        "slice vanished, small department",
        "batch duplicated, a fifth of the rows",
        "category renamed, large department",
        "join key changed, large partner",
        "model stale, promotion_uptake",
        "golden answers frozen, partner_demand",
        "price x100 in one store, large store",
        "discounted rows dropped, everywhere",
        "predictions collapsed, large store",
    }
)
_DAYS_A_MONTH = 365.25 / 12


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="steek-bench-") as temporary:
        _run(options, (options.folder or Path(temporary)) / "detection")


def _run(options: argparse.Namespace, folder: Path) -> None:
    tables, rules = real_year(), default_rules()
    nights = run_nights(tables, folder / "nights", _NIGHT_SEED)
    base = Base(tables, nights, measure_year(tables, nights, rules, folder, range(DAYS)))
    quiet = quiet_year(base.series, ARMED_DAY, ARMED_DAY + 60 if options.quick else DAYS)
    kinds = [one for one in CATALOGUE if not options.quick or one.fault in _QUICK_FAULTS]
    ours = [_outcome(base, kind, seed, folder) for seed in options.seeds for kind in kinds]
    worst = max(report.false_rates(quiet).values())
    contest = report.Contest("steek", ours, worst)
    seeds = options.seeds[: 1 if options.quick else _PEER_SEEDS]
    others = [] if options.peers is None else [
        found for name in PEERS if (found := _peer(name, options.peers, base, kinds, seeds, folder)) is not None
    ]  # fmt: skip
    checked = [_checked(base, kind, options.seeds[0], folder) for kind in kinds if kind.name in _CHECKED]
    text = report.figures(contest, quiet, others, checked, options.seeds)
    print(text)
    if options.write:
        report.write(ROOT / "docs" / "detection.md", ROOT / "docs" / "pictures", text, contest, quiet, others)
    found = report.goal_score(ours)
    recall = found.detected.value or 0.0
    measuring.Result(
        name="detection",
        figure=recall,
        unit=f"recall of faults of 20% of a slice; median window {found.windows[1]:.0f}, {worst:.2f} false alarms",
        peer=others[0].name if others else None,
        peer_figure=report.goal_score(others[0].outcomes).detected.value if others else None,
        limit_figure=None,
        goal="recall 90%, median in the first window, one false alarm per model and month",
        met=recall >= report.RECALL_GOAL and found.windows[1] <= report.WINDOW_GOAL and worst <= report.FALSE_GOAL,
    ).end()


def _outcome(base: Base, kind: Kind, seed: int, folder: Path) -> Outcome:
    planted, seen = watch(base, kind, seed, folder)
    print(f"  {kind.name}, seed {seed}: {'not seen' if seen.windows is None else f'window {seen.windows}'}", flush=True)
    return _told(kind, seed, planted, seen)


def _checked(base: Base, kind: Kind, seed: int, folder: Path) -> Agreement:
    kept = folder / "checked" / f"{kind.name} {seed}.pickle"
    if not kept.exists():
        planted = kind.at(base.tables, base.nights, seed)
        found = agreement(base, planted, touched_monitors(base.monitors, planted))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(found))
        print(f"  {kind.name}, through the service: {found}", flush=True)
    return pickle.loads(kept.read_bytes())


def _told(kind: Kind, seed: int, planted: Planted, seen: Seen) -> Outcome:
    place = ", ".join(planted.slices) or "everywhere"
    return Outcome(
        kind.fault, kind.size, seed, planted.day, place, in_goal(planted), kind.slow, kind.harmless, seen
    )  # fmt: skip


def _peer(
    name: str, environments: Path, base: Base, kinds: Sequence[Kind], seeds: Sequence[int], folder: Path
) -> report.Contest | None:
    peer = Peer.open(name, environments, folder)
    if peer is None:
        return None
    outcomes, alarms, days, version = list[Outcome](), 0, 0, ""
    for seed in seeds:
        for kind in kinds:
            planted = kind.at(base.tables, base.nights, seed)
            kept = folder / name / f"{kind.name.replace('/', ' ')} {seed}.pickle"
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(pickle.dumps(peer.watch(base, kind, planted)))
            saw: PeerSaw = pickle.loads(kept.read_bytes())
            outcomes.append(_told(kind, seed, planted, saw.seen))
            alarms, days, version = alarms + saw.quiet_alarms, days + saw.quiet_days, saw.version
    peer.close()
    return report.Contest(f"{name} {version}", outcomes, alarms / len(MODELS) / (days / _DAYS_A_MONTH))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.detection", description="How well do default monitors detect?")
    parser.add_argument("--folder", type=Path, help="keeps what was measured, so that a second run only judges")
    parser.add_argument("--quick", action="store_true", help="few faults, one seed, two quiet months")
    parser.add_argument("--seeds", type=_numbers, help="seeds of the places of faults; those of the report by default")
    parser.add_argument("--peers", type=Path, help="folder of the environments of Evidently and NannyML")
    parser.add_argument("--write", action="store_true", help="write docs/detection.md and its pictures")
    options = parser.parse_args()
    options.seeds = options.seeds or (REPORT_SEEDS[:1] if options.quick else REPORT_SEEDS)
    return options


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


if __name__ == "__main__":
    main()
