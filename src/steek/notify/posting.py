"""One HTTP request that always ends: its whole time is bounded, and so is what is read of the answer."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
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
# Too early, too many, timed out: the same request may do later. Other 4xx will stay what they are.
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a POST; `text` is its beginning."""

    status: int
    text: str
    retry_after_s: float | None


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> Posted | Receipt:
    """POST once, without following redirects. A Receipt says why there is no answer, without naming the address."""
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
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
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
    parts = urlsplit(url.reveal())
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


async def _post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> Posted:
    async with asyncio.timeout(timeout_s):
        async with (
            httpx.AsyncClient(timeout=timeout_s, verify=_trust()) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            held = bytearray()
            async for part in answer.aiter_bytes():
                held += part
                if len(held) > _MOST_ANSWER_BYTES:
                    break
            asked = answer.headers.get("retry-after", "")
            text = bytes(held).decode("utf-8", "replace")
            return Posted(answer.status_code, " ".join(text.split()), float(asked) if asked.isdecimal() else None)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
