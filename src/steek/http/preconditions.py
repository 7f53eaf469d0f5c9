"""Compare-and-set over HTTP: the version that was looked at comes back as an ETag, in If-Match or in the body."""

from typing import Annotated

from fastapi import Header
from fastapi.responses import JSONResponse

from steek.kernel.errors import InputError

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of what you decided on; 412 when it changed since.")
]


def seen_version(if_match: str | None, in_body: int | None = None) -> int | None:
    """The version somebody decided on; None when they did not say.

    Raises:
        InputError: a header that is no ETag of ours, or one that contradicts the body.
    """
    if if_match is None:
        return in_body
    text = if_match.strip().strip('"')
    if not text.isdecimal():
        message = f"If-Match is {if_match!r}, which is no ETag of a version"
        raise InputError(message, next_step='Read it again and send its ETag, such as "3".')
    if in_body not in {None, int(text)}:
        message = f"If-Match says version {text}, the body {in_body}"
        raise InputError(message, next_step="Say the version that you looked at once.")
    return int(text)


def tag(response: JSONResponse, version: int) -> JSONResponse:
    """The response with its version as ETag."""
    response.headers["ETag"] = f'"{version}"'
    return response
