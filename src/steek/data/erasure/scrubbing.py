"""Taking persons out of JSON values; pure."""

from collections.abc import Mapping
from typing import Any, cast

from steek.data.erasure.subjects import Wanted

_NOBODY: Mapping[str, str] = {}


def scrub(value: Any, looked_for: Wanted) -> tuple[Any, list[str]]:
    """The value without the persons, and the digest of each that was in it, once per place.

    A pair of a naming column and a form becomes null; below a naming column, keys and elements that are a form go.

    >>> forms = {"guest_id": {"7": "d"}}
    >>> scrub({"guest_id": 7, "by": {"guest_id": {"7": 3, "8": 1}}}, forms)
    ({'guest_id': None, 'by': {'guest_id': {'8': 1}}}, ['d', 'd'])
    """
    found: list[str] = []
    return _scrub(value, looked_for, _NOBODY, found), found


def _scrub(value: Any, looked_for: Wanted, below: Mapping[str, str], found: list[str]) -> Any:
    if isinstance(value, dict):
        return _scrub_object(cast("dict[str, Any]", value), looked_for, below, found)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        kept = [item for item in items if not _is_form(item, below, found)]
        return [_scrub(item, looked_for, below, found) for item in kept]
    return None if _is_form(value, below, found) else value


def _scrub_object(
    value: dict[str, Any], looked_for: Wanted, below: Mapping[str, str], found: list[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, item in value.items():
        if name in below:
            found.append(below[name])
        else:
            made[name] = _scrub(item, looked_for, looked_for.get(name, below), found)
    return made


def _is_form(value: Any, below: Mapping[str, str], found: list[str]) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if text not in below:
        return False
    found.append(below[text])
    return True
