"""A vault whose shredding is remembered, so that no backup brings back what anybody destroyed."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from steek.governance.vault.fingerprints import fingerprint
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.tables import shredded_keys
from steek.kernel.clock import Clock
from steek.ledger.database import Database


class RememberingKeyVault:
    """A `KeyVault` around another: fingerprints of keys are written into the database before the keys are destroyed.

    Killed in between, the keys are condemned and still there; shredding the names again destroys them. Like making a
    key in a database vault, shredding is no part of somebody else's transaction.
    """

    def __init__(self, vault: KeyVault, database: Database, clock: Clock) -> None:
        self._vault = vault
        self._database = database
        self._clock = clock

    def __repr__(self) -> str:
        return f"RememberingKeyVault({self._vault!r})"

    def key(self, name: str) -> bytes:
        return self._vault.key(name)

    def keys(self, names: Sequence[str], *, make: bool = True) -> dict[str, bytes]:
        return self._vault.keys(names, make=make)

    def find(self, name: str) -> bytes | None:
        return self._vault.find(name)

    def names(self, prefix: str = "") -> list[str]:
        return self._vault.names(prefix)

    def put(self, keys: Mapping[str, bytes]) -> int:
        return self._vault.put(keys)

    def shred(self, names: Collection[str]) -> int:
        prints = {name: fingerprint(key) for name, key in self._vault.keys(list(names), make=False).items()}
        if prints:
            now = self._clock.now()
            rows = [
                {"key": f"shred:{print}", "name": name, "fingerprint": print, "condemned_at": now}
                for name, print in sorted(prints.items())
            ]
            with self._database.transaction() as connection:
                dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
                connection.execute(dialect.insert(shredded_keys).on_conflict_do_nothing(), rows)
        destroyed = self._vault.shred(names)
        if prints:
            done = shredded_keys.c.key.in_([f"shred:{print}" for print in prints.values()])
            with self._database.transaction() as connection:
                connection.execute(update(shredded_keys).where(done).values(shredded_at=self._clock.now()))
        return destroyed

    def close(self) -> None:
        self._vault.close()
