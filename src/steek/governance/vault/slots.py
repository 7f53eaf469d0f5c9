"""The sealed file of keys: slots of 256 bytes, so that one key is written, and destroyed, in its own place.

The first slot tells the format and holds a check of the master key; each other one holds one name and key, sealed
together: not even names can be read without the master key. A slot never crosses a page or a disk sector's end, so
kill -9 leaves it whole. A destroyed key is a slot of zeros, and its place is never used again.
"""

from steek.governance.vault.master import KEY_BYTES
from steek.governance.vault.wrapping import NAME_BYTES, NONCE_BYTES, TAG_BYTES, Wrapping

SLOT_BYTES = 256
EMPTY = bytes(SLOT_BYTES)
_MAGIC = b"steek-vault-v1\n\n"
_LIVE = b"\x01"
_TEXT_BYTES = SLOT_BYTES - len(_LIVE) - NONCE_BYTES - TAG_BYTES
_CHECK_BYTES = NONCE_BYTES + TAG_BYTES + 11


def header(wrapping: Wrapping) -> bytes:
    """The first slot of a new file."""
    return (_MAGIC + wrapping.check()).ljust(SLOT_BYTES, b"\0")


def check_of(first: bytes) -> bytes | None:
    """The check of the master key in a first slot, None when this is no file of keys."""
    if not first.startswith(_MAGIC):
        return None
    return first[len(_MAGIC) : len(_MAGIC) + _CHECK_BYTES]


def fill(name: str, key: bytes, wrapping: Wrapping) -> bytes:
    """The slot of one key."""
    text = name.encode()
    assert len(key) == KEY_BYTES
    assert len(text) <= NAME_BYTES
    plain = (key + len(text).to_bytes(2, "big") + text).ljust(_TEXT_BYTES, b"\0")
    return _LIVE + wrapping.wrap(plain, _MAGIC)


def read(slot: bytes, wrapping: Wrapping) -> tuple[str, bytes] | None:
    """Name and key in a slot that is not empty, None when it is damaged or torn."""
    plain = wrapping.unwrap(slot[len(_LIVE) :], _MAGIC) if slot[:1] == _LIVE else None
    if plain is None:
        return None
    length = int.from_bytes(plain[KEY_BYTES : KEY_BYTES + 2], "big")
    start = KEY_BYTES + 2
    return plain[start : start + length].decode(), plain[:KEY_BYTES]
