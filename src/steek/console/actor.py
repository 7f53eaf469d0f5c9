"""Who sits at the console: a name that the visitor gives, kept in a cookie for the next form."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

_COOKIE = "steek_actor"
_A_YEAR_S = 365 * 86400
_LONGEST = 100


def actor_of(request: Request) -> str:
    """The name given last, "" for none. It fills a field in; it proves nothing."""
    return unquote(request.cookies.get(_COOKIE, ""))[:_LONGEST]


def remember_actor(response: Response, actor: str) -> None:
    """Fill the name in next time."""
    value = quote(actor[:_LONGEST], safe="")
    response.set_cookie(_COOKIE, value, max_age=_A_YEAR_S, httponly=True, samesite="strict")
