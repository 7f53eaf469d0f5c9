"""Alerts of other systems, as Alertmanager's webhook brings them: each once, from firing to resolved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.kernel.records import content_hash
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger
from steek.notify.alertmanager import NOTICE_LABEL
from steek.notify.plain_text import plain_line
from steek.notify.tables import outside_alerts

OutsideState = Literal["firing", "resolved"]
_MOST_LABELS = 40
_LABEL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """One alert of a webhook: `ended_at` is None while it is open."""

    fingerprint: str
    labels: Mapping[str, str]
    summary: str
    url: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAlert:
    """An alert of another system as it is known here; `event_id` is the event that told of its latest state."""

    id: str
    fingerprint: str
    name: str
    subject: str
    severity: str
    state: OutsideState
    summary: str
    labels: Mapping[str, str]
    url: str
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime
    event_id: str


class OutsideAlerts:
    """Takes in what others say is wrong; `external.alert_fired` and `external.alert_resolved` are written once each.

    Args:
        database: State, and the ledger's events in the same transaction.
        ledger: Where they are told.
        clock: Processing time.
        came_back: Notes that an alert is one of our own notices, by its key; False when it is not.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        came_back: Callable[[Connection, str, datetime], bool] | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._came_back = came_back

    def take(self, told: Sequence[ToldAlert], *, actor: str) -> list[OutsideAlert]:
        """Take in the alerts of one webhook, all in one transaction; told again, nothing changes.

        An alert is known by its fingerprint and the moment it started. What is resolved stays so, whatever comes late.

        Returns:
            The alerts as they are known now, without those that are notices of our own coming back.
        """
        with self._database.transaction() as connection:
            now = self._clock.now()
            kept = [each for each in told if not self._is_own(connection, each, now)]
            return [self._one(connection, each, actor, now) for each in kept]

    def alerts(self, *, open_only: bool = False, limit: int = 100) -> list[OutsideAlert]:
        """Alerts of other systems, latest first."""
        query = select(outside_alerts)
        if open_only:
            query = query.where(outside_alerts.c.state == "firing")
        ordered = query.order_by(outside_alerts.c.started_at.desc(), outside_alerts.c.id).limit(limit)
        with self._database.reading() as connection:
            return [_alert(row) for row in connection.execute(ordered).mappings()]

    def _is_own(self, connection: Connection, told: ToldAlert, now: datetime) -> bool:
        key = told.labels.get(NOTICE_LABEL)
        return key is not None and self._came_back is not None and self._came_back(connection, key, now)

    def _one(self, connection: Connection, told: ToldAlert, actor: str, now: datetime) -> OutsideAlert:
        alert_id = content_hash([told.fingerprint, told.started_at])[:32]
        state: OutsideState = "firing" if told.ended_at is None else "resolved"
        query = select(outside_alerts).where(outside_alerts.c.id == alert_id)
        known = connection.execute(query).mappings().first()
        if known is not None and state in (known["state"], "firing"):
            return _alert(known)
        if known is not None:
            event = self._ledger.append(connection, _draft(_alert(known), state, told, actor))[0]
            values = {"state": state, "ended_at": told.ended_at, "event_id": event.id}
            connection.execute(update(outside_alerts).where(outside_alerts.c.id == alert_id).values(values))
            return _alert(connection.execute(query).mappings().one())
        new = _new(alert_id, told, state, now)
        event = self._ledger.append(connection, _draft(new, state, told, actor))[0]
        values = {each.name: getattr(new, each.name) for each in fields(new)} | {"event_id": event.id}
        connection.execute(insert(outside_alerts).values(values))
        return _alert(connection.execute(query).mappings().one())


def _new(alert_id: str, told: ToldAlert, state: OutsideState, now: datetime) -> OutsideAlert:
    labels = {
        plain_line(name, _LABEL_CHARACTERS): plain_line(value, _LABEL_CHARACTERS)
        for name, value in sorted(told.labels.items())
    }
    name = labels.get("alertname") or "alert"
    return OutsideAlert(
        id=alert_id,
        fingerprint=plain_line(told.fingerprint, 64),
        name=name,
        subject=_subject(labels, name),
        severity=labels.get("severity", "")[:40],
        state=state,
        summary=plain_line(told.summary, 500),
        labels=dict(list(labels.items())[:_MOST_LABELS]),
        url=plain_line(told.url, 500),
        started_at=told.started_at,
        ended_at=told.ended_at,
        received_at=now,
        event_id="",
    )


def _subject(labels: Mapping[str, str], name: str) -> str:
    """What an alert is about: the label `subject` where it is a URN, else a label named as a kind of thing."""
    try:
        return str(Urn.parse(labels["subject"]))[:300]
    except (KeyError, InputError):
        kind = next((kind for kind in ("model", "dataset") if labels.get(kind)), None)
        # Labels are free: what would be read as a version is part of the name.
        return f"{kind or 'alert'}:{(labels[kind] if kind else name).replace('@', '_')}"


def _draft(alert: OutsideAlert, state: OutsideState, told: ToldAlert, actor: str) -> Draft:
    # Labels stay in the table: other systems put into them what they like.
    payload: dict[str, object] = {
        "alert": alert.id,
        "name": alert.name,
        "severity": alert.severity,
        "summary": alert.summary,
        "fingerprint": alert.fingerprint,
        "started_at": alert.started_at,
    }
    fired = state == "firing"
    at = told.started_at if fired else told.ended_at
    return Draft("external.alert_fired" if fired else "external.alert_resolved", alert.subject, actor, payload, at=at)


def _alert(row: RowMapping) -> OutsideAlert:
    return OutsideAlert(**row)
