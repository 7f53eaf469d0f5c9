"""Prefix-preserving pseudonyms of IP addresses: Crypto-PAn.

Source: J. Xu, J. Fan, M. Ammar, S. Moon, "Prefix-Preserving IP Address Anonymization", ICNP 2002, and its reference
implementation; for IPv6 the same over 128 bits, as yacryptopan does it.
"""

from collections.abc import Sequence
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BYTES = 16
_MANY = 1 << 16


def crypto_pan(addresses: Sequence[bytes], key: bytes) -> list[bytes]:
    """Addresses of which two share exactly as many leading bits as their originals.

    Args:
        addresses: Packed, all of 4 or all of 16 bytes.
        key: 32 bytes: an AES-128 key and the secret that becomes the padding.
    """
    if not addresses:
        return []
    given = np.frombuffer(b"".join(addresses), dtype=np.uint8).reshape(len(addresses), -1)
    parts = [_anonymised(given[start : start + _MANY], key) for start in range(0, len(given), _MANY)]
    return [row.tobytes() for part in parts for row in part]


def anonymised_addresses(texts: Sequence[str], key: bytes) -> list[str]:
    """As `crypto_pan`, for addresses as text of either version; their pseudonyms are written in the short form."""
    packed = [ip_address(text).packed for text in texts]
    result: dict[int, str] = {}
    for size_bytes in (4, 16):
        at = [number for number, address in enumerate(packed) if len(address) == size_bytes]
        for number, address in zip(at, crypto_pan([packed[each] for each in at], key), strict=True):
            result[number] = str(ip_address(address))
    return [result[number] for number in range(len(texts))]


def _anonymised(given: npt.NDArray[np.uint8], key: bytes) -> npt.NDArray[np.uint8]:
    cipher = Cipher(algorithms.AES(key[:BLOCK_BYTES]), modes.ECB())  # noqa: S305 - one block at a time, as a function
    encrypt = cipher.encryptor().update
    pad = np.frombuffer(encrypt(key[BLOCK_BYTES:]), dtype=np.uint8)
    bits = np.unpackbits(given, axis=1)
    pad_bits = np.unpackbits(pad)
    blocks = np.tile(pad_bits, (len(given), 1))
    flips = np.empty_like(bits)
    for position in range(bits.shape[1]):
        # The first bits of the address, then the rest of the padding.
        blocks[:, :position] = bits[:, :position]
        out = np.frombuffer(encrypt(np.packbits(blocks, axis=1).tobytes()), dtype=np.uint8)
        flips[:, position] = out.reshape(-1, BLOCK_BYTES)[:, 0] >> 7
    return np.packbits(bits ^ flips, axis=1)
