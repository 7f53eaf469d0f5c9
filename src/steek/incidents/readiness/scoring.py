"""From evidence and answers to scores; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.defences.safeguard import Safeguard
from steek.incidents.readiness.score_tests import Alternatives, Part, ScoreTest, interpretation

POINTS = {"none": 0.0, "manual": 0.5, "automatic": 1.0}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of one test of one model, until it expires."""

    model: str
    test: str
    level: str
    text: str
    link: str
    actor: str
    answered_at: datetime
    expires_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now < self.expires_at


@dataclass(frozen=True, slots=True)
class ScoredTest:
    """One test of one model: points, by what ("evidence", "answer", "nothing"), and what shows it.

    By "others": nobody but who trains and serves the model can tell, and what they say is not written down.
    `proofs` are what was found, also where it is not enough; `answer` is the newest, also where it expired.
    """

    test: ScoreTest
    points: float
    level: str
    by: str
    sentence: str
    proofs: tuple[Safeguard, ...]
    answer: Answer | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class SectionScore:
    """Sum over the seven tests of a section; `waiting` of them wait for the word of others."""

    section: Part
    points: float
    tests: tuple[ScoredTest, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class ModelReadiness:
    """The score of a model: that of its weakest section, of 7.

    While tests are `waiting` for the word of `ask`, who answers for a model that is only watched here, the score is
    the least it can be, and says nothing of how ready the model is.
    """

    model: str
    score: float
    meaning: str
    weakest: Part
    sections: tuple[SectionScore, ...]
    at: datetime
    waiting: int = 0
    ask: str | None = None


def score(
    model: str,
    tests: Sequence[ScoreTest],
    proofs: Sequence[Safeguard],
    answers: Mapping[str, Answer],
    *,
    now: datetime,
    ask: str | None = None,
) -> ModelReadiness:
    """Score every test of one model.

    Evidence counts by itself. An answer that has not expired can add to it; one that says "none" takes it back,
    because the person knows why what is set up does not do.

    Args:
        model: Whose.
        tests: All of them.
        proofs: Safeguards and proofs of the whole project.
        answers: The newest answer by test.
        now: The present.
        ask: Who answers for it, if it is only watched here; None for a model of this project.
    """
    mine = [proof for proof in proofs if proof.protects(model)]
    scored = [_scored(test, mine, answers.get(test.id), now, ask) for test in tests]
    sections = tuple(
        SectionScore(part, sum(one.points for one in chosen), tuple(chosen), sum(one.by == "others" for one in chosen))
        for part in Part
        if (chosen := [one for one in scored if one.test.section is part])
    )
    weakest = min(sections, key=lambda section: section.points)
    waiting = sum(section.waiting for section in sections)
    meaning = interpretation(weakest.points)
    if waiting:
        left = f"{waiting} of {len(tests)} tests are for whoever trains and serves it to answer"
        meaning = f"not known: {left} ({ask} answers for it here)"
    return ModelReadiness(model, weakest.points, meaning, weakest.section, sections, now, waiting, ask)


def _scored(
    test: ScoreTest, proofs: Sequence[Safeguard], answer: Answer | None, now: datetime, ask: str | None
) -> ScoredTest:
    there = {proof.means for proof in proofs}
    wanted = frozenset[str]().union(*test.automatic, *test.partly)
    harm = tuple(proof for proof in proofs if proof.means in test.against)
    found = tuple(proof for proof in proofs if proof.means in wanted)
    level = "automatic" if _met(test.automatic, there) else "manual" if _met(test.partly, there) else "none"
    if harm:
        level, found = "none", harm
    expired = answer is not None and not answer.holds(now)
    by, sentence = ("evidence", _shown(found)) if level != "none" else ("nothing", test.add)
    if level == "none" and test.elsewhere and ask is not None:
        by, sentence = "others", "only who trains and serves it can tell: ask them, and write down what they say"
    elif harm:
        sentence = f"{_shown(harm)}; {test.add}"
    if answer is not None and not expired and (answer.level == "none" or POINTS[answer.level] >= POINTS[level]):
        until = f"{answer.expires_at:%Y-%m-%d}"
        by, level, sentence = "answer", answer.level, f"{answer.text} ({answer.actor}, holds until {until})"
    elif expired and answer is not None and level == "none":
        sentence = f"the answer of {answer.actor} expired {answer.expires_at:%Y-%m-%d}; {test.add}"
    return ScoredTest(test, POINTS[level], level, by, sentence, found, answer, expired)


def _met(alternatives: Alternatives, there: set[str]) -> bool:
    return any(each <= there for each in alternatives)


def _shown(found: Sequence[Safeguard]) -> str:
    texts = list(dict.fromkeys(proof.text for proof in found))
    return "; ".join(texts[:3]) + (f"; and {len(texts) - 3} more" if len(texts) > 3 else "")
