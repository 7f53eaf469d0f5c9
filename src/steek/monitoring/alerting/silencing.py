"""Beginning and ending silences, each with the alerts it holds and the events that tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steek.kernel.errors import InputError
from steek.kernel.records import content_hash
from steek.kernel.units import format_duration
from steek.ledger import Database, Draft, Ledger
from steek.monitoring import alert_events
from steek.monitoring.alerting.silences import (
    Silence,
    SilenceAction,
    end_silence,
    is_loud,
    keep_quiet,
    read_silence,
    read_silences,
    silence_of,
    write_silence,
)
from steek.monitoring.alerts import Alert, read_alerts
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.monitor import Monitor

_ACTOR = "steek"
_MOST_CHARACTERS = 300


def new_silence(
    monitors: Mapping[str, Monitor], *, monitor: str, subject: str, slice: str, starts_at: datetime, ends_at: datetime,
    reason: str, author: str, key: str, covers_pages: bool, most: timedelta,
) -> Silence:  # fmt: skip
    """A silence about to be written.

    Raises:
        InputError: no reason, no time or too much of it, a pattern too long, or only monitors that page or declare
            incidents fit and it was not said that they are meant.
    """
    for name, pattern in (("monitor", monitor), ("subject", subject), ("slice", slice)):
        if len(pattern) > _MOST_CHARACTERS or (not pattern and name != "slice"):
            message = f"the pattern of the {name} has {len(pattern)} characters; 1 to {_MOST_CHARACTERS} are allowed"
            raise InputError(message, next_step="Write a name, or * for all.")
    if not reason.strip() or len(reason) > 500:
        message = f"a silence needs a reason of 1 to 500 characters, not {len(reason.strip())}"
        raise InputError(message, next_step="Say why, for whoever wonders why nobody was told.")
    if not starts_at < ends_at:
        message = f"a silence must end after it begins: {starts_at.isoformat()} to {ends_at.isoformat()}"
        raise InputError(message)
    if ends_at - starts_at > most:
        message = f"a silence of {format_duration(ends_at - starts_at)} is longer than {format_duration(most)}"
        raise InputError(message, next_step="Silence for less, fix the rule, or raise the setting most_silence.")
    silence = Silence(
        id=content_hash(["silence", key])[:12],
        monitor=monitor,
        subject=subject,
        slice=slice,
        covers_pages=covers_pages,
        hides=(),
        reason=reason.strip(),
        author=author,
        state="active",
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return _with_hidden(silence, monitors)


def begin(
    connection: Connection, ledger: Ledger, silence: Silence, monitors: Mapping[str, Monitor], *, key: str
) -> None:
    """Store a silence, hold the open alerts that it covers, and tell of it."""
    write_silence(connection, silence, key)
    held = [
        alert
        for alert in read_alerts(connection, open_only=True)
        if alert.silence is None and alert.monitor in monitors and silence.covers(monitors[alert.monitor], alert.slice)
    ]
    keep_quiet(connection, [alert.id for alert in held], silence.id)
    payload: dict[str, object] = {
        **_identity(silence),
        "reason": silence.reason,
        "ends_at": silence.ends_at,
        "hides": list(silence.hides),
        "covers_pages": silence.covers_pages,
        "alerts": len(held),
    }
    ledger.append(connection, Draft("silence.began", f"silence:{silence.id}", silence.author, payload))


def end(
    connection: Connection, ledger: Ledger, silence: Silence, monitors: Mapping[str, Monitor], action: SilenceAction,
    *, at: datetime, by: str | None,
) -> None:  # fmt: skip
    """End a silence: what it held and still fires is told of now, unless another silence covers it.

    Raises:
        IllegalTransitionError: it was over already.
    """
    end_silence(connection, silence, action, at=at, by=by)
    others = [one for one in read_silences(connection, at=at) if one.id != silence.id]
    held = [alert for alert in read_alerts(connection, open_only=True) if alert.silence == silence.id]
    moved: dict[str | None, list[str]] = {}
    drafts: list[Draft] = []
    for alert in held:
        monitor = monitors.get(alert.monitor)
        other = None if monitor is None else silence_of(others, monitor, alert.slice)
        moved.setdefault(other, []).append(alert.id)
        if other is None and monitor is not None:
            drafts.append(_unsilenced(alert, monitor))
    for other, ids in moved.items():
        keep_quiet(connection, ids, other)
    payload: dict[str, object] = {**_identity(silence), "alerts": silence.alerts, "going_on": len(moved.get(None, ()))}
    kind = "silence.ended" if action == "end" else "silence.expired"
    ledger.append(connection, Draft(kind, f"silence:{silence.id}", by or _ACTOR, payload), *drafts)


def expire_silences(
    database: Database, ledger: Ledger, monitors: Mapping[str, Monitor], *, now: datetime
) -> list[Silence]:
    """End every silence whose time is over; returns them. Nothing is written where nothing is due."""
    with database.reading() as connection:
        due = [silence.id for silence in due_silences(connection, now=now)]
    ended: list[Silence] = []
    for silence_id in due:
        with database.transaction() as connection:
            silence = read_silence(connection, silence_id)
            if silence.state == "active":
                end(connection, ledger, silence, monitors, "expire", at=now, by=None)
                ended.append(read_silence(connection, silence_id))
    return ended


def due_silences(connection: Connection, *, now: datetime) -> list[Silence]:
    """Silences whose time is over and that did not end yet, the one that should have ended first first."""
    return [one for one in reversed(read_silences(connection, state="active")) if one.ends_at <= now]


def _with_hidden(silence: Silence, monitors: Mapping[str, Monitor]) -> Silence:
    fitting = [one for one in monitors.values() if _may_match(silence, one)]
    loud = [one for one in fitting if is_loud(one)]
    if loud and len(loud) == len(fitting) and not silence.covers_pages:
        names = ", ".join(sorted(one.name for one in loud)[:5])
        message = f"only monitors that page or declare incidents fit, and pages are not to be hidden: {names}"
        raise InputError(message, next_step="Say that pages are meant (--pages), or let them page.")
    if not silence.covers_pages:
        return silence
    return replace(silence, hides=tuple(sorted(_words(one) for one in loud)))


def _may_match(silence: Silence, monitor: Monitor) -> bool:
    """Whether some slice of it fits: which slices there are is not asked."""
    return silence.matches(monitor.name, monitor.subject, silence.slice.replace("*", ""))


def _words(monitor: Monitor) -> str:
    declares = f"declares {monitor.declare}" if monitor.declare is not None else ""
    said: Sequence[str] = [part for part in ("pages" if monitor.purpose == "page" else "", declares) if part]
    return f"{monitor.name} ({', '.join(said)})"


def _unsilenced(alert: Alert, monitor: Monitor) -> Draft:
    indicator = indicator_of(monitor.indicator)
    return alert_events.unsilenced(replace(alert, silence=None), indicator.kind, indicator.unit)


def _identity(silence: Silence) -> dict[str, object]:
    return {
        "silence": silence.id,
        "monitor": silence.monitor,
        "subject": silence.subject,
        "slice": silence.slice,
        "author": silence.author,
    }
