"""Names of the keys of persons: told from the person's value, but not telling it."""

import hashlib
from collections.abc import Sequence

from steek.governance.vault.ports import KeyVault

SUBJECT_PREFIX = "subject:"
_HASH_KEY = "hash:subjects"


def subject_key_name(vault: KeyVault, kind: str, value: object) -> str:
    """Name of the key of one person, e.g. of household 7: "subject:household:<32 hexadecimal digits>".

    Args:
        vault: Holds the key of the hash: without it nobody can tell by trying whose key it is.
        kind: Kind of person, as `Field.subject` says it.
        value: What names the person; 7 and "7" are the same one.
    """
    return subject_key_names(vault, kind, [str(value)])[0]


def subject_key_names(vault: KeyVault, kind: str, values: Sequence[str]) -> list[str]:
    """As `subject_key_name`, for many, in their order."""
    secret, person = vault.key(_HASH_KEY), hashlib.blake2b(kind.encode(), digest_size=16).digest()
    start = hashlib.blake2b(digest_size=16, key=secret, person=person)
    names: list[str] = []
    for value in values:
        hashing = start.copy()
        hashing.update(value.encode())
        names.append(f"{SUBJECT_PREFIX}{kind}:{hashing.hexdigest()}")
    return names
