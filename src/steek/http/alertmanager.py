"""`/v1/alertmanager`: the webhook of Alertmanager, version 4, and what others say is wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from steek.http.replying import Actor, Limit, actor_or_api, reply
from steek.kernel.errors import InputError, UnreadableError
from steek.notify import OutsideAlert, ToldAlert
from steek.platform import Platform

_VERSION = "4"
_MOST_ALERTS = 10_000


@dataclass(frozen=True, slots=True)
class WebhookAlert:
    """One alert as Alertmanager tells it; `endsAt` of the year 1 means that it is open."""

    status: str
    fingerprint: str
    started_at: Annotated[datetime, Field(alias="startsAt")]
    ended_at: Annotated[datetime | None, Field(alias="endsAt")] = None
    labels: dict[str, str] = field(default_factory=dict[str, str])
    annotations: dict[str, str] = field(default_factory=dict[str, str])
    url: Annotated[str, Field(alias="generatorURL")] = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One notification of a group."""

    version: str
    alerts: list[WebhookAlert]
    receiver: str = ""
    truncated: Annotated[int, Field(alias="truncatedAlerts")] = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """The alerts as they are known now, and how many Alertmanager left out."""

    items: list[OutsideAlert]
    truncated: int


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/alertmanager", tags=["notices"])

    @routes.get("")
    def alerts(open_only: bool = False, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Alerts of other systems, latest first."""
        return reply(platform.outside_alerts.alerts(open_only=open_only, limit=limit))

    @routes.post("")
    def take(told: Webhook, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take in what Alertmanager tells; the same again is the same, by fingerprint and start of each alert."""
        if told.version != _VERSION:
            message = f"the webhook has version {told.version[:20]!r}; this is version {_VERSION}"
            raise UnreadableError(message)
        if len(told.alerts) > _MOST_ALERTS:
            message = f"the webhook has {len(told.alerts):,} alerts; at most {_MOST_ALERTS:,} are taken"
            raise InputError(message, next_step="Set max_alerts of the receiver.")
        taken = platform.outside_alerts.take([_told(alert) for alert in told.alerts], actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply(Taken(taken, told.truncated))

    return routes


def _told(alert: WebhookAlert) -> ToldAlert:
    if alert.status not in ("firing", "resolved"):
        message = f"status of alert {alert.fingerprint[:64]!r} is {alert.status[:40]!r}; allowed: firing, resolved"
        raise InputError(message)
    if not alert.fingerprint:
        message = "an alert has no fingerprint"
        raise InputError(message)
    started_at = _utc(alert.started_at)
    ended_at = None
    if alert.status == "resolved":
        # Resolved without an end: it ended when this was told at the latest, and began before.
        ended_at = started_at if _is_zero(alert.ended_at) else max(started_at, _utc(alert.ended_at))
    summary = alert.annotations.get("summary") or alert.annotations.get("description") or ""
    return ToldAlert(alert.fingerprint, alert.labels, summary, alert.url, started_at, ended_at)


def _is_zero(at: datetime | None) -> bool:
    return at is None or at.year == 1


def _utc(at: datetime | None) -> datetime:
    assert at is not None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
