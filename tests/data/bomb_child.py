"""Reads one bomb with little memory; tells what became of it. Started by tests with the name of the bomb."""

import resource
import sys
from pathlib import Path

import polars as pl
from tests.data.lies import BOMBS

from steek.data.ingest.reading import receive
from steek.kernel.errors import TooLargeError, UnreadableError


def main(name: str, more_bytes: int) -> None:
    """Read the bomb of that name with `more_bytes` of memory above what is mapped already."""
    format, build = BOMBS[name]
    content = build()
    pl.DataFrame({"a": [1]}).lazy().collect()
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more_bytes, mapped + more_bytes))
    rows = 0
    try:
        for chunk in receive(content, format, max_bytes=1_000_000_000).chunks(most_bytes=8_000_000_000):
            rows += chunk.height
    except (TooLargeError, UnreadableError) as refusal:
        print("refused", refusal.message)
    else:
        print("rows", rows)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
