"""Rows that wait in quarantine, sealed whole: they came before anything in them could be protected field by field.

A sealed row is text, "sealed:DATASET:BASE64", so that it lies where a plain row would. The cell inside is the one of
`cells`: under the key of the person that the row names, where it names one, so that shredding that key is enough.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Protocol

import polars as pl

from steek.governance.sealing.cells import close_cells, digest_of_cell, open_cells
from steek.governance.sealing.protection import ProtectedContract
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.subject_keys import subject_key_name, subject_key_names
from steek.kernel.errors import DamagedArtifactError

SEALED_ROW = "sealed:"
# Under this name a sealed row tells the digest of its person when it is searched, whether its key is left or not.
PERSON = "_person"


class HoldBack(Protocol):
    """What is done to rows before they go to quarantine: columns row, reason, position, and the rows themselves."""

    def __call__(self, held: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame: ...


def hold_back(contract: ProtectedContract, vault: KeyVault) -> HoldBack | None:
    """Seals rows of a contract with protected fields; None where it has none."""
    if not any(field.pseudonym or field.sealed for field in contract.fields):
        return None
    subject = next((field for field in contract.fields if field.subject), None)
    name, kind = ("", "") if subject is None else (subject.name, subject.subject)

    def held_back(held: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        people: list[str | None] = [None] * held.height
        if name in rows.columns and not rows[name].dtype.is_nested():
            people = rows[name].cast(pl.String, strict=False).str.strip_chars().to_list()
        sealed = seal_rows(held["row"].to_list(), people, vault, kind=kind, dataset=contract.dataset)
        return held.with_columns(pl.Series("row", sealed, dtype=pl.String))

    return held_back


def seal_rows(
    rows: Sequence[str], people: Sequence[str | None], vault: KeyVault, *, kind: str, dataset: str
) -> list[str]:
    """Each row as sealed text.

    Args:
        rows: JSON objects.
        people: Whom each names, None or "" for nobody who can be told.
        vault: Makes a key for every person it does not know.
        kind: Kind of person.
        dataset: Where the rows were sent.
    """
    known = list(dict.fromkeys(person for person in people if person))
    names = dict(zip(known, subject_key_names(vault, kind, known), strict=True))
    nobody = subject_key_name(vault, "nobody", dataset)
    under = [names.get(person or "", nobody) for person in people]
    keys = vault.keys(list(dict.fromkeys(under)))
    cells = close_cells([row.encode() for row in rows], under, keys, dataset)
    return [f"{SEALED_ROW}{dataset}:{base64.b64encode(cell).decode()}" for cell in cells]


def open_rows(rows: pl.Series, vault: KeyVault) -> pl.Series:
    """Rows as they came; plain ones stay, those whose key was shredded are null.

    Raises:
        DamagedArtifactError: a sealed row is not what was written.
    """
    texts = rows.to_list()
    by_dataset: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        if text is not None and text.startswith(SEALED_ROW):
            by_dataset.setdefault(_dataset_of(text), []).append(at)
    for dataset, places in by_dataset.items():
        opened = open_cells([_cell_of(texts[at]) for at in places], vault, dataset)
        for at, content in zip(places, opened, strict=True):
            texts[at] = None if content is None else content.decode()
    return pl.Series(rows.name, texts, dtype=pl.String)


def searchable_rows(rows: pl.Series, vault: KeyVault) -> pl.Series:
    """As `open_rows`, each sealed row preceded by the digest of its person: also where its key is gone."""
    opened = open_rows(rows, vault).to_list()
    texts = [
        f"{json.dumps({PERSON: digest_of_cell(_cell_of(text))})} {content or ''}"
        if text is not None and text.startswith(SEALED_ROW)
        else text
        for text, content in zip(rows.to_list(), opened, strict=True)
    ]
    return pl.Series(rows.name, texts, dtype=pl.String)


def _dataset_of(text: str) -> str:
    return text.removeprefix(SEALED_ROW).rpartition(":")[0]


def _cell_of(text: str) -> bytes:
    try:
        return base64.b64decode(text.rpartition(":")[2], validate=True)
    except binascii.Error:
        message = f"a sealed row of {_dataset_of(text)!r} is not what was written"
        raise DamagedArtifactError(message, next_step="Restore the table from a backup.") from None
