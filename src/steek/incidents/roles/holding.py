"""Who holds which role after somebody took one; several people may shadow, of every other role there is one."""

from collections.abc import Mapping

from steek.incidents.types import SHADOWS_BETWEEN, Role
from steek.kernel.errors import InputError


def given_role(roles: Mapping[Role, str], role: Role, person: str) -> dict[str, str]:
    """Roles after `person` took one; a shadow comes to those that are there.

    Raises:
        InputError: a shadow whose name cannot be told from two.

    >>> given_role({Role.SHADOW: "ada"}, Role.SHADOW, "ben")
    {'shadow': 'ada, ben'}
    """
    held = {one.value: who for one, who in roles.items()}
    if role is not Role.SHADOW:
        return held | {role.value: person}
    if SHADOWS_BETWEEN in person:
        message = f"{person[:80]!r} reads as two people"
        raise InputError(message, next_step="Let each of them shadow on their own.")
    shadows = [each for each in held.get(role.value, "").split(SHADOWS_BETWEEN) if each]
    return held | {role.value: SHADOWS_BETWEEN.join(dict.fromkeys([*shadows, person]))}


def without_shadow(roles: Mapping[Role, str], person: str) -> dict[str, str]:
    """Roles after somebody stopped shadowing."""
    held = {one.value: who for one, who in roles.items()}
    left = [each for each in held.pop(Role.SHADOW.value, "").split(SHADOWS_BETWEEN) if each and each != person]
    return held | ({Role.SHADOW.value: SHADOWS_BETWEEN.join(left)} if left else {})
