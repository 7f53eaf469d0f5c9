"""The sealed originals of pseudonyms: what a reversal opens, and what erasure makes unreadable."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.governance.pseudonyms.tables import pseudonym_originals
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.remains import clear_remains, overwrite_deleted
from steek.governance.vault.subject_keys import subject_key_names
from steek.governance.vault.wrapping import Wrapping
from steek.kernel.errors import NotFoundError
from steek.ledger.database import Database

_PAGE = 500


class Originals:
    """Keeps each original once, sealed under the key of its person, or under its scope's when it names nobody."""

    def __init__(self, vault: KeyVault, database: Database) -> None:
        self._vault = vault
        self._database = database

    def keep(self, scope: str, originals: Mapping[str, str], *, subject: str) -> None:
        """Keep what is not kept yet.

        Args:
            scope: Of the pseudonyms.
            originals: Pseudonym to original.
            subject: Kind of person that the originals name, "" for none.
        """
        with self._database.reading() as connection:
            known = {each for page in _pages(list(originals)) for each in _known(connection, scope, page)}
        new = [each for each in originals if each not in known]
        if not new:
            return
        names = self._key_names(scope, [originals[each] for each in new], subject)
        keys = self._vault.keys(names)
        wrappings = {name: Wrapping(key) for name, key in keys.items()}
        rows = [
            {
                "scope": scope,
                "pseudonym": each,
                "key_name": name,
                "sealed": wrappings[name].wrap(originals[each].encode(), _about(scope, each)),
            }
            for each, name in zip(new, names, strict=True)
        ]
        with self._database.transaction() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(dialect.insert(pseudonym_originals).on_conflict_do_nothing(), rows)

    def open(self, scope: str, pseudonym: str) -> str | None:
        """The original; None when its key was shredded.

        Raises:
            NotFoundError: no such pseudonym, or it was forgotten.
        """
        query = select(pseudonym_originals).where(
            pseudonym_originals.c.scope == scope, pseudonym_originals.c.pseudonym == pseudonym
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            message = f"there is no pseudonym {pseudonym!r} in scope {scope!r}"
            raise NotFoundError(message, next_step="Scope is the dataset's name unless its contract says otherwise.")
        key = self._vault.find(row.key_name)
        original = None if key is None else Wrapping(key).unwrap(bytes(row.sealed), _about(scope, pseudonym))
        return None if original is None else original.decode()

    def forget(self, scope: str, pseudonyms: Sequence[str]) -> int:
        """Delete originals, without remains in the database's files; how many there were."""
        forgotten = 0
        with self._database.transaction() as connection:
            overwrite_deleted(connection)
            for page in _pages(pseudonyms):
                where = (pseudonym_originals.c.scope == scope) & pseudonym_originals.c.pseudonym.in_(page)
                forgotten += connection.execute(delete(pseudonym_originals).where(where)).rowcount
        clear_remains(self._database, pseudonym_originals)
        return forgotten

    def _key_names(self, scope: str, values: Sequence[str], subject: str) -> list[str]:
        if subject:
            return subject_key_names(self._vault, subject, values)
        return [f"originals:{scope}"] * len(values)


def _about(scope: str, pseudonym: str) -> bytes:
    return f"{scope}\n{pseudonym}".encode()


def _known(connection: Connection, scope: str, pseudonyms: list[str]) -> list[str]:
    query = select(pseudonym_originals.c.pseudonym).where(
        pseudonym_originals.c.scope == scope, pseudonym_originals.c.pseudonym.in_(pseudonyms)
    )
    return list(connection.execute(query).scalars())


def _pages(names: Sequence[str]) -> Iterator[list[str]]:
    return (list(names[start : start + _PAGE]) for start in range(0, len(names), _PAGE))
