"""Custody of keys as a service: shredding that is remembered, and backups that honour it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, distinct, func, insert, select, update

from steek.governance.vault.backups import Restored, export_keys, restore_keys
from steek.governance.vault.fingerprints import fingerprint
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.tables import shredded_keys, vault_operations
from steek.kernel.clock import Clock
from steek.kernel.records import to_plain
from steek.ledger.database import Database
from steek.ledger.events import Draft
from steek.ledger.ledger import Ledger

_SUBJECT = "vault:keys"


class KeyCustody:
    """Destroys, saves and brings back keys; each under a caller's key, once, and with an event that names no secret."""

    def __init__(self, vault: KeyVault, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._vault = vault
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def shred(self, names: Collection[str], *, key: str, actor: str, reason: str) -> int:
        """Destroy the keys of these names for ever; no backup brings them back.

        First they are condemned in the database, then destroyed in the vault, then the event is written: killed in
        between, it is finished by doing it again with the same key. A key made later under one of the names stays.

        Returns:
            How many keys it destroyed, also when it is repeated.
        """
        with self._database.reading() as connection:
            condemned = _condemned(connection, key)
        if not condemned:
            present = self._vault.keys(list(names), make=False)
            condemned = {name: fingerprint(secret) for name, secret in present.items()}
            with self._database.transaction() as connection:
                condemned = _condemned(connection, key) or self._condemn(connection, key, condemned)
        present = self._vault.keys(list(condemned), make=False)
        self._vault.shred([name for name, secret in present.items() if fingerprint(secret) == condemned[name]])
        payload: dict[str, object] = {"keys": len(condemned), "kinds": _kinds(condemned), "reason": reason}
        with self._database.transaction() as connection:
            if self._remember(connection, key, "shred", actor, {"keys": len(condemned)}):
                connection.execute(
                    update(shredded_keys).where(shredded_keys.c.key == key).values(shredded_at=self._clock.now())
                )
                self._ledger.append(connection, Draft("keys.shredded", _SUBJECT, actor, payload))
        return len(condemned)

    def shredded(self) -> set[str]:
        """Fingerprints of all keys that were ever condemned."""
        with self._database.reading() as connection:
            return set(connection.execute(select(shredded_keys.c.fingerprint)).scalars())

    def backup(self, passphrase: str, *, key: str, actor: str) -> bytes:
        """All keys in one blob sealed under the passphrase; a repeated call seals the keys of now once more."""
        blob = export_keys(self._vault, passphrase)
        payload: dict[str, object] = {"keys": len(self._vault.names())}
        with self._database.transaction() as connection:
            if self._remember(connection, key, "backup", actor, payload):
                self._ledger.append(connection, Draft("vault.backed_up", _SUBJECT, actor, payload))
        return blob

    def restore(self, blob: bytes, passphrase: str, *, key: str, actor: str) -> Restored:
        """Bring keys back, but none that was shredded since; with a known key, what it did then.

        Raises:
            UnreadableError: it is no backup, was damaged, or the passphrase is not its own.
        """
        with self._database.reading() as connection:
            done = connection.execute(
                select(vault_operations.c.result).where(vault_operations.c.key == key)
            ).scalar_one_or_none()
        if done is not None:
            return Restored(**done)
        before = self.shredded()
        restored = restore_keys(self._vault, blob, passphrase, shredded=before)
        self._shred_again(self.shredded() - before)
        payload: Any = to_plain(restored)
        with self._database.transaction() as connection:
            if self._remember(connection, key, "restore", actor, payload):
                self._ledger.append(connection, Draft("vault.restored", _SUBJECT, actor, payload))
        return restored

    def summary(self) -> dict[str, object]:
        """How many keys of each kind there are and how many were shredded; no names, no keys."""
        with self._database.reading() as connection:
            gone = connection.execute(select(func.count(distinct(shredded_keys.c.fingerprint)))).scalar_one()
        names = self._vault.names()
        return {"keys": len(names), "kinds": _kinds(names), "shredded": gone}

    def _shred_again(self, prints: set[str]) -> None:
        """Keys that were shredded while a backup was coming back, which may have brought them back."""
        if prints:
            present = self._vault.keys(self._vault.names(), make=False)
            self._vault.shred([name for name, secret in present.items() if fingerprint(secret) in prints])

    def _condemn(self, connection: Connection, key: str, prints: dict[str, str]) -> dict[str, str]:
        rows = [
            {"key": key, "name": name, "fingerprint": print, "condemned_at": self._clock.now()}
            for name, print in sorted(prints.items())
        ]
        if rows:
            connection.execute(insert(shredded_keys), rows)
        return prints

    def _remember(
        self, connection: Connection, key: str, operation: str, actor: str, result: dict[str, object]
    ) -> bool:
        """Write the operation down; False when it was already."""
        known = connection.execute(select(vault_operations.c.key).where(vault_operations.c.key == key)).first()
        if known is not None:
            return False
        row = {"key": key, "operation": operation, "actor": actor, "at": self._clock.now(), "result": result}
        connection.execute(insert(vault_operations).values(row))
        return True


def _condemned(connection: Connection, key: str) -> dict[str, str]:
    query = select(shredded_keys.c.name, shredded_keys.c.fingerprint).where(shredded_keys.c.key == key)
    return {row.name: row.fingerprint for row in connection.execute(query)}


def _kinds(names: Collection[str]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for name in names:
        kind = name.rpartition(":")[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    return dict(sorted(kinds.items()))
