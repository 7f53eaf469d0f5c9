"""Who a person is to this package: keyed hash, forms, and the value kept sealed until it is not needed any more."""

import base64
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steek.data.datasets import AnyDataset
from steek.data.erasure.subjects import NamingColumn, Subject, Trace, naming_columns
from steek.governance.pseudonyms.pseudonyms import Pseudonyms
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.subject_keys import subject_key_names
from steek.kernel.errors import IntegrityError

_REQUESTS_KEY = "erasure:requests"
_NONCE_BYTES = 12


class Identities:
    """Digests and traces of persons.

    Args:
        vault: Keys of persons, and the keys of this package's own hash and seal.
        pseudonyms: Forms under which persons were stored.
        datasets: Declarations by name.
    """

    def __init__(self, vault: KeyVault, pseudonyms: Pseudonyms, datasets: Mapping[str, AnyDataset]) -> None:
        self._vault = vault
        self._pseudonyms = pseudonyms
        self._datasets = datasets

    def digests(self, kind: str, values: Sequence[str]) -> list[str]:
        """Keyed hash of each value, 32 hexadecimal digits; the same that the key of the person is named by."""
        return [name.rpartition(":")[2] for name in subject_key_names(self._vault, kind, values)]

    def trace(self, subject: Subject) -> Trace:
        """As `traces`, for one."""
        return self.traces([subject])[0]

    def traces(self, subjects: Sequence[Subject]) -> list[Trace]:
        """Every form of persons in every column, in their order.

        Raises:
            NotFoundError: no contract names persons of that kind.
        """
        found: dict[Subject, Trace] = {}
        for kind in dict.fromkeys(subject.kind for subject in subjects):
            columns = naming_columns(self._datasets, kind)
            names = tuple(dict.fromkeys(column.name for column in columns))
            of_kind = [subject for subject in subjects if subject.kind == kind]
            digests = self.digests(kind, [subject.value for subject in of_kind])
            for subject, digest in zip(of_kind, digests, strict=True):
                found[subject] = Trace(subject, digest, names, frozenset(self._forms(subject, columns)))
        return [found[subject] for subject in subjects]

    def _forms(self, subject: Subject, columns: Sequence[NamingColumn]) -> set[str]:
        forms = {subject.value}
        for column in columns:
            if column.pseudonym:
                forms |= set(self._pseudonyms.of(subject.value, column.scope, column.pseudonym))
        return forms

    def shred(self, traces: Sequence[Trace]) -> int:
        """Destroy the keys of persons and the way back from their pseudonyms; the number of keys."""
        for kind in {trace.subject.kind for trace in traces}:
            values = [trace.subject.value for trace in traces if trace.subject.kind == kind]
            columns = naming_columns(self._datasets, kind)
            # All at once: the database is cleared of their remains as a whole.
            forgotten: set[tuple[str, str]] = set()
            for column in columns:
                if column.pseudonym and (column.scope, column.pseudonym) not in forgotten:
                    forgotten.add((column.scope, column.pseudonym))
                    self._pseudonyms.forget(values, column.scope, column.pseudonym)
        return self._vault.shred([f"subject:{trace.subject.kind}:{trace.digest}" for trace in traces])

    def with_key(self, traces: Sequence[Trace]) -> list[Trace]:
        """Those of the persons of whom the vault still holds a key."""
        names = {f"subject:{trace.subject.kind}:{trace.digest}": trace for trace in traces}
        held = self._vault.keys(list(names), make=False)
        return [trace for name, trace in names.items() if name in held]

    def seal(self, id: str, value: str) -> str:
        """The value of a request, readable with the vault only; the same text each time for the same request."""
        # A key for each request: its nonce is then never used twice.
        cipher = AESGCM(self._vault.key(_request_key(id)))
        return base64.b64encode(cipher.encrypt(_nonce(id), value.encode(), id.encode())).decode()

    def unseal(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """Request to its value; those whose key is gone are left out.

        Raises:
            IntegrityError: something is not what was sealed.
        """
        keys = self._vault.keys([_request_key(id) for id in sealed], make=False)
        return {
            id: _opened(id, text, keys[_request_key(id)]) for id, text in sealed.items() if _request_key(id) in keys
        }

    def forget_requests(self, ids: Sequence[str]) -> None:
        """Destroy the keys of sealed values."""
        self._vault.shred([_request_key(id) for id in ids])


def _opened(id: str, sealed: str, key: bytes) -> str:
    try:
        return AESGCM(key).decrypt(_nonce(id), base64.b64decode(sealed), id.encode()).decode()
    except (InvalidTag, ValueError) as cause:
        message = f"the value of erasure {id} is not what was sealed"
        raise IntegrityError(message, next_step="Request it anew.") from cause


def _request_key(id: str) -> str:
    return f"{_REQUESTS_KEY}:{id}"


def _nonce(id: str) -> bytes:
    return bytes.fromhex(id)[:_NONCE_BYTES]
