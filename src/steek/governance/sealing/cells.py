"""The sealed cell: all sealed values of one row in one blob under the key of the row's person.

A cell is a head, which names the key and tells its fingerprint, a nonce, and AES-256-GCM ciphertext (NIST SP 800-38D)
with the dataset's name as associated data. Each row stands on its own: rows may be filtered, reordered, compacted
into other files or deleted one by one. One blob for all rows of a person would save some time and would lose the
other rows' values, or keep a deleted row's, as soon as one of them goes.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steek.governance.vault.fingerprints import fingerprint
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.subject_keys import SUBJECT_PREFIX
from steek.kernel.errors import DamagedArtifactError

_VERSION = b"\x01"
_HASH_BYTES = 16
_PRINT_BYTES = 8
_NONCE_BYTES = 12


def close_cells(texts: Sequence[bytes], names: Sequence[str], keys: Mapping[str, bytes], dataset: str) -> list[bytes]:
    """One cell per text.

    Args:
        texts: What to seal, one per row.
        names: The key's name for each row.
        keys: The keys by name.
        dataset: Only cells of this dataset open again under its name.
    """
    prepared = {name: (_head(name, key), AESGCM(key).encrypt) for name, key in keys.items()}
    nonces = os.urandom(_NONCE_BYTES * len(texts))
    about = dataset.encode()
    cells: list[bytes] = []
    for row, (text, name) in enumerate(zip(texts, names, strict=True)):
        head, encrypt = prepared[name]
        nonce = nonces[row * _NONCE_BYTES : (row + 1) * _NONCE_BYTES]
        cells.append(head + nonce + encrypt(nonce, text, about))
    return cells


def open_cells(cells: Sequence[bytes | None], vault: KeyVault, dataset: str) -> list[bytes | None]:
    """The texts; None where there is no cell, or where its key was shredded.

    Raises:
        DamagedArtifactError: a cell is not what was sealed, or belongs to another dataset.
    """
    heads = [_head_of(cell) if cell else b"" for cell in cells]
    ciphers = _ciphers(set(heads) - {b""}, vault)
    about = dataset.encode()
    texts: list[bytes | None] = []
    for cell, head in zip(cells, heads, strict=True):
        cipher = ciphers.get(head)
        if not cell or cipher is None:
            texts.append(None)
            continue
        start = len(head) + _NONCE_BYTES
        try:
            texts.append(cipher.decrypt(cell[len(head) : start], cell[start:], about))
        except (InvalidTag, ValueError):
            message = f"a sealed cell of {dataset!r} is not what was written"
            raise DamagedArtifactError(message, next_step="Read an earlier version of the table.") from None
    return texts


def digest_of_cell(cell: bytes) -> str:
    """Keyed hash of the person under whose key a cell was sealed, 32 hexadecimal digits."""
    return _name(_head_of(cell)).rpartition(":")[2]


def _head(name: str, key: bytes) -> bytes:
    kind, _, digest = name.removeprefix(SUBJECT_PREFIX).rpartition(":")
    text = kind.encode()
    return _VERSION + bytes([len(text)]) + text + bytes.fromhex(digest) + bytes.fromhex(fingerprint(key))


def _head_of(cell: bytes) -> bytes:
    return cell[: 2 + cell[1] + _HASH_BYTES + _PRINT_BYTES] if len(cell) > 1 else cell


def _ciphers(heads: Iterable[bytes], vault: KeyVault) -> dict[bytes, AESGCM | None]:
    """The cipher of each head, None where its key is gone; a key made later under the same name is another one."""
    named = {head: _name(head) for head in heads}
    keys = vault.keys(sorted(set(named.values())), make=False)
    ciphers: dict[bytes, AESGCM | None] = {}
    for head, name in named.items():
        key = keys.get(name)
        own = key is not None and bytes.fromhex(fingerprint(key)) == head[-_PRINT_BYTES:]
        ciphers[head] = AESGCM(key) if own and key is not None else None
    return ciphers


def _name(head: bytes) -> str:
    if head[:1] != _VERSION or len(head) < 2 or len(head) != 2 + head[1] + _HASH_BYTES + _PRINT_BYTES:
        message = "a sealed cell has a form that this version of steek does not know"
        raise DamagedArtifactError(message, next_step="Upgrade steek, or read an earlier version of the table.")
    kind = head[2 : 2 + head[1]].decode(errors="replace")
    return f"{SUBJECT_PREFIX}{kind}:{head[2 + head[1] : -_PRINT_BYTES].hex()}"
