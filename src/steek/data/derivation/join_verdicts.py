"""Whether a join found what the past leads one to expect, in total and per slice, with reasons. Pure."""

import math
from dataclasses import dataclass
from typing import Literal

from steek.data.derivation.join_reports import JoinReport

# Below this, a slice is too small to be judged for itself.
_LEAST_ROWS = 30
_LEAST_REACH = 0.05
_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class JoinVerdict:
    """What is to be thought of a report.

    Args:
        verdict: "fail": nothing matched, in all or in a slice that must match. "warn": clearly less than expected.
            "undecided": no rows, or fewer than 3 windows before. "pass": all others.
        reasons: Each finding in one sentence with its numbers.
    """

    verdict: Literal["pass", "warn", "fail", "undecided"]
    reasons: tuple[str, ...]


def judge_join(report: JoinReport) -> JoinVerdict:
    """Judge a report by its own expectations.

    A share is clearly lower when it is below the expected one by more than 0.05 and by more than 4 standard
    deviations of a binomial share of as many rows.
    """
    if report.found_nothing:
        return JoinVerdict("fail", (report.shortage,))
    if report.matched_fraction is None:
        return JoinVerdict("undecided", ("no row looked for a partner",))
    low = [_lower("all rows", report.left_rows, report.matched_fraction, report.expected_fraction)]
    low += [
        _lower(f"slice {each.slice}", each.left_rows, each.matched_fraction, each.expected_fraction)
        for each in report.slices
        if each.left_rows >= _LEAST_ROWS and each.matched_fraction is not None
    ]
    found = tuple(reason for reason in low if reason is not None)
    if found:
        return JoinVerdict("warn", found)
    if report.expected_fraction is None:
        return JoinVerdict("undecided", (f"{report.matched_fraction:.1%} matched; fewer than 3 windows before",))
    told = f"{report.matched_fraction:.1%} of {report.left_rows} rows matched; expected {report.expected_fraction:.1%}"
    return JoinVerdict("pass", (told,))


def _lower(what: str, rows: int, found: float, expected: float | None) -> str | None:
    if expected is None:
        return None
    reach = max(_LEAST_REACH, _SIGMAS * math.sqrt(expected * (1 - expected) / rows))
    if found >= expected - reach:
        return None
    return f"{what}: {found:.1%} of {rows} rows matched; expected {expected:.1%}, give or take {reach:.1%}"
