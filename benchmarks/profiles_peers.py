"""The peers of profiles, as a program of environments of their own: `profiles_peers.py PEER PARQUET`.

PEER is evidently or whylogs. Reading the file and making frames of both halves is not timed. Each line on standard
input asks for a round, answered by one JSON line: version, wall and CPU seconds, columns that drifted.
"""

import importlib.metadata
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def evidently(path: str) -> Callable[[], int]:
    """The data drift preset, the result as a dictionary."""
    made = import_module("evidently")
    preset = import_module("evidently.presets").DataDriftPreset
    before, after = _halves(path)
    datasets = [made.Dataset.from_pandas(frame, data_definition=made.DataDefinition()) for frame in (after, before)]

    def run() -> int:
        result: Any = made.Report([preset()]).run(*datasets).dict()
        first: Any = result["metrics"][0]["value"]
        return int(first["count"])

    return run


def whylogs(path: str) -> Callable[[], int]:
    """A profile of each half and the drift scores of its columns."""
    why = import_module("whylogs")
    scores: Any = import_module("whylogs.viz.drift.column_drift_algorithms").calculate_drift_scores
    before, after = _halves(path)

    def run() -> int:
        views = [why.log(frame).view() for frame in (before, after)]
        found: Any = scores(target_view=views[1], reference_view=views[0], with_thresholds=True)
        return sum(
            str(one["drift_category"]).endswith("DRIFT") and "NO" not in str(one["drift_category"])
            for one in found.values()
        )

    return run


def _halves(path: str) -> tuple[Any, Any]:
    frame = import_module("pandas").read_parquet(path)
    return tuple(frame[frame["half"] == half].drop(columns="half").reset_index(drop=True) for half in (0, 1))  # type: ignore[return-value]


PEERS = {"evidently": evidently, "whylogs": whylogs}


def main() -> None:
    peer, path = sys.argv[1], sys.argv[2]
    warnings.simplefilter("ignore")
    run = PEERS[peer](path)
    for _ in sys.stdin:
        started, worked = time.perf_counter(), time.process_time()
        drifted = run()
        spent = {"wall_s": time.perf_counter() - started, "cpu_s": time.process_time() - worked}
        print(json.dumps({"version": importlib.metadata.version(peer), **spent, "drifted": drifted}), flush=True)


if __name__ == "__main__":
    main()
