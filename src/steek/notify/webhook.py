"""A signed webhook: for whatever has no notifier of its own."""

import base64
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

from steek.kernel.records import canonical_json
from steek.notify.notice import Notice, Receipt
from steek.notify.posting import checked_url, post, receipt_of, shown_url
from steek.notify.signing import signature
from steek.notify.targets import Target

SCHEMA = "steek.notice/1"
_PICTURE_NAME = "chart.png"
_NOT_TOLD = frozenset({"picture_png", "to", "only_to"})


class Webhook:
    """POSTs a JSON document, signed.

    Headers: `Idempotency-Key`, the same for every attempt; `Steek-Timestamp`, Unix seconds; `Steek-Signature`, see
    `steek.notify.signing`, over the body as it is sent. The picture comes as base64 inside the document (`picture =
    "base64"`), as a second part of a multipart/form-data body beside `notice` ("multipart"), or not ("none").

    Args:
        target: Takes url and secret, both of which may be `env:NAME`, and picture.
    """

    repeat_every_s = None

    def __init__(self, target: Target) -> None:
        self._url = target.options.secret("url")
        self._secret = target.options.secret("secret")
        self._picture = target.options.text("picture", "base64", allowed=("base64", "multipart", "none"))
        self._where = target.options.where
        self._timeout_s = target.timeout_s

    def __repr__(self) -> str:
        return f"Webhook({shown_url(self._url)})"

    @property
    def takes_pictures(self) -> bool:
        return self._picture != "none"

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:
        """POST one notice; the receiver answers with 2xx once it is safe with it."""
        url, secret = checked_url(self._url.reveal(), self._where), self._secret.reveal()
        body, content_type = self._body(notice, key)
        timestamp_s = int(at.astimezone(UTC).timestamp())
        headers = {
            "Content-Type": content_type,
            "Idempotency-Key": key,
            "Steek-Timestamp": str(timestamp_s),
            "Steek-Signature": signature(secret, timestamp_s, body),
        }
        return receipt_of(post(url, body, headers, timeout_s=self._timeout_s))

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - nothing is repeated
        """Once is enough."""
        return Receipt("delivered")

    def close(self) -> None:
        """Nothing is held."""

    def _body(self, notice: Notice, key: str) -> tuple[bytes, str]:
        document = {"schema": SCHEMA, "delivery": key, **document_of(notice)}
        if notice.picture_png is not None and self._picture == "base64":
            coded = base64.b64encode(notice.picture_png).decode()
            document["picture"] = {"name": _PICTURE_NAME, "media_type": "image/png", "base64": coded}
        body = canonical_json(document).encode()
        if notice.picture_png is None or self._picture != "multipart":
            return body, "application/json"
        return _multipart(body, notice.picture_png, boundary=f"steek-{key}")


def document_of(notice: Notice) -> dict[str, object]:
    """The fields of a notice but its picture and who else is told."""
    return {each.name: getattr(notice, each.name) for each in fields(notice) if each.name not in _NOT_TOLD}


def _multipart(document: bytes, picture: bytes, *, boundary: str) -> tuple[bytes, str]:
    """Both as one body (RFC 7578), the same for each attempt because the boundary is."""
    parts = (
        (b'name="notice"', b"application/json", document),
        (f'name="picture"; filename="{_PICTURE_NAME}"'.encode(), b"image/png", picture),
    )
    lines = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\nContent-Type: %s\r\n\r\n%s\r\n"
        % (boundary.encode(), name, kind, content)
        for name, kind, content in parts
    )
    return lines + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
