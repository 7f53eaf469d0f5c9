"""Pseudonyms as a service: made on the way in, found again for erasure, undone with permission."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl
from sqlalchemy import insert, select

from steek.governance.access.actors import Actor
from steek.governance.pseudonyms.keyed import keyed_pseudonyms
from steek.governance.pseudonyms.originals import Originals
from steek.governance.pseudonyms.prefixes import prefix_pseudonyms
from steek.governance.pseudonyms.scopes import Scopes, check_scope, key_name
from steek.governance.pseudonyms.tables import pseudonym_reversals
from steek.governance.pseudonyms.types import Method, Permission, Reversal
from steek.governance.vault.ports import KeyVault
from steek.governance.vault.subject_keys import subject_key_name
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, RefusedError
from steek.ledger.database import Database
from steek.ledger.events import Draft
from steek.ledger.ledger import Ledger

# The role that may undo pseudonyms, as projects declare it.
REVERSER = "reverser"


class Pseudonyms:
    """Keyed and deterministic: one value has one pseudonym per scope and version of the scope's key.

    Args:
        vault: Keys of scopes and persons.
        database: Sealed originals, versions and reversals.
        ledger: Hears of rotations and reversals, never of values.
        clock: Time of both.
    """

    def __init__(self, vault: KeyVault, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._vault = vault
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._scopes = Scopes(database, ledger, clock)
        self._originals = Originals(vault, database)

    def pseudonymise(
        self, values: pl.Series, scope: str, method: Method = "keyed", *, subject: str = "", reversible: bool = True
    ) -> pl.Series:
        """Pseudonyms of a column, as String, in its order; null stays null.

        Args:
            values: Any type that has a text form; 7 and "7" are the same value.
            scope: Pseudonyms of one scope agree; by convention the dataset's name.
            method: "keyed": 32 hexadecimal digits. "prefix": equal beginnings stay equal, in the form of the value.
            subject: Kind of person the values name; shredding the person's key makes the original unreadable.
            reversible: Keep the sealed originals.
        """
        secret = self._vault.key(key_name(scope, self._scopes.version(scope)))
        # Whole numbers are told apart faster than their texts, and 7 is no other value than "7".
        source = values if values.dtype.is_integer() else values.cast(pl.String)
        is_each_once = not source.null_count() and source.n_unique() == source.len()
        different = source if is_each_once else source.drop_nulls().unique()
        originals = different.cast(pl.String).to_list()
        made = _made(originals, method, secret)
        if reversible:
            self._originals.keep(scope, dict(zip(made, originals, strict=True)), subject=subject)
        if is_each_once:
            return pl.Series(values.name, made, dtype=pl.String)
        known = pl.DataFrame({"value": different, "pseudonym": pl.Series(made, dtype=pl.String)})
        matched = source.alias("value").to_frame().join(known, on="value", how="left", maintain_order="left")
        return matched["pseudonym"].alias(values.name)

    def of(self, value: object, scope: str, method: Method = "keyed") -> tuple[str, ...]:
        """All pseudonyms that a value may have in a scope: one per version of its key, oldest first."""
        names = [key_name(scope, version) for version in range(1, self._scopes.version(scope) + 1)]
        keys = self._vault.keys(names, make=False)
        return tuple(_made([str(value)], method, keys[name])[0] for name in names if name in keys)

    def reverse(
        self, pseudonym: str, scope: str, *, actor: str, reason: str, permission: Permission, key: str
    ) -> Reversal:
        """Undo a pseudonym. The event says who, why, and which by a keyed hash; a refusal is an event too.

        Args:
            pseudonym: As it is stored.
            scope: Its scope.
            actor: Who wants to know.
            reason: Why; written into the ledger.
            permission: Of the actor; see `permission_of`.
            key: The caller's own name for it: again with the key, the answer is the same and no event is added.

        Raises:
            InputError: no reason is given.
            RefusedError: the actor may not.
            NotFoundError: no such pseudonym in this scope, or it was forgotten.
        """
        value = self._originals.open(scope, pseudonym) if permission.allowed else None
        asked = Reversal(scope, pseudonym, actor, reason, self._clock.now(), value)
        return self._write_down(asked, "pseudonym.reversed", permission, key)

    def look_up(
        self,
        value: object,
        scope: str,
        method: Method = "keyed",
        *,
        actor: str,
        reason: str,
        permission: Permission,
        key: str,
    ) -> tuple[str, ...]:
        """As `of`, for people: whoever can ask for any value's pseudonym can undo all, so it takes the same."""
        found = self.of(value, scope, method)
        asked = Reversal(scope, found[-1] if found else "", actor, reason, self._clock.now(), None)
        self._write_down(asked, "pseudonym.looked_up", permission, key)
        return found

    def forget(self, values: Iterable[object], scope: str, method: Method = "keyed") -> int:
        """Delete the originals of values, of all versions; how many there were. May be repeated."""
        return self._originals.forget(scope, [each for value in values for each in self.of(value, scope, method)])

    def rotate(self, scope: str, *, key: str, actor: str) -> int:
        """Begin the next version of a scope's key; pseudonyms made so far keep resolving."""
        return self._scopes.rotate(scope, key=key, actor=actor)

    def _write_down(self, asked: Reversal, kind: str, permission: Permission, key: str) -> Reversal:
        """Write down that somebody asked; with a known key, what was written then.

        The pseudonym only as a keyed hash: the ledger stays for ever, and a person who is erased must not be in it.

        Raises:
            InputError: no reason, or a key that was used for something else.
            RefusedError: the actor may not, or might not when it was asked first.
        """
        check_scope(asked.scope)
        if not asked.reason.strip():
            message = "a pseudonym is undone for a reason, and none is given"
            raise InputError(message, next_step="Say why; it is written into the ledger.")
        digest = subject_key_name(self._vault, f"pseudonym of {asked.scope}", asked.pseudonym).rpartition(":")[2]
        which = {"scope": asked.scope, "pseudonym": digest, "actor": asked.actor}
        with self._database.transaction() as connection:
            query = select(pseudonym_reversals).where(pseudonym_reversals.c.key == key)
            known = connection.execute(query).mappings().first()
            if known is None:
                row = which | {"reason": asked.reason, "at": asked.at, "key": key}
                row |= {"is_allowed": permission.allowed, "rule": permission.rule}
                connection.execute(insert(pseudonym_reversals).values(row))
                told: dict[str, object] = {"digest": digest, "reason": asked.reason}
                told["rule"] = permission.rule
                what = kind if permission.allowed else "pseudonym.reversal_refused"
                self._ledger.append(connection, Draft(what, f"pseudonyms:{asked.scope}", asked.actor, told))
            elif any(known[name] != value for name, value in which.items()):
                message = f"key {key!r} was used for another pseudonym, or by somebody else"
                raise InputError(message, next_step="Take a key of its own for each.")
            else:
                permission = Permission(known["is_allowed"] and permission.allowed, known["rule"])
                asked = replace(asked, reason=known["reason"], at=known["at"])
        if not permission.allowed:
            message = f"{asked.actor} may not undo pseudonyms of {asked.scope!r}: {permission.rule}"
            raise RefusedError(
                message, next_step=f"It takes sk.Role({REVERSER!r}, members=(…)); the attempt was written down."
            )
        return asked


def _made(values: list[str], method: Method, secret: bytes) -> list[str]:
    return keyed_pseudonyms(values, secret) if method == "keyed" else prefix_pseudonyms(values, secret)


def permission_of(actor: Actor) -> Permission:
    """Whether somebody may undo and look up pseudonyms: whoever has the role "reverser", and nobody else.

    >>> permission_of(Actor("ana@grocer", ("owner",), "care")).allowed
    False
    """
    if REVERSER in actor.roles:
        return Permission(True, f"role {REVERSER!r}")
    return Permission(False, f"only the role {REVERSER!r} may; their roles: {', '.join(actor.roles) or 'none'}")
