"""How a person is reached: targets that notices go to, mail and phone for people; and who may look at that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from steek.governance import caller
from steek.incidents.text import NAME_CHARACTERS, checked
from steek.kernel.errors import InputError

ContactKind = Literal["target", "mail", "phone"]
KINDS = get_args(ContactKind)
MOST_CONTACTS = 20


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to somebody: a "target" of steek.toml, which is told by itself, or a "mail" or "phone" for people."""

    kind: ContactKind
    value: str


def read_contacts(given: Sequence[Mapping[str, object]]) -> tuple[Contact, ...]:
    """Contacts in the order in which they are tried.

    Raises:
        InputError: an unknown kind, an empty value, or too many. The value is personal and not in the message.
    """
    if len(given) > MOST_CONTACTS:
        raise InputError(f"{len(given)} contacts are too many; {MOST_CONTACTS} are allowed")
    found: list[Contact] = []
    for each in given:
        kind, value = each.get("kind"), each.get("value")
        if kind not in KINDS or not isinstance(value, str):
            message = f"a contact of kind {str(kind)[:40]!r} is none; allowed: {', '.join(KINDS)}, each with a value"
            raise InputError(message, next_step="For example target:night, phone:+49 30 1234567.")
        found.append(
            Contact(cast("ContactKind", kind), checked(value, what=f"{kind} of a person", most=NAME_CHARACTERS))
        )
    return tuple(found)


def contact_of(text: str) -> dict[str, str]:
    """A contact as people type it.

    >>> contact_of("phone:+49 30 1234567")
    {'kind': 'phone', 'value': '+49 30 1234567'}
    """
    kind, _, value = text.partition(":")
    return {"kind": kind.strip(), "value": value.strip()}


def may_see_contacts() -> bool:
    """Whether whoever calls has any role in the project; jobs without one, and strangers, see names only."""
    asking = caller()
    return asking is not None and bool(asking.roles)


def targets_of(contacts: Sequence[Contact], declared: Collection[str] | None = None) -> tuple[str, ...]:
    """Names of targets that reach a person by themselves, in the order in which they are tried.

    Args:
        contacts: How the person is reached.
        declared: Names of the targets that there are; one that was taken out reaches nobody. None does not ask.
    """
    named = (contact.value for contact in contacts if contact.kind == "target")
    return tuple(name for name in named if declared is None or name in declared)
