"""Alertmanager's own API: alerts that hold for a few minutes and are sent again until they are over."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from steek.kernel.records import canonical_json
from steek.notify.notice import Notice, Receipt
from steek.notify.posting import checked_url, post, receipt_of_api, shown_url
from steek.notify.targets import Target

NOTICE_LABEL = "steek_notice"
"""Label that carries the key of a notice; what comes back with it is an echo of our own."""
_PATH = "/api/v2/alerts"
_LABEL = re.compile(r"[^a-zA-Z0-9_]")
# Prometheus gives an alert four times its resend delay before it ends by itself.
_TIMES = 4
_MOST_CHARACTERS = 1_000


class Alertmanager:
    """`POST /api/v2/alerts` with `endsAt` a few repeats ahead, and in the past once a notice is resolved.

    An acknowledgement is an annotation: Alertmanager knows silences only, and those are people's to make.

    Args:
        target: Takes url, of the server without /api, and repeat_every_s.
    """

    takes_pictures = False

    def __init__(self, target: Target) -> None:
        self._url = target.options.secret("url")
        self.repeat_every_s: float | None = target.options.number("repeat_every_s", 60, least=0.1, most=3600)
        self._hold_s = _TIMES * self.repeat_every_s
        self._where = target.options.where
        self._timeout_s = target.timeout_s

    def __repr__(self) -> str:
        return f"Alertmanager({shown_url(self._url)})"

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - alerts have identities
        """Put one alert; the same labels again are the same alert to Alertmanager."""
        return self._put([notice], at)

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:
        """Put all alerts that are still open, in one request."""
        return self._put(notices, at)

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, notices: Sequence[Notice], at: datetime) -> Receipt:
        url = checked_url(self._url.reveal(), self._where).rstrip("/") + _PATH
        body = canonical_json([self._alert(notice, at) for notice in notices]).encode()
        return receipt_of_api(post(url, body, {"Content-Type": "application/json"}, timeout_s=self._timeout_s))

    def _alert(self, notice: Notice, at: datetime) -> dict[str, object]:
        ends_at = at if notice.state == "resolved" else at + timedelta(seconds=self._hold_s)
        return {
            "labels": alert_labels(notice),
            "annotations": _annotations(notice),
            # One that would begin after it ends is refused; clocks of two machines differ.
            "startsAt": min(notice.at, at).isoformat(),
            "endsAt": ends_at.isoformat(),
            "generatorURL": notice.url,
        }


def alert_labels(notice: Notice) -> dict[str, str]:
    """What Alertmanager tells alerts apart by; the same in every state of a notice. Empty labels do not exist there."""
    own = {
        "alertname": notice.labels.get("monitor") or notice.subject,
        "severity": notice.severity,
        "purpose": notice.purpose,
        "subject": notice.subject,
        "owner": notice.owner,
        "group": notice.group or "",
        "job": "steek",
        NOTICE_LABEL: notice.key,
    }
    given = {_LABEL.sub("_", name): value for name, value in notice.labels.items()}
    both = {**{name if not name[:1].isdigit() else f"_{name}": value for name, value in given.items()}, **own}
    return {name: value[:_MOST_CHARACTERS] for name, value in both.items() if name and value}


def _annotations(notice: Notice) -> dict[str, str]:
    told = {"summary": notice.title, "description": notice.body}
    if notice.state == "acknowledged":
        told["acknowledged"] = "yes"
    return {name: value for name, value in told.items() if value}
