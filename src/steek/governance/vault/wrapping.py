"""Wrapping keys with a master key: AES-256-GCM, NIST SP 800-38D, with the name as associated data."""

import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steek.kernel.errors import DamagedArtifactError, InputError, SettingsError

NONCE_BYTES = 12
TAG_BYTES = 16
NAME_BYTES = 190
_CHECK = b"steek vault"


class Wrapping:
    """Seals and opens small blobs under one key; its repr tells nothing."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def __repr__(self) -> str:
        return "Wrapping(hidden)"

    def wrap(self, blob: bytes, about: bytes) -> bytes:
        """Nonce and ciphertext with tag; 28 bytes longer than the blob."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, blob, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes | None:
        """The blob, or None when it was not wrapped so: another key, other words `about`, or damage."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about)
        except (InvalidTag, ValueError):
            return None

    def check(self) -> bytes:
        """A wrapped constant, kept with a vault to tell whether a master key is its own."""
        return self.wrap(_CHECK, b"check")

    def require_own(self, check: bytes, place: str) -> None:
        """Refuse to work with the master key of another vault.

        Raises:
            SettingsError: `check` was not made by this key.
        """
        if self.unwrap(check, b"check") != _CHECK:
            message = f"the master key is not the one that {place} was made with"
            raise SettingsError(message, next_step="Bring back its own key with vault_key_file or vault_key.")


def damaged(name: str, place: str) -> DamagedArtifactError:
    """The error of a stored key that cannot be opened."""
    message = f"key {name!r} in {place} is not what was written"
    return DamagedArtifactError(message, next_step="Restore it with 'steek privacy restore' from a backup.")


def check_names(names: Iterable[str]) -> None:
    """Refuse names that a vault could not hold."""
    for name in names:
        size_bytes = len(name.encode())
        if not 0 < size_bytes <= NAME_BYTES:
            message = f"a key's name has 1 to {NAME_BYTES} bytes, this one {size_bytes}"
            raise InputError(message, next_step="Use a shorter scope or kind of subject.")
