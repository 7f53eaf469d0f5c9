"""Single events on their way in, and their acknowledgement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steek.kernel.errors import InputError

_LONGEST_PRODUCER = 200
_LARGEST_SEQUENCE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class EventReceipt:
    """Acknowledgement of one request with one or a few events.

    Args:
        receipt_id: The receipt that they share with others; None for repeated events whose receipt is not known.
        accepted_rows: Events on their way to the table.
        quarantined_rows: Events held back, each with its reason.
        duplicate: They were written before; nothing was written now.
        delivery: "exactly once" with a producer and a sequence, "at least once" without: a retry of a request whose
            answer was lost writes its events again.
    """

    receipt_id: str
    accepted_rows: int
    quarantined_rows: int
    duplicate: bool
    delivery: str


@dataclass(slots=True, eq=False)
class EventRequest:
    """One or a few events of one caller, waiting for their acknowledgement."""

    dataset: str
    rows: Sequence[Mapping[str, Any]]
    actor: str
    producer: str | None
    sequence: int | None
    done: Callable[["EventReceipt | Exception"], None]

    def __post_init__(self) -> None:
        if (self.producer is None) != (self.sequence is None):
            message = "a producer without a sequence, or a sequence without a producer, was given"
            raise InputError(message, next_step="Give both: the same name always, and 0, 1, 2, … for each request.")
        if self.producer is not None and not 0 < len(self.producer) <= _LONGEST_PRODUCER:
            message = f"a producer's name has 1 to {_LONGEST_PRODUCER} characters, this one {len(self.producer)}"
            raise InputError(message)
        if self.sequence is not None and not 0 <= self.sequence <= _LARGEST_SEQUENCE:
            message = f"the sequence {self.sequence} is not between 0 and {_LARGEST_SEQUENCE}"
            raise InputError(message)
        if not self.rows:
            message = "the request holds no event"
            raise InputError(message, next_step="Send one JSON object, or one on each line.")

    @property
    def delivery(self) -> str:
        """What the caller may rely on."""
        return "at least once" if self.producer is None else "exactly once"
