"""What the monitors measure of a scenario, kept by indicator, so that other rules only judge it anew."""

import pickle
from pathlib import Path

from benchmarks.detection.catalogue import Kind
from benchmarks.detection.judging import Day
from benchmarks.detection.planted import Planted
from benchmarks.detection.scenario import Measured, measure, touched_monitors
from benchmarks.detection.spoiling import Base


def measured_scenario(base: Base, kind: Kind, planted: Planted, seed: int, folder: Path) -> Measured:
    """Measure what is not in the folder yet."""
    monitors = touched_monitors(base.monitors, planted)
    kept = folder / "scenarios" / f"{kind.name.replace('/', ' ')} {seed}.pickle"
    known: dict[str, dict[int, Day]] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    missing = [one for one in monitors if repr(one.indicator) not in known]
    if missing:
        found = measure(base, planted, missing)
        known.update({repr(one.indicator): dict(found[one.name]) for one in missing})
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(known))
    return {one.name: known[repr(one.indicator)] for one in monitors}
