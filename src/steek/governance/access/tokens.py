"""Bearer tokens: shown once, kept as a hash, for a while."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import RowMapping, insert, select, update

from steek.governance.access.actors import SERVICE_PREFIX
from steek.governance.access.gate import Access
from steek.governance.access.tables import access_tokens
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger

TokenState = Literal["active", "expired", "revoked"]
TRANSITIONS: Mapping[tuple[TokenState, Literal["revoke"]], TokenState] = {
    ("active", "revoke"): "revoked",
    ("expired", "revoke"): "revoked",
}
_PREFIX = "steek"
_LONGEST_TOKEN = 200
_LONGEST_LIFE = timedelta(days=366)
_KEY_LENGTH = 300
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret.

    Args:
        id: Its public name.
        principal: Whom it stands for.
        roles: The roles it gives; empty gives those that the project declares for the principal.
        issued_at: When.
        issued_by: By whom.
        expires_at: From when on it opens nothing.
        revoked_at: None while nobody revoked it.
        revoked_by: By whom.
        state: "active", "expired" or "revoked", now.
    """

    id: str
    principal: str
    roles: tuple[str, ...]
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    state: TokenState


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; `secret` is the only copy, None when this key was used before."""

    token: Token
    secret: str | None

    def __repr__(self) -> str:
        return f"Issued({self.token!r})"


class Tokens:
    """Issues, finds and revokes tokens.

    Args:
        access: Knows the roles.
        database: Keeps ids and hashes; no secret ever.
        ledger: Gets `access.token_issued` and `access.token_revoked`.
        clock: Expiry.
    """

    def __init__(self, access: Access, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._access = access
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def issue(self, principal: str, roles: Sequence[str], lifetime: timedelta, *, key: str, actor: str) -> Issued:
        """Make a token. The same key again gives the same token without its secret, which nobody has any more.

        Raises:
            InputError: a lifetime that is not within a year, an unknown role, or a principal that is a service.
            ConflictError: the key was used for another principal.
        """
        _check_key(key)
        if not timedelta(0) < lifetime <= _LONGEST_LIFE:
            message = f"a token lives longer than nothing and at most {_LONGEST_LIFE.days} days, not {lifetime}"
            raise InputError(message, next_step="For example --expires 30d.")
        if principal.startswith(SERVICE_PREFIX):
            message = f"{principal!r} is a service of this house; tokens are for people and jobs"
            raise InputError(message, next_step="Name the job, e.g. job:weekly-report.")
        for role in roles:
            self._access.check_role(role)
        self._access.actor(principal, roles=roles)
        now = self._clock.now()
        id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        row = {
            "id": id,
            "key": key,
            "principal": principal,
            "roles": sorted(set(roles)),
            "secret_hash": _hash(secret),
            "issued_at": now,
            "issued_by": actor,
            "expires_at": now + lifetime,
        }
        with self._database.transaction() as connection:
            known = connection.execute(select(access_tokens).where(access_tokens.c.key == key)).mappings().first()
            if known is not None:
                if known["principal"] != principal:
                    message = f"key {key!r} was used for a token of another principal"
                    raise ConflictError(message, next_step="Give each token its own key.")
                return Issued(self._to_token(known), None)
            connection.execute(insert(access_tokens).values(row))
            payload: dict[str, object] = {
                "principal": principal,
                "roles": row["roles"],
                "expires_at": row["expires_at"],
            }
            self._ledger.append(connection, Draft("access.token_issued", f"token:{id}", actor, payload))
        return Issued(self.token(id), f"{_PREFIX}_{id}_{secret}")

    def find(self, text: str) -> Token | None:
        """The active token that this text is, or None. Takes as long for a wrong secret as for a right one."""
        parts = text.split("_", 2)
        well_formed = len(text) <= _LONGEST_TOKEN and text.isascii() and len(parts) == 3 and parts[0] == _PREFIX
        id, secret = (parts[1], parts[2]) if well_formed else ("", "")
        with self._database.reading() as connection:
            row = connection.execute(select(access_tokens).where(access_tokens.c.id == id)).mappings().first()
        fits = hmac.compare_digest(_hash(secret), _NOBODY if row is None else row["secret_hash"])
        if row is None or not fits:
            return None
        token = self._to_token(row)
        return token if token.state == "active" else None

    def token(self, id: str) -> Token:
        """A token by its id. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = connection.execute(select(access_tokens).where(access_tokens.c.id == id)).mappings().first()
        if row is None:
            # Not repeated in the message: somebody may have given the token itself.
            message = "no token has this id"
            raise NotFoundError(message, next_step="'steek access token list' shows the ids.")
        return self._to_token(row)

    def known(self) -> list[Token]:
        """All tokens, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(access_tokens).order_by(access_tokens.c.issued_at.desc())).mappings()
            return [self._to_token(row) for row in rows]

    def revoke(self, id: str, *, key: str, actor: str) -> Token:
        """End a token now.

        Raises:
            NotFoundError: no such token.
            IllegalTransitionError: it was revoked before, with another key.
        """
        _check_key(key)
        found = self.token(id)
        with self._database.transaction() as connection:
            table = access_tokens
            row = connection.execute(select(table).where(table.c.id == id)).mappings().one()
            if row["revoke_key"] == key:
                return self._to_token(row)
            transition(TRANSITIONS, self._to_token(row).state, "revoke", what=f"token {id}")
            values = {"revoked_at": self._clock.now(), "revoked_by": actor, "revoke_key": key}
            connection.execute(update(table).where(table.c.id == id).values(values))
            payload: dict[str, object] = {"principal": found.principal}
            self._ledger.append(connection, Draft("access.token_revoked", f"token:{id}", actor, payload))
        return self.token(id)

    def _to_token(self, row: RowMapping) -> Token:
        values: dict[str, Any] = {name: row[name] for name in Token.__dataclass_fields__ if name != "state"}
        state: TokenState = "active" if row["expires_at"] > self._clock.now() else "expired"
        values["state"] = "revoked" if row["revoked_at"] is not None else state
        values["roles"] = tuple(row["roles"])
        return Token(**values)


def _hash(secret: str) -> str:
    # Of 256 random bits a plain hash tells nothing; slow hashes are for what people think up.
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_key(key: str) -> None:
    if not 0 < len(key) <= _KEY_LENGTH:
        message = f"a key has 1 to {_KEY_LENGTH} characters, this one {len(key)}"
        raise InputError(message)
