"""Which folders of this machine can hold tables."""

from pathlib import Path

from steek.kernel.errors import InputError

# What addresses write with a percent sign: the library of the tables writes such a folder one way and reads it another.
_UNREADABLE = frozenset(' "#<>?`{}%')


def table_folder(text: str) -> str:
    """The absolute path of a folder that tables can be written to and read from.

    Raises:
        InputError: it, or a folder around it, has a character in its name that tables could not be read from.
    """
    folder = str(Path(text).resolve())
    odd = sorted({letter for letter in folder if letter in _UNREADABLE or not letter.isascii()})
    if odd:
        message = f"the folder {folder!r} has {', '.join(map(repr, odd))} in it, which tables cannot be read from"
        raise InputError(message, next_step="Move the project, or set lake_uri to a folder with plain letters.")
    return folder
