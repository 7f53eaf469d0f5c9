"""Backups of a vault: all its keys in one sealed blob, whatever kind of vault they came from or go to.

Restoring honours erasures: a key whose fingerprint is among those shredded since is never brought back.
"""

import base64
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass

from steek.governance.vault.fingerprints import fingerprint
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.wrapping import Wrapping
from steek.kernel.errors import InputError, UnreadableError

_MAGIC = b"steek-backup-v1\n"
_SALT_BYTES = 16
_LEAST_LETTERS = 12
# OWASP's password storage advice for scrypt: N = 2^17, r = 8, p = 1 (128 MiB, about half a second).
_COST, _BLOCK, _LANES = 2**17, 8, 1


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: keys brought back, present already, and refused because they were shredded since."""

    restored: int
    present: int
    shredded: int


def export_keys(vault: KeyVault, passphrase: str) -> bytes:
    """All keys, sealed with AES-256-GCM under a key drawn from the passphrase by scrypt (RFC 7914).

    Raises:
        InputError: the passphrase has fewer than 12 letters.
    """
    if len(passphrase) < _LEAST_LETTERS:
        message = f"a passphrase has at least {_LEAST_LETTERS} letters, this one {len(passphrase)}"
        raise InputError(message, next_step="Take a sentence, or a file of random letters.")
    keys = vault.keys(vault.names(), make=False)
    plain = json.dumps({name: base64.b64encode(key).decode() for name, key in sorted(keys.items())}).encode()
    salt = os.urandom(_SALT_BYTES)
    return _MAGIC + salt + _from_passphrase(passphrase, salt).wrap(plain, _MAGIC)


def restore_keys(vault: KeyVault, blob: bytes, passphrase: str, *, shredded: Collection[str]) -> Restored:
    """Bring back the keys of a backup that the vault does not have; may be repeated.

    Args:
        vault: Empty, damaged or of another kind; keys that it has stay.
        blob: From `export_keys`.
        passphrase: That of the backup.
        shredded: Fingerprints of keys that must stay gone.

    Raises:
        UnreadableError: it is no backup, was damaged, or the passphrase is not its own.
    """
    if not blob.startswith(_MAGIC):
        message = "this is no backup of a vault of keys"
        raise UnreadableError(message, next_step="Give a file made by 'steek privacy backup'.")
    salt, sealed = blob[len(_MAGIC) :][:_SALT_BYTES], blob[len(_MAGIC) + _SALT_BYTES :]
    plain = _from_passphrase(passphrase, salt).unwrap(sealed, _MAGIC)
    if plain is None:
        message = "the backup cannot be opened: another passphrase, or the file was damaged"
        raise UnreadableError(message, next_step="Try the passphrase it was made with; it is not kept anywhere.")
    keys = {name: base64.b64decode(key) for name, key in json.loads(plain).items()}
    gone = set(shredded)
    allowed = {name: key for name, key in keys.items() if fingerprint(key) not in gone}
    restored = vault.put(allowed)
    return Restored(restored, len(allowed) - restored, len(keys) - len(allowed))


def _from_passphrase(passphrase: str, salt: bytes) -> Wrapping:
    # The same letters typed on different machines may come composed or not; bytes are taken as they are given.
    memory_bytes = 256 * _COST * _BLOCK
    secret = hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=memory_bytes, dklen=32)
    return Wrapping(secret)
