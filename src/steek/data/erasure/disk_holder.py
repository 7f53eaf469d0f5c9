"""Everything else below the project's data folder, searched byte by byte for JSON pairs and telling texts."""

import mmap
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from steek.data.erasure.matching import json_pattern
from steek.data.erasure.ports import Finding
from steek.data.erasure.searching import files_below
from steek.data.erasure.subjects import Trace, tells, wanted


class DiskSearch:
    """A `Holder` that only searches: databases, logs and whatever else lies there must be cleared by their own.

    Args:
        folder: The data folder.
        without: Folders below it whose files others decode.
    """

    name = "disk"

    def __init__(self, folder: Path, without: Sequence[Path]) -> None:
        self._folder = folder
        self._without = tuple(path.resolve() for path in without)

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        looked_for = wanted(traces)
        pairs = [(re.compile(json_pattern(name).encode()), forms) for name, forms in looked_for.items()]
        needles = [(form.encode(), trace.digest) for trace in traces for form in trace.forms if tells(form)]
        findings: list[Finding] = []
        for path, content in self._contents():
            found = {digest for needle, digest in needles if content.find(needle) >= 0}
            for pattern, forms in pairs:
                values = {match.group(1).decode(errors="replace") for match in pattern.finditer(content)}
                found |= {forms[value] for value in values if value in forms}
            where = str(path.relative_to(self._folder))
            findings += [Finding(digest, where, 1, "files") for digest in sorted(found)]
        return findings

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        return 0

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        return 0

    def _contents(self) -> Iterator[tuple[Path, mmap.mmap]]:
        for path in files_below(self._folder):
            if any(path.resolve().is_relative_to(folder) for folder in self._without) or not path.stat().st_size:
                continue
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield path, content
