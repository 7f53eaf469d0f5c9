"""Errors as RFC 9457 problems, with one HTTP status per error code."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from steek.kernel.errors import SteekError

HTTP_STATUS: dict[str, int] = {
    "input": 400,
    "settings": 400,
    "declaration": 400,
    "unreadable": 400,
    "contract_violation": 422,
    "too_large": 413,
    "not_found": 404,
    "conflict": 409,
    "illegal_transition": 409,
    "stale_write": 412,
    "frozen": 423,
    "refused": 403,
    "gate_refused": 403,
    "zero_matches": 409,
    "integrity": 500,
    "damaged_artifact": 500,
    "broken_chain": 500,
    "resource": 503,
    "storage_full": 507,
    "port_in_use": 503,
    "busy": 503,
    "missing_extra": 501,
    "user_code": 500,
    "steek": 500,
}
_MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = "1"
_NEXT_STEPS = {
    413: "Send it in several parts, or raise max_batch_bytes.",
    408: "Send it again with the same key, without pauses; nothing was written.",
    415: "Send it as it is, or with Content-Encoding: gzip.",
}


async def explain_error(request: Request, error: Exception) -> JSONResponse:
    """A SteekError as a problem."""
    assert isinstance(error, SteekError)
    answer = problem(
        request.url.path,
        HTTP_STATUS[error.code],
        error.message,
        code=error.code,
        next_step=error.next_step,
        details=error.details,
    )
    if error.code == "busy":
        answer.headers["Retry-After"] = _RETRY_AFTER_S
    return answer


async def explain_request(request: Request, error: Exception) -> JSONResponse:
    """A request whose parameters or body have the wrong form."""
    assert isinstance(error, RequestValidationError)
    faults = [Fault([str(part) for part in each["loc"]], str(each["msg"])) for each in error.errors()]
    title = f"{'.'.join(faults[0].where)}: {faults[0].what}" if faults else "the request has the wrong form"
    details: dict[str, object] = {"faults": [{"where": fault.where, "what": fault.what} for fault in faults]}
    next_step = "See /openapi.json for what this address takes."
    return problem(request.url.path, 400, title, code="input", next_step=next_step, details=details)


async def explain_status(request: Request, error: Exception) -> JSONResponse:
    """An address that does not exist, or a method or body it does not take."""
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "input"
    next_step = _NEXT_STEPS.get(error.status_code, "See /openapi.json for the addresses there are.")
    return problem(request.url.path, error.status_code, error.detail, code=code, next_step=next_step)


async def explain_value(request: Request, error: Exception) -> JSONResponse:
    """A value that no database, file or answer can hold: a number beyond 64 bits, half of a surrogate pair."""
    what = "a text is not Unicode" if isinstance(error, UnicodeError) else "a number or a moment is out of range"
    title = f"{what}: {type(error).__name__}"
    next_step = "Numbers have 64 bits, moments the years 1 to 9999, texts no lone surrogates and no zero bytes."
    return problem(request.url.path, 400, title, code="input", next_step=next_step)


async def explain_leaving(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - the form of a handler
    """A body that ended before it was whole; mostly nobody is left to read this."""
    title = "the caller went away before its request ended"
    next_step = "Send it again with the same key; nothing was written."
    return problem(request.url.path, 400, title, code="input", next_step=next_step)


async def explain_crash(request: Request, error: Exception) -> JSONResponse:
    """A fault of steek itself; the server's log has the traceback."""
    title = f"steek failed here with {type(error).__name__}"
    next_step = "Look into the log of the process; the same request may be sent again."
    return problem(request.url.path, 500, title, code="steek", next_step=next_step)


def problem(
    path: str, status: int, title: str, *, code: str, next_step: str = "", details: dict[str, object] | None = None
) -> JSONResponse:
    """The one form in which this API says that something went wrong."""
    body: dict[str, object] = {
        "type": f"urn:steek:error:{code}",
        "title": title,
        "status": status,
        "code": code,
        "next_step": next_step,
        "details": details or {},
        "instance": path,
    }
    return JSONResponse(body, status, media_type=_MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request, and where."""

    where: list[str]
    what: str
