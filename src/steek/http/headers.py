"""Headers of a request as a mapping, made once for each request."""

from collections.abc import MutableMapping
from typing import Any


def first_headers(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """Headers by their name in small letters; of those given several times the first counts.

    >>> first_headers({"headers": [(b"host", b"a"), (b"host", b"b")]})
    {'host': 'a'}
    """
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found
