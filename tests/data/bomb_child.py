"""Reads one bomb with little memory; tells what became of it. Started by tests with the name of the bomb."""

import resource
import sys
from pathlib import Path

import polars as pl
from lies import BOMBS

from steek.data.ingest.reading import receive
from steek.kernel.errors import TooLargeError, UnreadableError

_MORE_BYTES = int(sys.argv[2])

format, build = BOMBS[sys.argv[1]]
content = build()
pl.DataFrame({"a": [1]}).lazy().collect()
mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + _MORE_BYTES, mapped + _MORE_BYTES))
rows = 0
try:
    for chunk in receive(content, format, max_bytes=1_000_000_000).chunks(most_bytes=8_000_000_000):
        rows += chunk.height
except (TooLargeError, UnreadableError) as refusal:
    print("refused", refusal.message)
else:
    print("rows", rows)
