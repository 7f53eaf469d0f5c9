"""Whether a report names a person where it should name what let it happen; a warning, never a refusal."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from steek.incidents.postmortems.report import CAUSES, HEADINGS, Report

MACHINES = frozenset({"steek", "api", "console", "cli", "worker", "serving", "monitor", "loop", "root"})
_LEAST_CHARACTERS = 3
# Words that end the search for what let it happen. Each with what to ask instead.
_PHRASES: tuple[tuple[str, str], ...] = (
    ("human error", "what made the mistake easy, and what let it through?"),
    ("operator error", "what made the mistake easy, and what let it through?"),
    ("user error", "what made the mistake easy, and what let it through?"),
    ("careless", "what was known at that moment, and what was not?"),
    ("negligen", "what was known at that moment, and what was not?"),
    ("incompetent", "what was known at that moment, and what was not?"),
    ("fault of", "what made it possible?"),
    ("should have known", "where could it have been seen?"),
    ("forgot to", "what could have reminded, or done it alone?"),
)


@dataclass(frozen=True, slots=True)
class BlameWarning:
    """A statement that reads as if somebody were the cause; `point` is its id."""

    point: str
    where: str
    sentence: str


def blame(report: Report, names: Iterable[str]) -> tuple[BlameWarning, ...]:
    """Causes, failures and conditions in which a person's name stands, or words that blame.

    Args:
        report: What is read; points that were struck are not.
        names: Persons who took part, such as "lena@corner"; what stands before the @ counts as a name too.
    """
    known = _known({*names, *report.roles.values()})
    found: list[BlameWarning] = []
    for point in report.points:
        if point.role not in CAUSES or point.standing == "struck":
            continue
        where = HEADINGS[point.role]
        text = f"{point.text} {_without_judges(point.because)}"
        named = next(
            (name for name in known if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)), None
        )
        if named is not None:
            found.append(
                BlameWarning(point.id, where, "A person is named in a cause. Say what happened and what let it.")
            )
        for phrase, question in _PHRASES:
            if phrase in text.lower():
                found.append(BlameWarning(point.id, where, f"It says '{phrase}'. Ask instead: {question}"))
    return tuple(found)


def _known(names: Iterable[str]) -> tuple[str, ...]:
    whole = {name.strip() for name in names}
    parts = {name.partition("@")[0] for name in whole}
    return tuple(
        sorted(name for name in whole | parts if len(name) >= _LEAST_CHARACTERS and name.lower() not in MACHINES)
    )


def _without_judges(because: str) -> str:
    """Who confirmed a suspect is no blame."""
    return re.sub(r"^confirmed by [^;]{0,200};|\S+ confirmed it\.$", "", because)
