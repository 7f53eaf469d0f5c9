"""What the limited process does with an artifact: load it as a server would and ask it once, then widely."""

import hashlib
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from steek.formats.fleet import unpack
from steek.formats.loading import open_format
from steek.formats.ports import ModelFormat
from steek.kernel.errors import SteekError

_MOST_PROBLEMS = 5


def probe(request: dict[str, Any]) -> dict[str, Any]:
    """Load an artifact, ask it one row, then many.

    Args:
        request: `path`, `format`, `is_fleet`, `feature_names`, and `rows` [rows][features] with None for missing.

    Returns:
        `sha256`; `members` (None for a single model); `loaded` and `asked` counts; `problems`, at most five; over all
        outputs `not_finite`, `lowest` and `highest`; `memory_bytes` of this process and how much of it was
        `added_bytes` by loading.
    """
    data = Path(request["path"]).read_bytes()
    format_ = open_format(request["format"])
    names = tuple(request["feature_names"])
    rows = np.array(request["rows"], dtype=np.float32).reshape(-1, len(names))
    before_bytes = _memory_bytes()
    parts = dict(_parts(data, is_fleet=request["is_fleet"]))
    problems: list[str] = []
    answered: list[np.ndarray[Any, np.dtype[np.float64]]] = []
    for name, part in parts.items():
        try:
            answered.append(_ask(format_, part, names, rows))
        except SteekError as error:
            problems.append(f"{name}: {error.message}")
    outputs = np.concatenate(answered) if answered else np.empty(0)
    finite = outputs[np.isfinite(outputs)]
    memory_bytes = _memory_bytes()
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "members": len(parts) if request["is_fleet"] else None,
        "loaded": len(answered),
        "asked": int(outputs.size),
        "problems": problems[:_MOST_PROBLEMS],
        "not_finite": int(outputs.size - finite.size),
        "lowest": float(finite.min()) if finite.size else None,
        "highest": float(finite.max()) if finite.size else None,
        "memory_bytes": memory_bytes,
        "added_bytes": memory_bytes - before_bytes,
    }


def _parts(data: bytes, *, is_fleet: bool) -> Iterator[tuple[str, bytes]]:
    if not is_fleet:
        yield "model", data
        return
    bundle = unpack(data)
    for member in bundle.names():
        yield member, bundle.get(member)


def _ask(
    format_: ModelFormat, data: bytes, names: tuple[str, ...], rows: np.ndarray[Any, np.dtype[np.float32]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    predictor = format_.load(data)
    if predictor.feature_names != names:
        message = f"its features are {list(predictor.feature_names)[:3]}…, not those of the trained model"
        raise SteekError(message)
    one = predictor.predict(rows[:1])
    if one.shape != (1,):
        message = f"one row gave an answer of shape {one.shape}"
        raise SteekError(message)
    return predictor.predict(rows)


def _memory_bytes() -> int:
    """Memory in use now. The peak that `getrusage` tells on Linux is inherited from the parent, so it says nothing."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
