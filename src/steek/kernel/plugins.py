"""The visitors' door: built-ins and strangers' plug-ins are found through the same entry points."""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from steek.kernel.errors import ConflictError, MissingExtraError, NotFoundError


@cache
def _claims(kind: str) -> dict[str, EntryPoint]:
    claims: dict[str, EntryPoint] = {}
    for point in entry_points(group=f"steek.{kind}"):
        other = claims.get(point.name)
        if other is not None and other.value != point.value:
            message = f"two packages claim the {kind} {point.name!r}: {other.value} and {point.value}"
            raise ConflictError(message, next_step="Uninstall one of them.")
        claims[point.name] = point
    return claims


def load_plugin(kind: str, name: str) -> object:
    """The object registered as `name` under the entry-point group `steek.<kind>`; loaded on first use.

    Raises:
        NotFoundError: nobody registered that name; the message lists what is installed.
        ConflictError: two distributions claim it.
    """
    claims = _claims(kind)
    if name not in claims:
        raise NotFoundError.among(kind, name, claims)
    return claims[name].load()


def plugin_names(kind: str) -> list[str]:
    """Registered names of one kind, sorted."""
    return sorted(_claims(kind))


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional third-party module late.

    Raises:
        MissingExtraError: it is not installed; the message names the extra that brings it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as cause:
        message = f"{module} is not installed"
        raise MissingExtraError(message, next_step=f"pip install 'steek[{extra}]'") from cause
