"""What people are told: events of alerts, objectives, incidents and changes become notices."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

from steek.incidents.timeline import describe
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.kernel.settings import Settings
from steek.kernel.urn import Urn
from steek.ledger import Event, Ledger
from steek.ledger.changes import CHANGE_KINDS
from steek.monitoring import Monitor, slice_words
from steek.notify import Notice, Notices
from steek.notify.notice import NoticePurpose, NoticeSeverity, NoticeState

_ALERTS: Mapping[str, NoticeState] = {
    "alert.fired": "open",
    "alert.unsilenced": "open",
    "alert.acknowledged": "acknowledged",
    "alert.resolved": "resolved",
}
_TROUBLE = ("objective.burning", "objective.exhausted", "objective.unmeasured")
_RECOVERED = "objective.recovered"
# Whether somebody is on it is the page's to say: naming somebody else commander silences no pager.
_INCIDENTS: Mapping[str, NoticeState] = {
    "incident.declared": "open",
    "incident.resolved": "resolved",
}
_POSTED = "notice.posted"
_OPENED = "access.emergency_granted"
_PROMPTED = "signal.prompted"
NOTICED_KINDS = (*_ALERTS, *_TROUBLE, _RECOVERED, *_INCIDENTS, _OPENED, _PROMPTED, _POSTED, *CHANGE_KINDS)
# A project that is told of its first target hears of what comes, not of its whole past.
_NEWS = timedelta(days=1)
_logger = logging.getLogger(__name__)
_SEVERITIES = ("sev1", "sev2", "sev3")


class Noticing:
    """Turns events into notices; each event may come twice.

    Args:
        notices: Takes them.
        ledger: Where the event stands that another refers to.
        clock: Processing time.
        settings: Where people find the console.
        monitors: What alerts are of, for purpose and owner.
    """

    def __init__(
        self, notices: Notices, ledger: Ledger, clock: Clock, settings: Settings, monitors: Mapping[str, Monitor]
    ) -> None:
        self._notices = notices
        self._ledger = ledger
        self._clock = clock
        self._monitors = monitors
        self._privacy_contact = settings.text("privacy_contact")
        self._url = console_url(settings)

    def on_event(self, event: Event) -> None:
        """Subscription to `NOTICED_KINDS`; without any target nothing is written."""
        if not self._notices.is_told() or self._clock.now() - event.recorded_at > _NEWS:
            return
        try:
            told = self._told(event)
        except InputError as cause:
            # One event that cannot be told must not keep those after it from being told.
            _logger.error("event %s (%s) becomes no notice: %s", event.id, event.kind, cause.message)  # noqa: TRY400
            return
        if told:
            self._notices.post(*told)

    def incident_notice(self, event: Event) -> Notice:
        """What people are told of an incident by its declaration; paging adds whom it calls."""
        return self._incident(event, "open")

    def _told(self, event: Event) -> Sequence[Notice]:
        if event.kind in _ALERTS and event.payload.get("silence") is not None:
            return []
        if event.kind in _ALERTS:
            return [self._alert(event, _ALERTS[event.kind])]
        if event.kind in _TROUBLE or event.kind == _RECOVERED:
            return self._objective(event)
        if event.kind in _INCIDENTS:
            return [self._incident(event, _INCIDENTS[event.kind])]
        if event.kind in {_OPENED, _PROMPTED}:
            return [self._opened(event) if event.kind == _OPENED else self._prompted(event)]
        return [self._change(event)] if self._notices.is_told("change") else []

    def _alert(self, event: Event, state: NoticeState) -> Notice:
        payload = event.payload
        alert, name, of = _text(payload, "alert"), _text(payload, "monitor"), _text(payload, "slice")
        monitor = self._monitors.get(name)
        purpose = _text(payload, "purpose") or ("alert" if monitor is None else monitor.purpose)
        return Notice(
            key=f"alert:{alert}",
            title=_text(payload, "text") or f"{name}{f' ({slice_words(of)})' if of else ''}",
            body=_body(payload, "" if monitor is None else monitor.description),
            severity=_severity(payload),
            subject=event.subject,
            at=event.at,
            purpose=_purpose(purpose),
            owner=_text(payload, "owner") or ("" if monitor is None else monitor.owner),
            url=f"{self._url}/alerts/{alert}",
            state=state,
            group=_text(payload, "group") or None,
            labels=_labels(monitor=name, slice=of),
        )

    def _objective(self, event: Event) -> list[Notice]:
        payload = event.payload
        episode, name = _text(payload, "alert"), _text(payload, "objective")
        recovered = event.kind == _RECOVERED
        return [
            Notice(
                key=f"{kind}:{episode}",
                title=_text(payload, "text") or f"objective {name} is met again",
                body=_body(payload, ""),
                severity=_severity(payload),
                subject=event.subject,
                at=event.at,
                purpose=_purpose(_text(payload, "purpose")),
                owner=_text(payload, "owner"),
                url=f"{self._url}/objectives",
                state="resolved" if recovered else "open",
                # A burn that becomes a spent budget is the same trouble, and may wake somebody it did not before.
                group=f"objective:{episode}",
                labels=_labels(objective=name, monitor=_text(payload, "monitor"), slice=_text(payload, "slice")),
            )
            for kind in (_TROUBLE if recovered else (event.kind,))
        ]

    def _incident(self, event: Event, state: NoticeState) -> Notice:
        payload = event.payload
        incident, severity = _text(payload, "incident"), _severity(payload)
        return Notice(
            key=f"incident:{incident}",
            title=f"Incident {incident}: {_text(payload, 'title') or _text(payload, 'reason') or state}"[:300],
            severity=severity,
            subject=_text(payload, "subject") or event.subject,
            at=event.at,
            purpose="alert" if severity == "sev3" else "page",
            url=f"{self._url}/incidents/{incident}",
            state=state,
            group=self._group_of_alert(event),
            labels=_labels(incident=incident),
        )

    def _group_of_alert(self, event: Event) -> str | None:
        """An incident that an alert declared is told with it: nobody is woken twice for one trouble."""
        alert = _text(event.payload, "alert")
        if not alert or not event.causes:
            return None
        cause = self._ledger.event(event.causes[0])
        group = "" if cause is None else _text(cause.payload, "group")
        if cause is not None and cause.kind in _TROUBLE:
            return f"objective:{alert}"
        return group or f"alert:{alert}"

    def _prompted(self, event: Event) -> Notice:
        """Weak signals lie together: somebody should look whether it is an incident."""
        return Notice(
            key=_text(event.payload, "prompt"),
            title=f"Declare an incident? {_text(event.payload, 'sentence')}"[:300],
            severity="sev3",
            subject=event.subject,
            at=event.at,
            url=f"{self._url}/incidents#signals",
        )

    def _opened(self, event: Event) -> Notice:
        """Raw personal data were opened: whoever answers for privacy hears of it at once."""
        payload = event.payload
        return Notice(
            key=f"emergency:{_text(payload, 'grant')}",
            title=f"{event.actor} opened raw data to {_text(payload, 'asker')}, incident {_text(payload, 'incident')}"[
                :300
            ],
            body=describe(event),
            severity="sev2",
            subject=event.subject,
            at=event.at,
            owner=self._privacy_contact,
            url=f"{self._url}/incidents/{_text(payload, 'incident')}",
            labels=_labels(incident=_text(payload, "incident")),
        )

    def _change(self, event: Event) -> Notice:
        said = _text(event.payload, "summary") or _text(event.payload, "text")
        return Notice(
            key=event.id,
            title=said[:300] or f"{event.kind.replace('.', ' ').replace('_', ' ')}: {event.subject}",
            severity="sev3",
            subject=event.subject,
            at=event.at,
            purpose="change",
            url=f"{self._url}/ledger",
            labels=_labels(kind=event.kind, version=Urn.parse(event.subject).version or ""),
        )


def console_url(settings: Settings) -> str:
    """Where people find the console, without a slash at its end."""
    own = f"http://{settings.text('host')}:{settings.number('port')}"
    return (settings.text("public_url") or own).rstrip("/")


def _purpose(text: str) -> NoticePurpose:
    return "page" if text == "page" else "alert"


def _severity(payload: Mapping[str, object]) -> NoticeSeverity:
    severity = _text(payload, "severity")
    return severity if severity in _SEVERITIES else "sev3"


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _labels(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _body(payload: Mapping[str, object], description: str) -> str:
    """What is known besides the title, in lines."""
    lines = [description]
    onset = payload.get("onset")
    if isinstance(onset, dict):
        span = cast("dict[str, object]", onset)
        lines.append(f"Began between {_minute(span.get('earliest_at'))} and {_minute(span.get('latest_at'))} UTC.")
    evidence = payload.get("evidence")
    if isinstance(evidence, dict):
        lines.append(_text(cast("dict[str, object]", evidence), "reason"))
    affected = payload.get("affected")
    if isinstance(affected, list) and affected:
        lines.append("In use: " + ", ".join(str(each) for each in cast("list[object]", affected)[:20]))
    lines.append(_text(payload, "reason"))
    return "\n".join(line for line in lines if line)


def _minute(instant: object) -> str:
    return str(instant)[:16].replace("T", " ")
