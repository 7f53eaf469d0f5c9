"""One HTTP request that always ends: its whole time is bounded, and so is what is read of the answer."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from steek.kernel.errors import SettingsError
from steek.kernel.secret import Secret
from steek.kernel.tracing import outgoing_headers
from steek.notify.hiding import unlogged
from steek.notify.notice import Receipt

_MOST_ANSWER_BYTES = 64_000
_SHOWN_CHARACTERS = 200
# Reading a body ends this much before the attempt does, so that its status is not lost with it.
_SPARED_S = 0.05
# Too early, too many, timed out: the same request may do later. Other 4xx will stay what they are.
_SAYS_NO = re.compile(r'\{\s*"(status"\s*:\s*"(?!success|ok|accepted)|errors?"\s*:\s*(?!null|\[\s*\]|""|false))')
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a POST; `text` is its beginning."""

    status: int
    text: str
    retry_after_s: float | None


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> Posted | Receipt:
    """POST once, without following redirects. A Receipt says why there is no answer, without naming the address."""
    # Reading the certificates of the system takes a while once; no receiver is to blame for that.
    _trust()
    try:
        with unlogged():
            return asyncio.run(_post(url, body, {**headers, **outgoing_headers()}, timeout_s))
    except TimeoutError:
        return Receipt("failed", f"no answer within {timeout_s:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        # Words of these errors may hold the address.
        return Receipt("failed", f"no connection: {type(error).__name__}")


def receipt_of(answer: Posted | Receipt) -> Receipt:
    """What an answer means: 2xx delivered, 408, 425, 429 and 5xx to be tried again, all others refused."""
    if isinstance(answer, Receipt):
        return answer
    if 200 <= answer.status < 300:
        return Receipt("delivered", "", answer.status)
    later = answer.status in _LATER or answer.status >= 500
    detail = f"answered {answer.status}: {answer.text[:_SHOWN_CHARACTERS]}".rstrip(": ")
    return Receipt("failed" if later else "refused", detail, answer.status, answer.retry_after_s)


def checked_url(url: str, where: str) -> str:
    """An http or https address.

    Raises:
        SettingsError: it is none; the address itself is not told.
    """
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fine = False
    if not is_fine:
        message = f"{where}: url must begin with http:// or https:// and name a host"
        raise SettingsError(message)
    return url


def shown_url(url: Secret) -> str:
    """Scheme, host and port of an address, which may be shown; the reference where its variable is not set.

    >>> shown_url(Secret("https://ada:pw@chat.example:8443/hooks/T0/B0?x=1"))
    'https://chat.example:8443'
    """
    if not url.is_set:
        return url.reference
    try:
        parts = urlsplit(url.reveal())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(no address)"
    return f"{parts.scheme}://{parts.hostname}{port}"


def receipt_of_api(answer: Posted | Receipt) -> Receipt:
    """As `receipt_of`, for an API whose answers are known: 2xx with a web page, or with JSON that speaks of an error,
    came from something in between (a portal, a proxy), or is no delivery; it may do later.
    """
    receipt = receipt_of(answer)
    if isinstance(answer, Receipt) or receipt.outcome != "delivered":
        return receipt
    said = answer.text[:_SHOWN_CHARACTERS]
    if said.startswith("<") or _SAYS_NO.match(said):
        return Receipt("failed", f"answered {answer.status}, but not as the API does: {said}", answer.status)
    return receipt


async def _post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> Posted:
    began_s = asyncio.get_running_loop().time()
    async with asyncio.timeout(timeout_s):
        async with (
            httpx.AsyncClient(timeout=timeout_s, verify=_trust()) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            text = await _beginning(answer, began_s + timeout_s)
            return Posted(answer.status_code, " ".join(text.split()), retry_after_s(answer.headers))


async def _beginning(answer: httpx.Response, until_s: float) -> str:
    """What can be read of the body: the status has said already what became of the request."""
    held = bytearray()
    try:
        async with asyncio.timeout_at(until_s - _SPARED_S):
            async for part in answer.aiter_bytes():
                held += part
                if len(held) > _MOST_ANSWER_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return bytes(held).decode("utf-8", "replace")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After: seconds, or a moment by the receiver's own clock (RFC 9110, 10.2.3)."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked)
    try:
        until, now = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
