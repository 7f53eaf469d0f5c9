"""Everything a contributor needs to know before a change goes in: what `make test` and the gate run.

python scripts/check.py                     all checks; says at the end what was skipped and how to enable it
python scripts/check.py --fast              leaves out what takes long
python scripts/check.py --nothing-skipped   the gate: a skipped test is a failure
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.report import Counts, read_counts, say_skipped

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# Folders of Python that are checked; one that does not exist yet is passed over.
CODE = tuple(name for name in ("src", "tests", "examples", "benchmarks", "scripts") if (ROOT / name).is_dir())
BUDGET_S = 25 * 60


@dataclass(frozen=True, slots=True)
class Check:
    """One command that must succeed."""

    name: str
    command: Sequence[str]


def checks() -> list[Check]:
    """All checks but the tests, quick ones first."""
    python = [sys.executable, "-m"]
    return [
        Check("lint", [*python, "ruff", "check", *CODE]),
        Check("format", [*python, "ruff", "format", "--check", *CODE]),
        Check("import layers", [str(BIN / "lint-imports"), "--no-cache"]),
        Check("generated docs", [sys.executable, "scripts/generate_docs.py", "--check"]),
        Check("types", [*python, "pyright", "--pythonpath", sys.executable]),
    ]


def main() -> int:
    """Run everything, also after a failure, so that one run shows all there is to mend."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help="leave out slow tests and those that need servers")
    parser.add_argument("--nothing-skipped", action="store_true", help="a skipped test is a failure")
    arguments = parser.parse_args()
    started_s = time.monotonic()
    failed = [check.name for check in checks() if not _passes(check)]
    counts = run_tests(fast=arguments.fast)
    elapsed_s = time.monotonic() - started_s

    say_skipped(counts, fast=arguments.fast)
    if arguments.nothing_skipped and counts.skipped:
        failed.append("nothing skipped")
    if failed:
        print(f"\nfailed checks: {', '.join(failed)}")
    if elapsed_s > BUDGET_S:
        print(f"\nthis took {elapsed_s / 60:.0f} minutes; the budget on two cores is {BUDGET_S // 60}")
    bad = counts.failed + len(failed)
    good = counts.passed + len(checks()) - len([name for name in failed if name != "nothing skipped"])
    print(f"\n{good} passed, {bad} failed, {len(counts.skipped)} skipped in {elapsed_s:.0f} s")
    return 1 if bad else 0


def run_tests(*, fast: bool) -> Counts:
    """The test suite on two processes; one file stays in one process, because it may share a server."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    if fast:
        command += ["-m", "not slow and not browser and not postgres and not s3 and not ray"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "tests.xml"
        _announce("tests")
        status = subprocess.run(
            [*command, f"--junitxml={report}"], cwd=ROOT, env=_environment(), check=False
        ).returncode
        return read_counts(report, status)


def _passes(check: Check) -> bool:
    _announce(check.name)
    started_s = time.monotonic()
    done = subprocess.run(check.command, cwd=ROOT, env=_environment(), check=False)
    print(f"{'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - started_s:.1f} s", flush=True)
    return done.returncode == 0


def _announce(name: str) -> None:
    print(f"\n-- {name}", flush=True)


def _environment() -> dict[str, str]:
    # Settings of a project on this machine must not reach the tests.
    return {key: value for key, value in os.environ.items() if not key.startswith("STEEK_")}  # noqa: TID251


if __name__ == "__main__":
    sys.exit(main())
