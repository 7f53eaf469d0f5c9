"""The spool as a holder: what waits is committed first, and erased where it then lies."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from steek.data.erasure.matching import DIGEST, digest_of
from steek.data.erasure.ports import Finding
from steek.data.erasure.searching import Searchable, files_below, opened_text
from steek.data.erasure.subjects import Trace, Wanted, wanted, with_digests

_SUFFIX = "*.arrow"


class SpoolFiles:
    """A `Holder` of acknowledged rows that are not in the lake yet.

    Committing empties it. What stays is held until a person decides: it is found, and keeps the certificate back
    until the batch is released, and erased from the lake, or rejected. A file that cannot be read could hold anybody.

    Args:
        folder: The spool.
        commit_all: Commits everything that waits in it.
        searchable: Opens sealed rows; None where nothing is sealed.
    """

    name = "spool"

    def __init__(self, folder: Path, commit_all: Callable[[], object], searchable: Searchable | None = None) -> None:
        self._folder = folder
        self._searchable = searchable
        self._commit_all = commit_all

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        looked_for = with_digests(wanted(traces))
        findings: list[Finding] = []
        for path in files_below(self._folder, _SUFFIX):
            where = f"spool {path.relative_to(self._folder).parent}"
            rows = _rows(path, looked_for, self._searchable)
            if rows is None:
                findings += [Finding(trace.digest, where, 1, "unreadable files") for trace in traces]
            else:
                findings += [Finding(digest, where, count) for digest, count in sorted(rows.items())]
        return findings

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        self._commit_all()
        return 0

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - files go with their commit
        return 0


def _rows(path: Path, looked_for: Wanted, searchable: Searchable | None) -> dict[str, int] | None:
    """Person to the number of rows; None for a file that cannot be read."""
    try:
        frame = pl.read_ipc_stream(path)
    except FileNotFoundError:
        # Committed since.
        return {}
    except (pl.exceptions.PolarsError, OSError):
        return None
    json_columns = tuple(name for name, dtype in frame.schema.items() if dtype == pl.String and name not in looked_for)
    digest = digest_of(frame.schema, looked_for, json_columns)
    if digest is None:
        return {}
    opened = frame.with_columns(opened_text(name, searchable) for name in json_columns)
    named = opened.select(digest).drop_nulls().group_by(DIGEST).len()
    return dict(named.iter_rows())
