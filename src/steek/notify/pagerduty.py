"""PagerDuty's Events API v2: alerts that page, and changes that explain them."""

from collections.abc import Sequence
from datetime import datetime

from steek.kernel.records import canonical_json
from steek.notify.notice import Notice, Receipt
from steek.notify.posting import checked_url, post, receipt_of_api
from steek.notify.targets import Target

_EVENTS = "https://events.pagerduty.com"
_ACTIONS = {"open": "trigger", "acknowledged": "acknowledge", "resolved": "resolve"}
_SEVERITIES = {"sev1": "critical", "sev2": "error", "sev3": "warning"}
# Limits of the API: summary 1,024 characters, key 255; an event of more than 512 KB is refused.
_SUMMARY_CHARACTERS = 1_024
_BODY_CHARACTERS = 8_000


class PagerDuty:
    """`trigger`, `acknowledge` and `resolve` with the notice's key as `dedup_key`, which makes each of them repeatable.

    Notices of purpose "change" become change events. Pictures stay behind the link: PagerDuty loads them from public
    addresses only.

    Args:
        target: Takes routing_key, and url where another region's is meant.
    """

    takes_pictures = False
    repeat_every_s = None

    def __init__(self, target: Target) -> None:
        self._routing_key = target.options.secret("routing_key")
        self._url = checked_url(target.options.text("url", _EVENTS), target.options.where).rstrip("/")
        self._timeout_s = target.timeout_s

    def __repr__(self) -> str:
        return "PagerDuty()"

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:  # noqa: ARG002 - dedup_key is the identity
        """Send one event; 202 means that it was taken."""
        routing_key = self._routing_key.reveal()
        if notice.purpose == "change":
            return self._post("/v2/change/enqueue", {"routing_key": routing_key, **_change(notice)})
        return self._post("/v2/enqueue", {"routing_key": routing_key, **_event(notice)})

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:  # noqa: ARG002 - nothing is repeated
        """Once is enough."""
        return Receipt("delivered")

    def close(self) -> None:
        """Nothing is held."""

    def _post(self, path: str, document: dict[str, object]) -> Receipt:
        body = canonical_json(document).encode()
        headers = {"Content-Type": "application/json"}
        return receipt_of_api(post(f"{self._url}{path}", body, headers, timeout_s=self._timeout_s))


def _event(notice: Notice) -> dict[str, object]:
    event: dict[str, object] = {"event_action": _ACTIONS[notice.state], "dedup_key": notice.key}
    if notice.state != "open":
        return event
    details = {"body": notice.body[:_BODY_CHARACTERS], "owner": notice.owner, **notice.labels}
    event["payload"] = {
        "summary": notice.title[:_SUMMARY_CHARACTERS],
        "source": notice.subject,
        "severity": _SEVERITIES[notice.severity],
        "timestamp": notice.at.isoformat(),
        "component": notice.subject,
        "group": notice.group or notice.key,
        "class": notice.labels.get("monitor", "steek"),
        "custom_details": {name: value for name, value in details.items() if value},
    }
    event["client"] = "steek"
    return {**event, **_links(notice), **({"client_url": notice.url} if notice.url else {})}


def _change(notice: Notice) -> dict[str, object]:
    payload = {
        "summary": notice.title[:_SUMMARY_CHARACTERS],
        "source": notice.subject,
        "timestamp": notice.at.isoformat(),
        "custom_details": dict(notice.labels),
    }
    return {"payload": payload, **_links(notice)}


def _links(notice: Notice) -> dict[str, object]:
    return {"links": [{"href": notice.url, "text": "steek"}]} if notice.url else {}
