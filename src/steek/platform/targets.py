"""What people write for the version to go back to."""

from steek.kernel.errors import InputError
from steek.serving.routes import LAST_GOOD, LastGood


def rollback_target(to: object) -> int | LastGood:
    """A number, or "last-good", which None means too.

    Raises:
        InputError: something else.
    """
    if to is None or to == LAST_GOOD:
        return LAST_GOOD
    if isinstance(to, int) or (isinstance(to, str) and to.isdecimal()):
        return int(to)
    message = f"cannot roll back to {to!r}; allowed: {LAST_GOOD}, or the number of a version"
    raise InputError(message, next_step="'steek models versions MODEL' lists the numbers.")
