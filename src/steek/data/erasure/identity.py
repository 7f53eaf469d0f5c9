"""Who a person is to this package: keyed hash, forms, and the value kept sealed until it is not needed any more."""

import base64
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from steek.data.datasets import AnyDataset
from steek.data.erasure.subjects import Subject, Trace, naming_columns
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
        """Every form of a person in every column.

        Raises:
            NotFoundError: no contract names persons of that kind.
        """
        columns = naming_columns(self._datasets, subject.kind)
        forms = {subject.value}
        for column in columns:
            if column.pseudonym:
                forms |= set(self._pseudonyms.of(subject.value, column.scope, column.pseudonym))
        names = tuple(dict.fromkeys(column.name for column in columns))
        return Trace(subject, self.digests(subject.kind, [subject.value])[0], names, frozenset(forms))

    def shred(self, traces: Sequence[Trace]) -> int:
        """Destroy the keys of persons and the way back from their pseudonyms; the number of keys."""
        for trace in traces:
            for column in naming_columns(self._datasets, trace.subject.kind):
                if column.pseudonym:
                    self._pseudonyms.forget([trace.subject.value], column.scope, column.pseudonym)
        return self._vault.shred([f"subject:{trace.subject.kind}:{trace.digest}" for trace in traces])

    def has_key(self, trace: Trace) -> bool:
        """Whether the vault still holds a key of the person."""
        return self._vault.find(f"subject:{trace.subject.kind}:{trace.digest}") is not None

    def seal(self, id: str, value: str) -> str:
        """The value of a request, readable with the vault only; the same text each time for the same request."""
        nonce = bytes.fromhex(id)[:_NONCE_BYTES]
        return base64.b64encode(self._cipher(id).encrypt(nonce, value.encode(), id.encode())).decode()

    def unseal(self, id: str, sealed: str) -> str:
        """The value again. Raises IntegrityError when it is not what was sealed."""
        nonce = bytes.fromhex(id)[:_NONCE_BYTES]
        try:
            return self._cipher(id).decrypt(nonce, base64.b64decode(sealed), id.encode()).decode()
        except Exception as cause:
            message = f"the value of erasure {id} cannot be read with the keys of this vault"
            raise IntegrityError(message, next_step="Request it anew, and cancel this one.") from cause

    def _cipher(self, id: str) -> AESGCM:
        # A key for each request: its nonce is then never used twice.
        return AESGCM(self._vault.key(f"{_REQUESTS_KEY}:{id}"))

    def forget_request(self, id: str) -> None:
        """Destroy the key of a sealed value."""
        self._vault.shred([f"{_REQUESTS_KEY}:{id}"])
