"""Keys in a table of the project's database, each wrapped by a master key that the database never sees."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.governance.vault.master import KEY_BYTES, MasterKey
from steek.governance.vault.remains import clear_remains, overwrite_deleted
from steek.governance.vault.tables import vault_keys
from steek.governance.vault.wrapping import Wrapping, check_names, damaged
from steek.ledger.database import Database

_PLACE = "the database"
_CHECK_NAME = ""
_PAGE = 500


class DatabaseKeyVault:
    """A `KeyVault` in the table `vault_keys`, on SQLite or PostgreSQL.

    Do not ask for a new key inside a transaction that writes: making one is a transaction of its own. What a server
    keeps beside its tables (write-ahead log, replicas, dumps) holds wrapped keys only.

    Args:
        database: Holds the table.
        master: Wraps the keys; made with the first of them.
    """

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master
        self._lock = Lock()
        self._known: Wrapping | None = None

    def __repr__(self) -> str:
        return "DatabaseKeyVault(hidden)"

    def key(self, name: str) -> bytes:
        return self.keys([name])[name]

    def find(self, name: str) -> bytes | None:
        return self.keys([name], make=False).get(name)

    def keys(self, names: Sequence[str], *, make: bool = True) -> dict[str, bytes]:
        check_names(names)
        with self._database.reading() as connection:
            wrapping = self._wrapping(connection)
            found = {} if wrapping is None else _read(connection, names, wrapping)
        missing = [name for name in dict.fromkeys(names) if name not in found]
        if missing and make:
            with self._database.transaction() as connection:
                wrapping = self._wrapping_or_new(connection)
                _insert(connection, {name: os.urandom(KEY_BYTES) for name in missing}, wrapping)
                found |= _read(connection, missing, wrapping)
        return found

    def names(self, prefix: str = "") -> list[str]:
        query = select(vault_keys.c.name).where(
            vault_keys.c.name != _CHECK_NAME, vault_keys.c.name.startswith(prefix, autoescape=True)
        )
        with self._database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def put(self, keys: Mapping[str, bytes]) -> int:
        check_names(keys)
        with self._database.transaction() as connection:
            wrapping = self._wrapping_or_new(connection)
            rows = {name: wrapped for page in _pages(list(keys)) for name, wrapped in _rows(connection, page)}
            unreadable = [name for name, wrapped in rows.items() if wrapping.unwrap(wrapped, name.encode()) is None]
            for page in _pages(unreadable):
                connection.execute(delete(vault_keys).where(vault_keys.c.name.in_(page)))
            new = {name: key for name, key in keys.items() if name not in rows or name in unreadable}
            _insert(connection, new, wrapping)
        return len(new)

    def shred(self, names: Collection[str]) -> int:
        check_names(names)
        destroyed = 0
        with self._database.transaction() as connection:
            overwrite_deleted(connection)
            for page in _pages(list(names)):
                destroyed += connection.execute(delete(vault_keys).where(vault_keys.c.name.in_(page))).rowcount
        clear_remains(self._database, vault_keys)
        return destroyed

    def close(self) -> None:
        """Nothing to do: the database is its owner's."""

    def _wrapping(self, connection: Connection) -> Wrapping | None:
        with self._lock:
            if self._known is None:
                check = connection.execute(
                    select(vault_keys.c.wrapped).where(vault_keys.c.name == _CHECK_NAME)
                ).scalar_one_or_none()
                if check is not None:
                    wrapping = Wrapping(self._master.load())
                    wrapping.require_own(check, _PLACE)
                    self._known = wrapping
            return self._known

    def _wrapping_or_new(self, connection: Connection) -> Wrapping:
        known = self._wrapping(connection)
        if known is not None:
            return known
        # Not remembered before the transaction is over: it may roll back.
        made = Wrapping(self._master.load_or_make())
        connection.execute(insert(vault_keys).values(name=_CHECK_NAME, wrapped=made.check()))
        return made


def _pages(names: Sequence[str]) -> Iterator[list[str]]:
    return (list(names[start : start + _PAGE]) for start in range(0, len(names), _PAGE))


def _rows(connection: Connection, names: list[str]) -> list[tuple[str, bytes]]:
    query = select(vault_keys.c.name, vault_keys.c.wrapped).where(vault_keys.c.name.in_(names))
    return [(row.name, bytes(row.wrapped)) for row in connection.execute(query)]


def _read(connection: Connection, names: Sequence[str], wrapping: Wrapping) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for page in _pages(names):
        for name, wrapped in _rows(connection, page):
            key = wrapping.unwrap(wrapped, name.encode())
            if key is None:
                raise damaged(name, _PLACE)
            found[name] = key
    return found


def _insert(connection: Connection, keys: Mapping[str, bytes], wrapping: Wrapping) -> None:
    rows = [{"name": name, "wrapped": wrapping.wrap(key, name.encode())} for name, key in keys.items()]
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(vault_keys).on_conflict_do_nothing(), rows)
