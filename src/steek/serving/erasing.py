"""Segments of the prediction log as a place that holds traces of persons."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from steek.data.erasure.matching import json_pattern
from steek.data.erasure.ports import Finding
from steek.data.erasure.subjects import Trace, wanted

_SUFFIX = ".jsonl"


class PredictionSegments:
    """A `Holder` of lines in segment files, collected or not, whether their writer lives or not.

    A line about a person is overwritten by blanks of the same length: positions of other lines stay, a writer only
    ever appends, and the reader skips blank lines. What the lake holds of the log is the lake's.

    Args:
        path: Folder of the segments.
    """

    name = "prediction log"

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        counts: dict[tuple[str, str], int] = {}
        for path, _, _, digest in self._lines(traces):
            where = f"prediction log {path.name}"
            counts[(where, digest)] = counts.get((where, digest), 0) + 1
        return [Finding(digest, where, count, "lines") for (where, digest), count in sorted(counts.items())]

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        lines = list(self._lines(traces))
        for path in sorted({path for path, _, _, _ in lines}):
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                for start, length in ((start, length) for where, start, length, _ in lines if where == path):
                    os.pwrite(descriptor, b" " * length, start)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return len(lines)

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:
        """Lines that were written while the tables were rewritten."""
        return self.erase(traces, cause=cause)

    def _lines(self, traces: Sequence[Trace]) -> Iterator[tuple[Path, int, int, str]]:
        """File, start and length without the line's end, and the person, of every complete line that names one."""
        patterns = [(re.compile(json_pattern(name).encode()), forms) for name, forms in wanted(traces).items()]
        for path in sorted(self._path.glob(f"*{_SUFFIX}")):
            start = 0
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                # Collected since.
                continue
            for line in content.splitlines(keepends=True):
                digest = _named(line, patterns) if line.endswith(b"\n") else None
                if digest is not None:
                    yield path, start, len(line) - 1, digest
                start += len(line)


def _named(line: bytes, patterns: Sequence[tuple["re.Pattern[bytes]", Mapping[str, str]]]) -> str | None:
    for pattern, forms in patterns:
        for match in pattern.finditer(line):
            value = match.group(1).decode(errors="replace")
            if value in forms:
                return forms[value]
    return None
