"""Files of incidents in the console: attached by a form, shown never, saved by whoever may see the incident."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive

from steek.console.actor import remember_actor, sign
from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents import PinKind
from steek.kernel.errors import InputError, NotFoundError, TooLargeError

_BESIDE_BYTES = 20_000  # fields of the form and the borders of its parts
_MOST_FIELDS = 10


async def attach(site: Site, request: Request) -> Response:
    """Take the file of a form and go back to the page of its incident.

    Raises:
        InputError: no name, no file, or a form that cannot be read.
        TooLargeError: the form is larger than a file may be.
    """
    pins, incident = site.services.pins, request.path_params["id"]
    limited = Request(request.scope, _limited(request.receive, pins.most_bytes + _BESIDE_BYTES))
    try:
        async with limited.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_BESIDE_BYTES) as sent:
            fields = {name: value for name, value in sent.items() if isinstance(value, str)}
            file = sent.get("file")
            if not isinstance(file, UploadFile):
                raise InputError("no file was sent", next_step="Choose one and send the form again.")
            name, content = file.filename or "file", await file.read(pins.most_bytes + 1)
    except MultiPartException as cause:
        raise InputError("this form cannot be read", next_step="Reload the page and send it again.") from cause
    sign(fields)
    actor = fields.get("actor", "").strip()
    if not actor:
        raise InputError("nobody signed this", next_step="Fill in 'You are' and send it again.")
    key = key_of(site, fields)
    await run_in_threadpool(lambda: pins.attach(incident, name, content, actor, key=key))
    response = RedirectResponse(f"/incidents/{quote(incident, safe='')}?done=pinned#pins", status_code=303)
    remember_actor(response, actor)
    return response


def chart(site: Site, request: Request) -> Response:
    """The picture of a pinned chart, which runs nothing."""
    pins, which = site.services.pins, request.path_params["id"]
    if pins.get(which).kind is not PinKind.CHART:
        message = f"pin {which} is a file"
        raise NotFoundError(message, next_step="Save it from the page of its incident.")
    headers = {
        "cache-control": "private, max-age=86400, immutable",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return Response(pins.content(which), media_type="image/svg+xml", headers=headers)


def file(site: Site, request: Request) -> Response:
    """A file to be saved: a browser neither shows nor runs it, whatever is in it."""
    pins, which = site.services.pins, request.path_params["id"]
    name = pins.get(which).title.encode("utf-8", "replace")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return Response(pins.content(which), media_type="application/octet-stream", headers=headers)


def _limited(receive: Receive, most_bytes: int) -> Receive:
    """The body of a request up to a size; what is larger is refused before it is kept anywhere."""
    size_bytes = 0

    async def receive_some() -> Message:
        nonlocal size_bytes
        message = await receive()
        size_bytes += len(message.get("body", b""))
        if size_bytes > most_bytes:
            message_text = f"the file has more than {most_bytes - _BESIDE_BYTES:,} bytes"
            raise TooLargeError(message_text, next_step="Attach the part that shows it.")
        return message

    return receive_some
