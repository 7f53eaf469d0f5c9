"""Prefix-preserving pseudonyms of postal codes, phone numbers and addresses, in the form of the original.

Each letter or digit is moved within its own alphabet by an amount that depends on all letters before it, and on
nothing else: two pseudonyms share exactly as many leading letters as their originals, and a digit stays a digit. The
amount is a CBC-MAC of the letters before under one AES key, encrypted once more under a second one (EMAC), which is a
pseudorandom function of texts of any length: E. Petrank, C. Rackoff, "CBC MAC for Real-Time Data Sources", Journal
of Cryptology 13, 2000. The construction bit by bit is Crypto-PAn's; see `addresses`, which whole addresses of the
internet go through.

What it tells on purpose: length, punctuation, capitals, and who shares a prefix with whom. A value that somebody can
guess a neighbour of is less hidden than by a keyed pseudonym.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from steek.governance.pseudonyms.addresses import BLOCK_BYTES, anonymised_addresses

_MANY = 1 << 16
_ALPHABETS = ((ord("0"), 10), (ord("A"), 26), (ord("a"), 26))
_ASCII = 128
# Letters of other scripts move within their aligned block of 64 code points; none of them crosses the surrogates.
_OTHERS = 64
_LIKE_ADDRESS = re.compile(r"[0-9.]{7,15}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_Codes = npt.NDArray[np.uint32]
_Bytes = npt.NDArray[np.uint8]


def prefix_pseudonyms(values: Sequence[str], key: bytes) -> list[str]:
    """One pseudonym per value, in order; different for different values, of the same length and form.

    Args:
        values: Any text. What is a whole IPv4 or IPv6 address keeps its leading bits rather than letters.
        key: 32 bytes.
    """
    addresses = [at for at, value in enumerate(values) if _is_address(value)]
    rest = sorted(set(range(len(values))) - set(addresses)) if addresses else range(len(values))
    pseudonyms = [""] * len(values)
    secret = _drawn(key, 0, 2)
    for at, text in zip(addresses, anonymised_addresses([values[at] for at in addresses], secret), strict=True):
        pseudonyms[at] = text
    for start in range(0, len(rest), _MANY):
        page = rest[start : start + _MANY]
        for at, text in zip(page, _moved([values[at] for at in page], key), strict=True):
            pseudonyms[at] = text
    return pseudonyms


def _is_address(value: str) -> bool:
    if not _LIKE_ADDRESS.fullmatch(value):
        return False
    try:
        return str(ip_address(value)) == value
    except ValueError:
        return False


def _moved(values: Sequence[str], key: bytes) -> list[str]:
    longest = max(1, *map(len, values)) if values else 1
    codes = np.array(values, dtype=f"U{longest}").view(np.uint32).reshape(len(values), longest)
    starts, sizes = _alphabets(codes)
    absorb, finish = (_blocks(_drawn(key, at, 1)) for at in (2, 3))
    state = np.zeros((len(values), BLOCK_BYTES), dtype=np.uint8)
    moved = np.empty_like(codes)
    for position in range(longest):
        amount = finish(state)[:, :8].copy().view("<u8").ravel()
        size = sizes[:, position].astype(np.uint64)
        shifted = (codes[:, position] - starts[:, position] + amount % size) % size
        moved[:, position] = starts[:, position] + shifted.astype(np.uint32)
        state[:, :4] ^= np.ascontiguousarray(codes[:, position : position + 1]).view(np.uint8)
        state = absorb(state)
    texts = moved.view(f"U{longest}").ravel().tolist()
    # NumPy takes NUL letters at the end for padding.
    return [text.ljust(len(value), "\0") for text, value in zip(texts, values, strict=True)]


def _alphabets(codes: _Codes) -> tuple[_Codes, _Codes]:
    """First code point and size of the alphabet of each letter; what stays as it is has one of its own."""
    starts, sizes = codes.copy(), np.ones_like(codes)
    for first, size in _ALPHABETS:
        inside = (codes >= first) & (codes < first + size)
        starts[inside], sizes[inside] = first, size
    beyond = codes >= _ASCII
    starts[beyond] -= codes[beyond] % _OTHERS
    sizes[beyond] = _OTHERS
    return starts, sizes


def _drawn(key: bytes, first: int, count: int) -> bytes:
    """Independent AES keys drawn from one key: the encryption of counters."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - a function of single blocks
    return b"".join(encryptor.update(bytes([first + at]) * BLOCK_BYTES) for at in range(count))


def _blocks(key: bytes) -> Callable[[_Bytes], _Bytes]:
    """AES of each row of 16 bytes."""
    encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 - a function of single blocks

    def encrypted(rows: _Bytes) -> _Bytes:
        return np.frombuffer(encrypt(rows.tobytes()), dtype=np.uint8).reshape(-1, BLOCK_BYTES).copy()

    return encrypted
