"""Will it break the system? What a gate checks of every artifact, in one limited process per model."""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.engines import run_limited
from steek.evaluation.types import CheckResult
from steek.kernel.errors import SteekError
from steek.kernel.verdict import Verdict
from steek.models import LearnerSpec, Registry, TrainedModel

_PROBE = "steek.formats.probe:probe"
_EDGES = (math.nan, 0.0, 1.0, -1.0, 1e6, -1e6)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process of production may use.

    Args:
        timeout_s: Longest time to start, load and answer.
        memory_bytes: Most private memory.
    """

    timeout_s: float = 60.0
    memory_bytes: int = 2_000_000_000


def edge_rows(features: int) -> NDArray[np.float32]:
    """Rows at the edges of what a server may send: nothing known, zeros, ones, and numbers far out.

    >>> edge_rows(2).shape
    (6, 2)
    """
    return np.repeat(np.array(_EDGES, dtype=np.float32)[:, None], features, axis=1)


def output_range(learner: LearnerSpec) -> tuple[float | None, float | None]:
    """Where answers must lie: probabilities in 0..1, counts and rates from 0; otherwise anywhere finite.

    >>> output_range(LearnerSpec("lightgbm", {"objective": "binary"}))
    (0.0, 1.0)
    """
    objective = str(learner.parameters.get("objective", learner.name))
    if objective in ("binary", "cross_entropy"):
        return 0.0, 1.0
    return (0.0, None) if objective in ("poisson", "tweedie", "gamma") else (None, None)


def check_validity(
    registry: Registry, trained: TrainedModel, learner: LearnerSpec, rows: NDArray[np.float32], limits: Limits
) -> list[CheckResult]:
    """Identity, loading, one request, finite and in-range answers, in this order; it stops where going on is unsafe.

    Args:
        registry: Holds the artifact.
        trained: The model.
        learner: How it was fitted, which says where answers must lie.
        rows: [rows, features] to ask besides the edge rows.
        limits: What the process may use.
    """
    try:
        data = registry.artifact(trained)
    except SteekError as error:
        return [_failed("artifact is what was trained", f"sha256 {trained.artifact_sha256[:12]}…", error.message)]
    asked = np.concatenate([rows, edge_rows(len(trained.feature_names))])
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "artifact"
            path.write_bytes(data)
            found = run_limited(_PROBE, _request(path, trained, asked), limits.timeout_s, limits.memory_bytes)
    except SteekError as error:
        limit = f"within {limits.timeout_s:g} s and {limits.memory_bytes / 1e6:.0f} MB"
        return [_identity(trained, trained.artifact_sha256, trained.members), _failed("loads", limit, error.message)]
    return [
        _identity(trained, found["sha256"], found["members"]),
        _loads(found, limits),
        _is_finite(found),
        _in_range(found, output_range(learner)),
    ]


def _request(path: Path, trained: TrainedModel, rows: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "path": str(path),
        "format": trained.format,
        "is_fleet": trained.members is not None,
        "feature_names": list(trained.feature_names),
        "rows": [[None if math.isnan(value) else value for value in row] for row in rows.tolist()],
    }


def _failed(name: str, limit: str, reason: str) -> CheckResult:
    return CheckResult(name, Verdict.FAIL, None, limit, reason)


def _identity(trained: TrainedModel, sha256: str, members: int | None) -> CheckResult:
    name, limit = "artifact is what was trained", f"sha256 {trained.artifact_sha256[:12]}…"
    if sha256 != trained.artifact_sha256:
        return _failed(name, limit, f"the process read sha256 {sha256[:12]}…")
    if members != trained.members:
        return _failed(name, limit, f"it holds {members} members, the registry says {trained.members}")
    return CheckResult(name, Verdict.PASS, None, limit, "checksum and content agree with the registry")


def _loads(found: dict[str, Any], limits: Limits) -> CheckResult:
    name, limit = "loads and answers one request", f"within {limits.memory_bytes / 1e6:.0f} MB"
    used = f"{found['memory_bytes'] / 1e6:.0f} MB in use, {found['added_bytes'] / 1e6:.0f} MB of them for the model"
    if found["problems"]:
        return _failed(name, limit, "; ".join(found["problems"]))
    if not found["loaded"]:
        return _failed(name, limit, "there is no model in it")
    return CheckResult(name, Verdict.PASS, float(found["memory_bytes"]), limit, used)


def _is_finite(found: dict[str, Any]) -> CheckResult:
    name, bad, asked = "answers are finite", found["not_finite"], found["asked"]
    verdict = Verdict.FAIL if bad else Verdict.PASS if asked else Verdict.UNDECIDED
    return CheckResult(name, verdict, float(bad), "0 answers", f"{bad} of {asked} answers are not finite")


def _in_range(found: dict[str, Any], range_: tuple[float | None, float | None]) -> CheckResult:
    (low, high), (lowest, highest) = range_, (found["lowest"], found["highest"])
    limit = f"from {'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'}"
    name = "answers are in range"
    if lowest is None or highest is None:
        return CheckResult(name, Verdict.UNDECIDED, None, limit, "no finite answer")
    outside = highest if high is not None and highest > high else lowest
    is_inside = (low is None or lowest >= low) and (high is None or highest <= high)
    verdict = Verdict.PASS if is_inside else Verdict.FAIL
    return CheckResult(name, verdict, outside, limit, f"answers from {lowest:.4g} to {highest:.4g}, edge rows included")
