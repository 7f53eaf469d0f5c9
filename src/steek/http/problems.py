"""Errors as RFC 9457 problems, with one HTTP status per error code."""

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


async def explain_error(request: Request, error: Exception) -> JSONResponse:
    """A SteekError as a problem."""
    assert isinstance(error, SteekError)
    body = {
        "type": f"urn:steek:error:{error.code}",
        "title": error.message,
        "status": HTTP_STATUS[error.code],
        "code": error.code,
        "next_step": error.next_step,
        "details": error.details,
        "instance": request.url.path,
    }
    return JSONResponse(body, HTTP_STATUS[error.code], media_type=_MEDIA_TYPE)


async def explain_request(request: Request, error: Exception) -> JSONResponse:
    """A request whose parameters or body have the wrong form."""
    assert isinstance(error, RequestValidationError)
    faults = [{"where": list(fault["loc"]), "what": fault["msg"]} for fault in error.errors()]
    first = faults[0] if faults else {"where": [], "what": "the request"}
    body = {
        "type": "urn:steek:error:input",
        "title": f"{'.'.join(str(part) for part in first['where'])}: {first['what']}",
        "status": 400,
        "code": "input",
        "next_step": "See /openapi.json for what this address takes.",
        "details": {"faults": faults},
        "instance": request.url.path,
    }
    return JSONResponse(body, 400, media_type=_MEDIA_TYPE)


async def explain_status(request: Request, error: Exception) -> JSONResponse:
    """An address that does not exist, or a method it does not take."""
    assert isinstance(error, HTTPException)
    body = {
        "type": "about:blank",
        "title": error.detail,
        "status": error.status_code,
        "code": "not_found" if error.status_code == 404 else "input",
        "next_step": "See /openapi.json for the addresses there are.",
        "details": {},
        "instance": request.url.path,
    }
    return JSONResponse(body, error.status_code, media_type=_MEDIA_TYPE)
