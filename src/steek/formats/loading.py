"""Finding a format by its registered name."""

from typing import cast

from steek.formats.ports import ModelFormat
from steek.kernel.plugins import load_plugin


def open_format(name: str) -> ModelFormat:
    """The model format registered as `name`.

    Raises:
        NotFoundError: no such format; the message lists what is installed.

    >>> open_format("linear").name
    'linear'
    """
    return cast("type[ModelFormat]", load_plugin("format", name))()
