"""The 28 tests as data, and the scale by which their score is read."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import cast


class Part(StrEnum):
    """The four sections, of seven tests each."""

    DATA = "data"
    MODEL = "model"
    INFRASTRUCTURE = "infrastructure"
    MONITORING = "monitoring"


Alternatives = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class ScoreTest:
    """One test. `automatic` and `partly` are alternatives; each names things of which all must be there.

    `against` are things that show that it is not so. `add` is the next step to a better score. `elsewhere`: of a model
    that is only watched here, nobody but who trains and serves it can tell.
    """

    id: str
    section: Part
    title: str
    ask: str
    add: str
    automatic: Alternatives = ()
    partly: Alternatives = ()
    against: frozenset[str] = frozenset()
    elsewhere: bool = False

    @property
    def is_for_people(self) -> bool:
        """Whether nothing here can ever prove all of it."""
        return not self.automatic


@cache
def load_tests() -> tuple[ScoreTest, ...]:
    """The 28 tests in the order of the paper."""
    table = tomllib.loads((resources.files(__package__ or __name__) / "score_tests.toml").read_text("utf-8"))
    return tuple(_test(entry) for entry in table["test"])


def _test(entry: Mapping[str, object]) -> ScoreTest:
    return ScoreTest(
        id=str(entry["id"]),
        section=Part(str(entry["section"])),
        title=str(entry["title"]),
        ask=str(entry["ask"]),
        add=str(entry["add"]),
        automatic=_alternatives(entry.get("automatic", ())),
        partly=_alternatives(entry.get("partly", ())),
        against=frozenset(cast("Sequence[str]", entry.get("against", ()))),
        elsewhere=entry.get("elsewhere") is True,
    )


def _alternatives(value: object) -> Alternatives:
    listed = cast("Sequence[Sequence[str]]", value)
    return tuple(frozenset(str(name) for name in each) for each in listed)


# Upper ends of the paper's ranges, what they mean in our words.
SCALE: tuple[tuple[float, str], ...] = (
    (0.0, "a research project rather than something to lean on"),
    (1.0, "not untested, but serious holes are likely"),
    (2.0, "a first pass was made; more work is needed"),
    (3.0, "reasonably tested; more of it could run by itself"),
    (5.0, "strongly tested and watched by itself, fit for what is critical"),
    (7.0, "exceptional"),
)


def interpretation(score: float) -> str:
    """What a score means.

    >>> interpretation(0), interpretation(2.5)
    ('a research project rather than something to lean on', 'reasonably tested; more of it could run by itself')
    """
    return next((text for highest, text in SCALE if score <= highest), SCALE[-1][1])
