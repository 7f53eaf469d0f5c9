"""Changes as CloudEvents 1.0 over HTTP: binary, structured and batched; and as plain JSON.

Source: CloudEvents 1.0.2, its JSON event format and its HTTP protocol binding.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import unquote

import msgspec

from steek.kernel.errors import InputError, UnreadableError
from steek.kernel.records import content_hash
from steek.kernel.urn import Urn
from steek.ledger import OutsideNote
from steek.ledger.outside import OUTSIDE_KINDS
from steek.notify import plain_line

PLAIN = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_NEEDED = ("id", "source", "type")
_MOST_EVENTS = 1_000
_FORM = "See CloudEvents 1.0: specversion, id, source and type are required."


class _Told(msgspec.Struct):
    """What a change says of itself, in plain JSON or as the data of an event."""

    subject: str | None = None
    summary: str | None = None
    message: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    expected: bool | Literal["true", "false"] = False
    on: list[str] = []
    kind: str | None = None

    @property
    def is_expected(self) -> bool:
        return self.expected in (True, "true")


def plain_note(body: bytes, *, key: str, now: datetime) -> OutsideNote:
    """A change from plain JSON.

    Raises:
        UnreadableError: it is no JSON of that form.
        InputError: it lacks subject or summary, or they are wrong.
    """
    told = _told(_json(body), "the body")
    if told.subject is None or told.summary is None:
        message = f"the body lacks {'subject' if told.subject is None else 'summary'}"
        raise InputError(message, next_step='Send {"subject": "campaign:18", "summary": "..."}.')
    return _note(told, key=key, subject=told.subject, summary=told.summary, at=told.at, now=now, source=None)


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters, in small letters; "" without one."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def cloud_events(headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[OutsideNote] | None:
    """Changes from CloudEvents in any mode; None when the request is none.

    Args:
        headers: Of the request, by small names.
        body: Of the request.
        now: Stands in for the time that an event lacks where it must have one.

    Raises:
        UnreadableError: the body is no JSON of the form that its content type says.
        InputError: an attribute is missing or wrong; the message names it.
    """
    kind = media_type(headers)
    if kind == STRUCTURED:
        return [_event(_mapping(_json(body), "the event"), now)]
    if kind == BATCH:
        many = _json(body)
        if not isinstance(many, list) or len(cast("list[object]", many)) > _MOST_EVENTS:
            message = f"a batch is a JSON array of at most {_MOST_EVENTS:,} events"
            raise UnreadableError(message)
        return [_event(_mapping(each, f"event {at}"), now) for at, each in enumerate(cast("list[object]", many))]
    if "ce-specversion" not in headers and "ce-id" not in headers:
        return None
    attributes: dict[str, Any] = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    if body:
        is_json = not kind or kind == PLAIN or kind.endswith("+json")
        attributes["data"] = _json(body) if is_json else body.decode("utf-8", "replace")
    return [_event(attributes, now)]


def _event(attributes: Mapping[str, Any], now: datetime) -> OutsideNote:
    if attributes.get("specversion") != "1.0":
        message = f"specversion of the event is {str(attributes.get('specversion'))[:20]!r}; allowed: '1.0'"
        raise InputError(message, next_step=_FORM)
    for name in (*_NEEDED, "subject", "time"):
        value = attributes.get(name)
        if (name in _NEEDED and not value) or not isinstance(value, str | None):
            message = f"{name} of the event must be a text, and not empty"
            raise InputError(message, next_step=_FORM)
    source, event_id, kind = (str(attributes[name]) for name in ("source", "id", "type"))
    data = _data(attributes)
    told = _told(_understood(cast("dict[str, Any]", data)), "data of the event") if isinstance(data, dict) else _Told()
    said = data if isinstance(data, str) and data else None
    # Extensions are another place where a sender may say it: some cannot change their data.
    more = _told({name: attributes[name] for name in ("until", "expected") if name in attributes}, "the event")
    told.until, told.expected = told.until or more.until, told.is_expected or more.is_expected
    return _note(
        told,
        # Together they are unique, by the specification.
        key=content_hash(["cloudevent", source, event_id]),
        subject=_subject(attributes.get("subject"), told.subject, source),
        summary=plain_line(told.summary or told.message or said or kind, 1_000),
        at=told.at or _time(attributes.get("time")),
        now=now,
        source=plain_line(source, 300),
    )


def _understood(data: Mapping[str, Any]) -> dict[str, Any]:
    """Other systems fill `data` as they like: what is named as ours and of another form is theirs."""
    own = {name: data[name] for name in ("summary", "message", "subject") if isinstance(data.get(name), str)}
    if data.get("kind") in OUTSIDE_KINDS:
        own["kind"] = data["kind"]
    return own | {name: data[name] for name in ("until", "expected", "on") if data.get(name) is not None}


def _note(
    told: _Told, *, key: str, subject: str, summary: str, at: datetime | None, now: datetime, source: str | None
) -> OutsideNote:
    begins_at = _utc(at)
    return OutsideNote(
        key=key,
        subject=str(Urn.parse(subject)),
        summary=summary,
        at=begins_at or (now if told.is_expected else None),
        until=_utc(told.until),
        expected=told.is_expected,
        on=tuple(told.on),
        source=source,
        kind=told.kind,
    )


def _subject(*given: object) -> str:
    """The first of them that is a URN; the last stands for the system that tells."""
    *subjects, source = given
    for subject in subjects:
        try:
            return str(Urn.parse(plain_line(str(subject), 300)))
        except InputError:
            continue
    return f"system:{plain_line(str(source).replace('@', '_'), 200)}"


def _data(attributes: Mapping[str, Any]) -> Any:
    coded = attributes.get("data_base64")
    if coded is None:
        return attributes.get("data")
    try:
        raw = base64.b64decode(str(coded), validate=True)
    except binascii.Error as cause:
        message = "data_base64 of the event is not base64"
        raise UnreadableError(message) from cause
    kind = str(attributes.get("datacontenttype", PLAIN))
    return _json(raw) if kind.endswith("json") else raw.decode("utf-8", "replace")


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        message = f"the body is not JSON: {'nested too deeply' if isinstance(cause, RecursionError) else cause}"
        raise UnreadableError(message) from cause


def _told(value: object, what: str) -> _Told:
    try:
        return msgspec.convert(value, _Told)
    except (msgspec.MsgspecError, RecursionError) as cause:
        message = f"{what} has the wrong form: {cause}"
        raise UnreadableError(message) from cause


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        message = f"{what} is not a JSON object"
        raise UnreadableError(message, next_step=_FORM)
    return cast("dict[str, Any]", value)


def _time(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime)
    except msgspec.MsgspecError as cause:
        message = f"time of the event is {str(text)[:40]!r}, not an RFC 3339 timestamp"
        raise InputError(message) from cause


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
