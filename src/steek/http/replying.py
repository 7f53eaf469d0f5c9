"""Records of the platform as JSON responses, and who asks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Header, Query
from fastapi.responses import JSONResponse

from steek.kernel.errors import InputError
from steek.kernel.records import to_plain

Actor = Annotated[str | None, Header(alias="X-Steek-Actor", description="Who does it; written into the ledger.")]
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="The same key again does nothing twice; needed to write.")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]


def reply(value: object, status: int = 200) -> JSONResponse:
    """A record as JSON; lists stand in an object, because a list cannot grow a second field."""
    plain = to_plain(value)
    body = {"items": plain} if isinstance(value, Sequence) and not isinstance(value, str) else plain
    return JSONResponse(body, status)


def require_key(key: str | None) -> str:
    """The idempotency key of a request that writes."""
    if not key:
        message = "the header Idempotency-Key is missing"
        raise InputError(message, next_step="Send a key of your own choice; repeat it when you repeat the request.")
    return key


def actor_or_api(actor: str | None) -> str:
    """The name given, or the API itself."""
    return actor or "api"
