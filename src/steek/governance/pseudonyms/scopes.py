"""Scopes of pseudonyms and the versions of their keys."""

from sqlalchemy import Connection, func, insert, select

from steek.governance.pseudonyms.tables import pseudonym_versions
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.ledger.database import Database
from steek.ledger.events import Draft
from steek.ledger.ledger import Ledger

_SCOPE_BYTES = 160


class Scopes:
    """Which version of its key a scope uses now. Old versions stay, so that old pseudonyms still resolve."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def version(self, scope: str) -> int:
        """The version new pseudonyms are made with; 1 for a scope that was never rotated."""
        check_scope(scope)
        with self._database.reading() as connection:
            return _newest(connection, scope)

    def rotate(self, scope: str, *, key: str, actor: str) -> int:
        """Begin the next version; with a known key, the version that was begun then."""
        check_scope(scope)
        query = select(pseudonym_versions.c.version).where(pseudonym_versions.c.key == key)
        with self._database.transaction() as connection:
            known = connection.execute(query).scalar_one_or_none()
            if known is not None:
                return known
            version = _newest(connection, scope) + 1
            row = {"scope": scope, "version": version, "key": key, "actor": actor, "at": self._clock.now()}
            connection.execute(insert(pseudonym_versions).values(row))
            draft = Draft("pseudonym.rotated", f"pseudonyms:{scope}", actor, {"version": version})
            self._ledger.append(connection, draft)
        return version


def key_name(scope: str, version: int) -> str:
    """Name of the key of a scope's pseudonyms."""
    return f"pseudonym:{scope}:{version}"


def check_scope(scope: str) -> None:
    """Refuse a scope that cannot name a key.

    Raises:
        InputError: it is empty or too long.
    """
    size_bytes = len(scope.encode())
    if not 0 < size_bytes <= _SCOPE_BYTES:
        message = f"a scope of pseudonyms has 1 to {_SCOPE_BYTES} bytes, this one {size_bytes}"
        raise InputError(message, next_step="By default it is the dataset's name.")


def _newest(connection: Connection, scope: str) -> int:
    query = select(func.max(pseudonym_versions.c.version)).where(pseudonym_versions.c.scope == scope)
    return connection.execute(query).scalar_one() or 1
