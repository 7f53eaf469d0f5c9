"""Who sits at the console: whoever the token stands for, else a name that the visitor gives, kept in a cookie."""

from collections.abc import MutableMapping
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from steek.governance import SUPPORT, caller
from steek.incidents.updates.viewing import is_of_team

_COOKIE = "steek_actor"
_A_YEAR_S = 365 * 86400
_LONGEST = 100


def signed_in() -> str | None:
    """The principal of the token that this request came with; None without one, where a name is only said."""
    found = caller()
    return found.principal if found is not None and found.token is not None else None


def is_of_the_team() -> bool:
    """Whether whoever looks may see everything: without a token, or with one of an owner or member."""
    return is_of_team(caller())


def asks_the_bench() -> bool:
    """Whether whoever looks may ask the bench single questions."""
    found = caller()
    return is_of_the_team() or (found is not None and SUPPORT in found.roles)


def sign(form: MutableMapping[str, str]) -> None:
    """With a token a form acts as its principal, whatever name was sent in it."""
    principal = signed_in()
    if principal is not None:
        form["actor"] = principal


def actor_of(request: Request) -> str:
    """The token's principal, else the name given last, "" for none: that fills a field in and proves nothing."""
    return signed_in() or unquote(request.cookies.get(_COOKIE, ""))[:_LONGEST]


def remember_actor(response: Response, actor: str) -> None:
    """Fill the name in next time; a token says it by itself."""
    if signed_in() is not None:
        return
    value = quote(actor[:_LONGEST], safe="")
    response.set_cookie(_COOKIE, value, max_age=_A_YEAR_S, httponly=True, samesite="strict")
