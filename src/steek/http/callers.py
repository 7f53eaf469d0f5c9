"""Who calls: the owner at this machine, or whoever a bearer token stands for."""

import base64
import binascii
import ipaddress
import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from steek.governance import MEMBER, OPERATIONS, OWNER, SUPPORT, Actor, calling
from steek.http.headers import first_headers
from steek.http.problems import problem
from steek.kernel.errors import InputError, RefusedError
from steek.platform import Platform

# Numbers of what the project declares, for scrapers that know no tokens; no label holds a person or a row.
_OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TEAM = frozenset({OWNER, MEMBER})
# What somebody of neither role may look at: rows, of which the gate decides each, and what they mean. All other
# addresses tell of persons, batches or acts. The page of an incident leads them on to its status.
_FOR_READERS = re.compile(
    r"/|/static/.*|/charts/[^/]+\.svg|/data(/[^/]+)?|/v1/status|/v1/access/explanation|/incidents/\d{4}-\d+"
    r"|/v1/datasets(/[^/]+(/(rows|sample|profile|volumes))?)?"
)
# Decided by name, not by role: who may read concerns, which anybody raises; and how much a stakeholder sees of the
# status of an incident, where they also ask; and who agrees for the business, which is asked by a notice. The stream
# says only that something was written.
_FOR_ANYBODY = re.compile(
    r"/concerns(/.*)?|/v1/concerns(/.*)?|/stream|/incidents/[^/]+/(status|ask)|/v1/incidents/[^/]+/(status|questions)"
    r"|/v1/agreements/[^/]+/(agreement|refusal)|/incidents/[^/]+/agreements/[^/]+"
)
# What somebody noticed may be filed by anybody who is let in; reading what others filed takes a role.
_FOR_ANYBODY_TO_FILE = "/v1/signals"
# What staff who talk to customers may use besides: one question at a time, its answer, and a line that files it.
_FOR_SUPPORT = re.compile(r"/bench(/questions|/b-[0-9a-f]{12})?|/v1/bench/questions|/signals")
# Pages for outsiders: whoever has the link may read them, and nothing else stands on them.
_FOR_OUTSIDERS = re.compile(r"(/v1)?/status/[0-9a-f]{48}")
# Acts that destroy data, or tell whether a person is known.
_FOR_OWNERS = re.compile(
    r"/v1/(erasures|erasure-runs|erasure-searches|retention|housekeeping|privacy/rotations)(/.*)?|/privacy/.*"
)
_ACTOR = "x-steek-actor"
_PURPOSE = "x-steek-purpose"
# Browsers ask for name and password: the token goes where the password does.
_CHALLENGE = 'Bearer realm="steek", Basic realm="steek", charset="UTF-8"'


class Callers:
    """Lets a request in as somebody.

    A token is a person or a job: what it does is done by that principal, whatever the header X-Steek-Actor says.
    Without a token a caller on this machine is the owner, under the name it gives, unless `require_token` is set;
    a caller from elsewhere needs a token. Tokens whose roles are neither owner nor member read only, and only rows
    that policies open to them; with the role support they also ask the bench single questions and file signals.
    Erasures, retention and keys take the role owner, over the API and in the console.

    Args:
        app: The application behind.
        platform: Knows tokens and roles.
    """

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._tokens = platform.tokens
        self._access = platform.access
        self._require_token = platform.settings.flag("require_token")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN or _is_for_outsiders(scope):
            await self._app(scope, receive, send)
            return
        try:
            actor = await self._caller(scope)
            if actor is not None and actor.token is not None:
                check = _check_looker if scope["method"] in _SAFE_METHODS else _check_writer
                check(actor, scope["path"])
        except (RefusedError, InputError) as error:
            status = 403 if isinstance(error, RefusedError) else 400
            answer = problem(scope["path"], status, error.message, code=error.code, next_step=error.next_step)
            await answer(scope, receive, send)
            return
        if actor is None:
            next_step = "Send 'Authorization: Bearer TOKEN'; the owner makes one with 'steek access token issue'."
            answer = problem(scope["path"], 401, "no valid token was given", code="refused", next_step=next_step)
            answer.headers["WWW-Authenticate"] = _CHALLENGE
            await answer(scope, receive, send)
            return
        with calling(actor):
            await self._app(_as(scope, actor), receive, send)

    async def _caller(self, scope: Scope) -> Actor | None:
        headers = first_headers(scope)
        purpose, claimed = headers.get(_PURPOSE, OPERATIONS), headers.get(_ACTOR)
        authorization = headers.get("authorization")
        if authorization is None:
            if self._require_token or not _is_local(scope):
                return None
            return self._access.actor(claimed or "api", purpose, roles=(OWNER,))
        token = await run_in_threadpool(self._tokens.find, _secret_in(authorization))
        if token is None:
            return None
        if claimed is not None and claimed != token.principal:
            message = f"this token is of {token.principal!r}; it cannot act as somebody else"
            raise RefusedError(message, next_step="Leave the header X-Steek-Actor out.")
        return self._access.actor(token.principal, purpose, roles=token.roles, token=token.id)


def _is_for_outsiders(scope: Scope) -> bool:
    return scope["method"] in _SAFE_METHODS and _FOR_OUTSIDERS.fullmatch(scope["path"]) is not None


def _check_looker(actor: Actor, path: str) -> None:
    open_to_all = _FOR_READERS.fullmatch(path) or _FOR_ANYBODY.fullmatch(path)
    if not _TEAM & set(actor.roles) and not (open_to_all or _is_for_support(actor, path)):
        message = f"the token of {actor.principal!r} reads rows only; its roles: {', '.join(actor.roles) or 'none'}"
        raise RefusedError(message, next_step="This address takes the role owner or member.")


def _check_writer(actor: Actor, path: str) -> None:
    if _FOR_ANYBODY.fullmatch(path) or path == _FOR_ANYBODY_TO_FILE or _is_for_support(actor, path):
        return
    if OWNER not in actor.roles and _FOR_OWNERS.fullmatch(path):
        message = f"the token of {actor.principal!r} may not do this; its roles: {', '.join(actor.roles) or 'none'}"
        raise RefusedError(message, next_step="Erasures, retention and keys take the role owner.")
    if not _TEAM & set(actor.roles):
        message = f"the token of {actor.principal!r} reads only; its roles: {', '.join(actor.roles) or 'none'}"
        raise RefusedError(message, next_step="Changes need a token with the role owner or member.")


def _is_for_support(actor: Actor, path: str) -> bool:
    return SUPPORT in actor.roles and _FOR_SUPPORT.fullmatch(path) is not None


def _secret_in(authorization: str) -> str:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _is_local(scope: MutableMapping[str, Any]) -> bool:
    client = scope.get("client")
    if client is None:
        # A socket in the file system: whoever may open it is on this machine.
        return True
    return _is_loopback(client[0])


@lru_cache(maxsize=64)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _as(scope: Scope, actor: Actor) -> Scope:
    """The request as routes see it: with a token, under the principal's own name and without the secret."""
    if actor.token is None:
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name not in {b"authorization", _ACTOR.encode()}]
    return {**scope, "headers": [*kept, (_ACTOR.encode(), actor.principal.encode("latin-1", "replace"))]}
