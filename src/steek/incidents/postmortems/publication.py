"""The life of a postmortem, as one table."""

from enum import StrEnum

from steek.kernel.state_machine import legal_actions, transition


class Stage(StrEnum):
    """Where it stands. What was published once stays readable whatever follows.

    `BROUGHT_IN` came from a file: it is told as it was written elsewhere, and nobody reviewed it here.
    """

    DRAFT = "draft"
    IN_REVIEW = "in review"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    BROUGHT_IN = "brought in"


class Step(StrEnum):
    """What moves it. `REDRAFT` is the machine adding what it learned; the others are people."""

    EDIT = "edit"
    REDRAFT = "redraft"
    ASK_REVIEW = "ask review"
    WITHDRAW = "withdraw"
    RETURN = "return"
    ACCEPT = "accept"
    PUBLISH = "publish"


# A review is of a text: whoever changes the text afterwards asks again.
TRANSITIONS: dict[tuple[Stage, Step], Stage] = {
    (Stage.DRAFT, Step.EDIT): Stage.DRAFT,
    (Stage.DRAFT, Step.REDRAFT): Stage.DRAFT,
    (Stage.DRAFT, Step.ASK_REVIEW): Stage.IN_REVIEW,
    (Stage.IN_REVIEW, Step.EDIT): Stage.IN_REVIEW,
    (Stage.IN_REVIEW, Step.REDRAFT): Stage.IN_REVIEW,
    (Stage.IN_REVIEW, Step.WITHDRAW): Stage.DRAFT,
    (Stage.IN_REVIEW, Step.RETURN): Stage.DRAFT,
    (Stage.IN_REVIEW, Step.ACCEPT): Stage.REVIEWED,
    (Stage.REVIEWED, Step.EDIT): Stage.DRAFT,
    (Stage.REVIEWED, Step.REDRAFT): Stage.DRAFT,
    (Stage.REVIEWED, Step.PUBLISH): Stage.PUBLISHED,
    (Stage.PUBLISHED, Step.EDIT): Stage.DRAFT,
    (Stage.PUBLISHED, Step.REDRAFT): Stage.DRAFT,
    (Stage.BROUGHT_IN, Step.EDIT): Stage.DRAFT,
}


def move(stage: Stage, step: Step, *, postmortem: str) -> Stage:
    """The stage after a step. Raises IllegalTransitionError; its message names what is possible."""
    return transition(TRANSITIONS, stage, step, what=f"postmortem {postmortem}")


def possible(stage: Stage) -> tuple[str, ...]:
    """Steps that people can take now, sorted."""
    return tuple(step for step in legal_actions(TRANSITIONS, stage) if step != Step.REDRAFT)
