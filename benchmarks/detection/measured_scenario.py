"""What the monitors measure of a scenario, kept by indicator, so that other rules only judge it anew."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.detection.catalogue import Kind
from benchmarks.detection.judging import Day
from benchmarks.detection.planted import Planted
from benchmarks.detection.scenario import WINDOWS_AFTER, Measured, Seen, look, measure, touched_monitors
from benchmarks.detection.spoiling import Base

# Most faults are told in their first window; the others are measured again, to their end.
_AT_FIRST = 2


def watch(base: Base, kind: Kind, seed: int, folder: Path) -> tuple[Planted, Seen]:
    """Play a scenario to one window after its first alert, or to its end."""
    planted = kind.at(base.tables, base.nights, seed)
    for windows in _horizons(kind, planted):
        # Planted again, so that chance begins anew.
        shown = replace(kind.at(base.tables, base.nights, seed), windows=windows)
        seen = look(base, shown, _measured(base, kind, shown, seed, folder))
        if seen.windows is not None and seen.windows + WINDOWS_AFTER <= windows:
            return planted, seen
    return planted, seen


def _horizons(kind: Kind, planted: Planted) -> Iterator[int]:
    if not kind.slow and not kind.harmless:
        yield _AT_FIRST
    yield planted.windows


def _measured(base: Base, kind: Kind, planted: Planted, seed: int, folder: Path) -> Measured:
    monitors = touched_monitors(base.monitors, planted)
    kept = folder / "scenarios" / f"{kind.name.replace('/', ' ')} {seed} {planted.windows}.pickle"
    known: dict[str, dict[int, Day]] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    missing = [one for one in monitors if repr(one.indicator) not in known]
    if missing:
        found = measure(base, planted, missing)
        known.update({repr(one.indicator): dict(found[one.name]) for one in missing})
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(known))
    return {one.name: known[repr(one.indicator)] for one in monitors}
