"""Keyed pseudonyms: BLAKE2b of 128 bits (RFC 7693), as 32 hexadecimal digits."""

import hashlib
from collections.abc import Iterable

DIGEST_BYTES = 16
_PERSON = b"steek.pseudonym"


def keyed_pseudonyms(values: Iterable[str], key: bytes) -> list[str]:
    """One pseudonym per value, in order; equal for equal values under one key, unrelated under two.

    Args:
        values: Any text.
        key: 32 bytes.

    >>> keyed_pseudonyms(["7", "8", "7"], bytes(32))[0][:8]
    'a2bf7e94'
    """
    # Copying the state saves the block that holds the key.
    copy = hashlib.blake2b(digest_size=DIGEST_BYTES, key=key, person=_PERSON).copy
    pseudonyms: list[str] = []
    for value in values:
        hashing = copy()
        hashing.update(value.encode())
        pseudonyms.append(hashing.hexdigest())
    return pseudonyms
