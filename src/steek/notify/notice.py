"""What people and other systems are told: a notice, and what became of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from steek.kernel.errors import InputError

NoticeState = Literal["open", "acknowledged", "resolved"]
NoticePurpose = Literal["page", "alert", "change", "concern"]
NoticeSeverity = Literal["sev1", "sev2", "sev3"]
Outcome = Literal["delivered", "failed", "refused"]

STATES = get_args(NoticeState)
PURPOSES = get_args(NoticePurpose)
SEVERITIES = get_args(NoticeSeverity)
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that is wrong, or was, or that changed.

    Args:
        key: Its identity, the same for as long as it is open, acknowledged and resolved.
        title: One sentence.
        body: More of it, lines of text; may be empty.
        severity: sev1 is the worst.
        subject: URN of what it is about.
        at: When it began to be told, aware UTC.
        purpose: "page" wakes somebody, "alert" can wait for the morning, "change" asks for nothing,
            "concern" goes to targets that ask for concerns, and is for no other eyes.
        owner: Who is asked; empty for nobody in particular.
        url: Where to look; empty for nowhere.
        state: What is to be told of it.
        group: Notices of one group are told as one while any of them is open; None for a notice of its own.
        labels: Bounded facts for machines, the same in every state.
        picture_png: A chart that shows it.
        to: Names of targets that are told in any case; posted again with further names, those are told too.
        only_to: Whether nobody but `to` is told.

    Raises:
        InputError: no key or one over 200 characters, no title, an unknown purpose, severity or state.
    """

    key: str
    title: str
    severity: NoticeSeverity
    subject: str
    at: datetime
    body: str = ""
    purpose: NoticePurpose = "alert"
    owner: str = ""
    url: str = ""
    state: NoticeState = "open"
    group: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    picture_png: bytes | None = field(default=None, repr=False)
    to: tuple[str, ...] = ()
    only_to: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.key) <= _LONGEST_KEY or not self.title:
            message = f"a notice needs a title and a key of 1 to {_LONGEST_KEY} characters, not {self.key[:40]!r}"
            raise InputError(message)
        for what, value, allowed in (
            ("purpose", self.purpose, PURPOSES),
            ("severity", self.severity, SEVERITIES),
            ("state", self.state, STATES),
        ):
            if value not in allowed:
                message = f"{what} of notice {self.key} is {value!r}; allowed: {', '.join(allowed)}"
                raise InputError(message)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of one attempt.

    Args:
        outcome: Delivered; failed, so that another attempt makes sense; or refused, so that none does.
        detail: Why, for people, without secrets.
        status: HTTP status of the answer; None without one.
        retry_after_s: How long the receiver asks to be left alone; None when it does not say.
    """

    outcome: Outcome
    detail: str = ""
    status: int | None = None
    retry_after_s: float | None = None
