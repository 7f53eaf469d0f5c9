"""What ingestion does to the personal fields of a dataset before anything is written to disk."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl

from steek.governance.pseudonyms.pseudonyms import Pseudonyms
from steek.governance.pseudonyms.types import Method
from steek.governance.sealing.frames import seal
from steek.governance.vault.ports import KeyVault
from steek.kernel.errors import DeclarationError

RAW_PREFIX = "_raw_"


class ProtectedField(Protocol):
    """What protection needs to know of a field of a contract."""

    @property
    def name(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def pseudonym(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def sealed(self) -> bool: ...


class ProtectedContract(Protocol):
    """What protection needs to know of a contract."""

    @property
    def dataset(self) -> str: ...
    @property
    def fields(self) -> Sequence[ProtectedField]: ...


class Protection(Protocol):
    """One step; as ingestion takes them."""

    name: str

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame: ...


class Sealing:
    """Seals the fields that a contract calls sealed, and what they were before cleaning, under the row's subject."""

    name = "seal"

    def __init__(self, contract: ProtectedContract, subject: ProtectedField, vault: KeyVault) -> None:
        self._dataset = contract.dataset
        self._subject = subject
        self._columns = [field.name for field in contract.fields if field.sealed]
        self._vault = vault

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        columns = [each for name in self._columns for each in _with_raw(rows, name)]
        return seal(rows, self._subject.name, columns, self._vault, kind=self._subject.subject, dataset=self._dataset)


class Pseudonymising:
    """Replaces one field, and what it was before cleaning, by its pseudonym."""

    def __init__(self, contract: ProtectedContract, field: ProtectedField, pseudonyms: Pseudonyms) -> None:
        self.name = f"pseudonymise {field.name}"
        self._field = field.name
        self._subject = field.subject
        self._scope = field.scope or contract.dataset
        self._method: Method = "prefix" if field.pseudonym == "prefix" else "keyed"
        self._pseudonyms = pseudonyms

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(
            self._pseudonyms.pseudonymise(rows[name], self._scope, self._method, subject=self._subject)
            for name in _with_raw(rows, self._field)
        )


def protection_steps(contract: ProtectedContract, pseudonyms: Pseudonyms, vault: KeyVault) -> tuple[Protection, ...]:
    """Sealing first, while the subject still has its own value, then pseudonyms; empty when nothing is personal.

    Raises:
        DeclarationError: a field is sealed, but none says whose row it is; or it is sealed and a pseudonym as well.
    """
    sealed = [field for field in contract.fields if field.sealed]
    both = [field.name for field in sealed if field.pseudonym]
    if both:
        message = f"fields of {contract.dataset!r} are both sealed and pseudonyms: {', '.join(both)}"
        raise DeclarationError(message, next_step="Choose one: what is sealed needs no pseudonym.")
    steps: list[Protection] = []
    if sealed:
        subject = next((field for field in contract.fields if field.subject), None)
        if subject is None:
            message = f"{contract.dataset!r} seals {sealed[0].name!r}, but no field says whose row it is"
            raise DeclarationError(message, next_step="Give the field that names the person subject='household'.")
        steps.append(Sealing(contract, subject, vault))
    steps += [Pseudonymising(contract, field, pseudonyms) for field in contract.fields if field.pseudonym]
    return tuple(steps)


def _with_raw(rows: pl.DataFrame, name: str) -> list[str]:
    return [each for each in (name, RAW_PREFIX + name) if each in rows.columns]
