"""Looks for input that breaks what reads it, guided by the branches it takes; run by hand.

    python scripts/fuzz.py --seconds 60 parquet

An input that ends otherwise than in rows or a refusal is written beside the corpus and told. It becomes a regression
test in tests/data/test_fuzz_reading.py or tests/data/test_fuzz_contracts.py. What kills the process is found in the
corpus folder as `crash-...`, what takes too long as `timeout-...`.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import atheris  # noqa: E402

# Only what is loaded here is looked into; the rest runs at full speed.
with atheris.instrument_imports(include=["steek.data.ingest", "steek.data.contracts", "yaml"]):  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    from steek.data.contracts.odcs import parse_contract, write_contract
    from steek.data.ingest.reading import receive

import polars as pl  # noqa: E402
from tests.data.lies import payloads  # noqa: E402

from steek.http.events import _rows  # noqa: E402  # pyright: ignore[reportPrivateUsage]
from steek.kernel.errors import SteekError  # noqa: E402

_MOST_BYTES = 50_000_000


def _reader(format: str) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        for _ in receive(content, format, max_bytes=1_000_000).chunks(most_bytes=_MOST_BYTES):
            pass

    return read


def _contract(content: bytes) -> None:
    contract = parse_contract(content.decode("utf-8", "replace"))
    assert parse_contract(write_contract(contract)) == contract, "not read back as it was"


def _events(content: bytes) -> None:
    _rows({b"content-type": b"application/x-ndjson"}, content)


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{format: _reader(format) for format in ("parquet", "arrow", "csv", "ndjson", "json")},
    "contract": _contract,
    "events": _events,
}


def seeds(target: str) -> list[bytes]:
    """Good inputs to begin with."""
    rows = pl.DataFrame({"a": [1, None, 3], "b": ["x", "é", None], "c": [1.5, float("nan"), -0.0]})
    found = [content for format, _, content in payloads(rows) if format in (target, {"events": "ndjson"}.get(target))]
    contracts = (ROOT / "examples").rglob("*contracts/*.yaml") if target == "contract" else ()
    return found + [path.read_bytes() for path in contracts]


def main() -> int:
    """Run one target for a while; 1 when it found something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that is kept; by default one for this run")
    chosen = parser.parse_args()
    corpus: Path = chosen.corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{chosen.target}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(chosen.target)):
        (corpus / f"seed-{number}").write_bytes(content)
    known: set[str] = set()

    def once(content: bytes) -> None:
        try:
            TARGETS[chosen.target](content)
        except SteekError:
            return
        except BaseException as fault:
            if isinstance(fault, KeyboardInterrupt):
                raise
            where = _innermost(fault)
            if where not in known:
                known.add(where)
                path = corpus / f"found-{len(known)}"
                path.write_bytes(content)
                print(f"{type(fault).__name__} at {where}: {str(fault)[:200]}\n  {path}: {content[:80]!r}", flush=True)

    options = [f"-max_total_time={chosen.seconds}", "-timeout=20", "-rss_limit_mb=4000", f"-artifact_prefix={corpus}/"]
    options += ["-print_final_stats=1", "-verbosity=0", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once)
    atheris.Fuzz()
    return 1 if known else 0


def _innermost(fault: BaseException) -> str:
    place: Any = fault.__traceback__
    found = ""
    while place is not None:
        name = place.tb_frame.f_code.co_filename
        if "steek" in name and not name.endswith("fuzz.py"):
            found = f"{Path(name).name}:{place.tb_lineno}"
        place = place.tb_next
    return found


if __name__ == "__main__":
    sys.exit(main())
