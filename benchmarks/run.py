"""`make bench`: run all benchmarks, or those named, each in a process of its own, and print a table at the end.

    python benchmarks/run.py [NAME ...] [--write docs/performance.md] [--keep FOLDER] [--quick]

A goal that is missed does not fail the run; a benchmark that crashes does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import report

HERE = Path(__file__).resolve().parent
# The chain comes first, on a machine that is still cool; the console shows what it leaves.
NAMES = (
    "chain",
    "console",
    "paging",
    "incident_room",
    "ingest",
    "ingest_http",
    "ingest_events",
    "ingest_latency",
    "ingest_stream",
    "validation",
    "profiles",
    "example_sets",
    "online_read",
    "serving_latency",
    "serving_throughput",
    "fleet",
    "erasure",
    "ledger_append",
    "ledger_append_postgres",
    "ledger_verify",
    "lineage",
    "access",
    "pseudonyms",
    "sealing",
    "series_evaluation",
    "attribution",
    "alert_groups",
    "storm",
    "suspects",
    "chart",
)
# Run for an hour in full, so only when they are named; they have a quick mode.
PACKAGES = ("detection",)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="steek-bench-") as temporary:
        folder: Path = (options.keep or Path(temporary)).resolve()
        measured = [_run(name, folder, quick=options.quick) for name in options.names or NAMES]
    print(f"\n{report.table(measured)}")
    crashed = [one.name for one in measured if one.result is None]
    if options.write is not None:
        report.write(options.write, measured)
    if crashed:
        print(f"crashed: {', '.join(crashed)}")
    return 1 if crashed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Runs benchmarks and prints a table at the end.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {_known()}; by default all but the last")
    parser.add_argument("--write", type=Path, help="page whose figures are replaced by those of this run")
    parser.add_argument("--keep", type=Path, help="folder for what the benchmarks make; a temporary one by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, where a benchmark has a quick mode")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - {*NAMES, *PACKAGES})
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {_known()}")
    return options


def _known() -> str:
    return ", ".join((*NAMES, *PACKAGES))


def _run(name: str, folder: Path, *, quick: bool) -> report.Measured:
    """Run one benchmark, showing what it prints while it prints it."""
    print(f"\n== {name}", flush=True)
    program = ["-m", f"benchmarks.{name}"] if name in PACKAGES else [str(HERE / f"{name}.py")]
    command: Sequence[str] = [sys.executable, *program, "--folder", str(folder)]
    if quick and name in PACKAGES:
        command = [*command, "--quick"]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
        status = process.wait()
    if status or not lines:
        print(f"{name} crashed with status {status}")
        return report.Measured(name, lines, None)
    return report.Measured(name, lines[:-1], json.loads(lines[-1]))


if __name__ == "__main__":
    sys.exit(main())
