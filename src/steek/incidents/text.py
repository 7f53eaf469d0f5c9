"""What people type: kept as given, never interpreted, refused only when it cannot be kept."""

from datetime import UTC, datetime

from steek.kernel.errors import InputError

TITLE_CHARACTERS = 300
NAME_CHARACTERS = 200
NOTE_CHARACTERS = 20_000


def checked(text: str, *, what: str, most: int) -> str:
    """`text` itself, when a database can hold it.

    Args:
        text: What somebody typed. Markup, SQL and control characters stay as they are: surfaces escape, storage binds.
        what: The field, for the message.
        most: Largest number of characters.

    Raises:
        InputError: empty, longer than `most`, or holding what no database keeps (NUL, half a surrogate pair).

    >>> checked("<b>partner</b> sales down", what="title", most=300)
    '<b>partner</b> sales down'
    """
    if not text.strip():
        raise InputError(f"the {what} is empty", next_step="Write what you see, in a few words.")
    if len(text) > most:
        message = f"the {what} has {len(text):,} characters; {most:,} are allowed"
        raise InputError(message, next_step="Shorten it, or put the rest into notes.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        message = f"the {what} holds a character that cannot be stored (NUL or half a surrogate pair)"
        raise InputError(message, next_step="Remove it; everything else is stored as given.")
    return text


def checked_instant(at: datetime, *, what: str = "time") -> datetime:
    """`at` in UTC. Raises InputError when it has no zone: one clock's ten o'clock is another's nine.

    >>> checked_instant(datetime.fromisoformat("2017-10-15T08:00+02:00")).isoformat()
    '2017-10-15T06:00:00+00:00'
    """
    if at.tzinfo is None:
        message = f"the {what} {at.isoformat()} has no zone"
        raise InputError(message, next_step="Write it as 2017-10-15T08:00Z, or with an offset like +02:00.")
    return at.astimezone(UTC)
