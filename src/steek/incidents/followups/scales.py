"""How much a follow-up is worth and costs, from 1 to 5, in numbers or in words."""

from collections.abc import Sequence

from steek.kernel.errors import InputError

VALUE_WORDS: tuple[str, ...] = ("very low", "low", "medium", "high", "very high")
COST_WORDS: tuple[str, ...] = ("hours", "days", "weeks", "months", "a year")
_SHORT = {"tiny": 1, "small": 2, "middle": 3, "large": 4, "huge": 5}
# From here on something is valuable, or hard.
MUCH = 4


def place(given: int | str, *, what: str, words: Sequence[str]) -> int:
    """A place on the scale.

    Args:
        given: 1 to 5, or one of the words, or tiny, small, middle, large, huge.
        what: "value" or "cost", for the message.
        words: The words of this scale, from 1 to 5.

    Raises:
        InputError: neither.

    >>> place("high", what="value", words=VALUE_WORDS), place("weeks", what="cost", words=COST_WORDS)
    (4, 3)
    """
    text = str(given).strip().lower()
    known = {word: number for number, word in enumerate(words, start=1)}
    known |= {word: number for number, word in enumerate(VALUE_WORDS, start=1) if word not in known} | _SHORT
    known |= {str(number): number for number in range(1, 6)}
    if text not in known:
        message = f"the {what} is {str(given)[:40]!r}; allowed: 1 to 5, or {', '.join(words)}"
        raise InputError(message, next_step=f"Write how much it is, e.g. --{what} {words[2]!r}.")
    return known[text]


def is_valuable_but_hard(value: int, cost: int) -> bool:
    """Whether it belongs on the list that is looked at with leaders, because nobody does it between other things.

    >>> is_valuable_but_hard(5, 4), is_valuable_but_hard(5, 2)
    (True, False)
    """
    return value >= MUCH and cost >= MUCH
