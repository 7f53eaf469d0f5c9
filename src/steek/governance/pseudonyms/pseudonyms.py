"""Pseudonyms as a service: made on the way in, found again for erasure, undone with permission."""

from collections.abc import Callable, Collection, Iterable

import polars as pl
from sqlalchemy import insert, select

from steek.governance.pseudonyms.keyed import keyed_pseudonyms
from steek.governance.pseudonyms.originals import Originals
from steek.governance.pseudonyms.prefixes import prefix_pseudonyms
from steek.governance.pseudonyms.scopes import Scopes, check_scope, key_name
from steek.governance.pseudonyms.tables import pseudonym_reversals
from steek.governance.pseudonyms.types import Method, Permission, Reversal
from steek.governance.vault.ports import KeyVault
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, RefusedError
from steek.ledger.database import Database
from steek.ledger.events import Draft
from steek.ledger.ledger import Ledger

# The role that may undo pseudonyms, as projects declare it.
REVERSER = "reverser"
MayReverse = Callable[[str, str], Permission]


class Pseudonyms:
    """Keyed and deterministic: one value has one pseudonym per scope and version of the scope's key.

    Args:
        vault: Keys of scopes and persons.
        database: Sealed originals, versions and reversals.
        ledger: Hears of rotations and reversals, never of values.
        clock: Time of both.
        may_reverse: Decides from actor and scope; nothing is undone without it.
    """

    def __init__(
        self, vault: KeyVault, database: Database, ledger: Ledger, clock: Clock, may_reverse: MayReverse
    ) -> None:
        self._vault = vault
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._may_reverse = may_reverse
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
        texts = values.cast(pl.String)
        unique = texts.drop_nulls().unique(maintain_order=True)
        originals = unique.to_list()
        made = _made(originals, method, secret)
        if reversible:
            self._originals.keep(scope, dict(zip(made, originals, strict=True)), subject=subject)
        if unique.len() == texts.len():
            return pl.Series(values.name, made, dtype=pl.String)
        known = pl.DataFrame({"value": unique, "pseudonym": pl.Series(made, dtype=pl.String)})
        matched = texts.alias("value").to_frame().join(known, on="value", how="left", maintain_order="left")
        return matched["pseudonym"].alias(values.name)

    def of(self, value: object, scope: str, method: Method = "keyed") -> tuple[str, ...]:
        """All pseudonyms that a value may have in a scope: one per version of its key, oldest first."""
        names = [key_name(scope, version) for version in range(1, self._scopes.version(scope) + 1)]
        keys = self._vault.keys(names, make=False)
        return tuple(_made([str(value)], method, keys[name])[0] for name in names if name in keys)

    def reverse(self, pseudonym: str, scope: str, *, actor: str, reason: str, key: str) -> Reversal:
        """Undo a pseudonym. The event says who, which and why, and not the value; a refusal is an event too.

        Raises:
            InputError: no reason is given.
            NotFoundError: no such pseudonym in this scope, or it was forgotten.
            RefusedError: the actor may not.
        """
        check_scope(scope)
        if not reason.strip():
            message = "a pseudonym is undone for a reason, and none is given"
            raise InputError(message, next_step="Say why; it is written into the ledger.")
        value = self._originals.open(scope, pseudonym)
        reversal, permission = self._write_down(
            Reversal(scope, pseudonym, actor, reason, self._clock.now(), value), key
        )
        if not permission.allowed:
            message = f"{actor} may not undo pseudonyms of {scope!r}: {permission.rule}"
            raise RefusedError(message, next_step="Ask who governs the data; the attempt was written down.")
        return reversal

    def forget(self, values: Iterable[object], scope: str, method: Method = "keyed") -> int:
        """Delete the originals of values, of all versions; how many there were. May be repeated."""
        return self._originals.forget(scope, [each for value in values for each in self.of(value, scope, method)])

    def rotate(self, scope: str, *, key: str, actor: str) -> int:
        """Begin the next version of a scope's key; pseudonyms made so far keep resolving."""
        return self._scopes.rotate(scope, key=key, actor=actor)

    def _write_down(self, asked: Reversal, key: str) -> tuple[Reversal, Permission]:
        with self._database.transaction() as connection:
            known = connection.execute(select(pseudonym_reversals).where(pseudonym_reversals.c.key == key)).first()
            if known is not None:
                if (known.scope, known.pseudonym, known.actor) != (asked.scope, asked.pseudonym, asked.actor):
                    message = f"key {key!r} was used to undo another pseudonym, or by somebody else"
                    raise InputError(message, next_step="Take a key of its own for each reversal.")
                done = Reversal(known.scope, known.pseudonym, known.actor, known.reason, known.at, asked.value)
                return done, Permission(known.is_allowed, known.rule)
            permission = self._may_reverse(asked.actor, asked.scope)
            row = {name: getattr(asked, name) for name in ("scope", "pseudonym", "actor", "reason", "at")}
            row |= {"key": key, "is_allowed": permission.allowed, "rule": permission.rule}
            connection.execute(insert(pseudonym_reversals).values(row))
            kind = "pseudonym.reversed" if permission.allowed else "pseudonym.reversal_refused"
            payload: dict[str, object] = {
                "pseudonym": asked.pseudonym,
                "reason": asked.reason,
                "rule": permission.rule,
                "found": asked.value is not None,
            }
            self._ledger.append(connection, Draft(kind, f"pseudonyms:{asked.scope}", asked.actor, payload))
        return asked, permission


def _made(values: list[str], method: Method, secret: bytes) -> list[str]:
    return keyed_pseudonyms(values, secret) if method == "keyed" else prefix_pseudonyms(values, secret)


def reversers(members: Collection[str]) -> MayReverse:
    """Permission for those who have the role "reverser", and for nobody else."""
    allowed = frozenset(members)

    def may_reverse(actor: str, scope: str) -> Permission:  # noqa: ARG001 - the role is for all scopes
        if actor in allowed:
            return Permission(True, f"they have the role {REVERSER!r}")
        return Permission(False, f"they do not have the role {REVERSER!r}")

    return may_reverse
