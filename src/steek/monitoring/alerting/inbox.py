"""The service: groups of alerts as people work through them, silences, verdicts, and the report of noisy rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from steek.kernel.clock import Clock
from steek.kernel.errors import IllegalTransitionError, InputError, SteekError
from steek.ledger import Database, Draft, Ledger
from steek.monitoring import alert_events
from steek.monitoring.alerting.deciding import Target, acknowledged_in, read_target
from steek.monitoring.alerting.groups import GroupState, read_groups
from steek.monitoring.alerting.noise import NoiseReport, RuleNoise, with_suggestions
from steek.monitoring.alerting.noise_log import is_told, report_of, week_of, write_report
from steek.monitoring.alerting.silences import Silence, read_silence, read_silences
from steek.monitoring.alerting.silencing import begin, due_silences, end, expire_silences, new_silence
from steek.monitoring.alerting.stories import (
    AlertStory,
    GroupLine,
    GroupStory,
    alert_story,
    group_lines,
    group_story,
    waiting,
)
from steek.monitoring.alerting.systems import read_systems
from steek.monitoring.alerting.verdicts import (
    AlertVerdict,
    check_seen,
    checked_verdict,
    read_verdicts,
    remember,
    request_of,
    write_verdicts,
)
from steek.monitoring.alerts import Alert, acknowledge_alert
from steek.monitoring.monitor import Monitor
from steek.monitoring.thresholds.declared import LearnedThreshold
from steek.monitoring.thresholds.service import Thresholds

_WIDER = 1.5
_BACK_TEST_DAYS = 90
_TOLD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class InboxOptions:
    """How alerts are worked with.

    Args:
        most_silence: The longest a silence may last.
        precision_target: Share of the judged alerts of a rule that should be useful.
    """

    most_silence: timedelta = timedelta(days=7)
    precision_target: float = 0.5


class AlertInbox:
    """Alerts as people work with them; safe to share between threads and processes.

    Every writing method takes `key`: called again with the same key it writes nothing and returns what is stored.
    A target is the id of an alert or of a group, which stands for all its alerts.

    Args:
        database: State, and the ledger's events in the same transactions.
        ledger: Where decisions are told.
        clock: Processing time.
        monitors: Declarations by name.
        thresholds: Plays rules back for suggestions; None makes them without figures.
        options: How.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        monitors: Mapping[str, Monitor],
        thresholds: Thresholds | None = None,
        options: InboxOptions | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._monitors = dict(monitors)
        self._thresholds = thresholds
        self.options = options or InboxOptions()

    def inbox(
        self, state: GroupState | None = None, *, since: datetime | None = None, limit: int = 100
    ) -> list[GroupLine]:
        """Groups, open ones first, then the worst, then the newest; merged ones only when asked for.

        Args:
            state: Only "open", "resolved" or "merged" ones.
            since: Only those that changed at or after this instant; open ones always.
            limit: At most so many, the newest.
        """
        with self._database.reading() as connection:
            found = read_groups(connection, state=state, limit=None if state == "open" else limit)
            if state is None:
                is_open = {group.id for group in found if group.state == "open"}
                found = [group for group in found if group.state != "merged"]
                found += [one for one in read_groups(connection, state="open") if one.id not in is_open]
            if since is not None:
                found = [group for group in found if group.state == "open" or group.changed_at >= since]
            return waiting(group_lines(connection, found))[:limit]

    def group(self, group_id: str) -> GroupStory:
        """One group with its alerts; of one that was merged, the group it became part of.

        Raises:
            NotFoundError: none of that id.
        """
        with self._database.reading() as connection:
            return group_story(connection, group_id, read_systems(connection, now=self._clock.now()))

    def alert(self, alert_id: str) -> AlertStory:
        """One alert with everything known about it.

        Raises:
            NotFoundError: none of that id.
        """
        charts = {name: monitor.subject for name, monitor in self._monitors.items() if monitor.purpose == "chart"}
        with self._database.reading() as connection:
            systems = read_systems(connection, now=self._clock.now())
            return alert_story(connection, alert_id, systems, charts)

    def acknowledge(self, target: str, *, actor: str, key: str) -> list[Alert]:
        """Say that a person has seen a firing alert, or all that fire in a group; the same person again writes nothing.

        Returns:
            The alerts that are acknowledged now.

        Raises:
            NotFoundError: no alert and no group of that id.
            IllegalTransitionError: somebody else acknowledged it before, or nothing of it fires any more.
        """
        by = _named(actor)
        with self._database.transaction() as connection:
            chosen = read_target(connection, target)
            if request_of(connection, key, "acknowledge", target) is not None:
                return acknowledged_in(chosen)
            firing = [alert for alert in chosen.alerts if alert.state == "firing"]
            if not firing:
                if any(alert.acknowledged_by == by and alert.state == "acknowledged" for alert in chosen.alerts):
                    return acknowledged_in(chosen)
                raise _nothing_fires(chosen)
            now = self._clock.now()
            for alert in firing:
                acknowledge_alert(connection, alert, actor=by, at=now)
            self._ledger.append(connection, *(alert_events.acknowledged(alert, actor=by) for alert in firing))
            ids = [alert.id for alert in firing]
            remember(connection, key, "acknowledge", target, ids, actor=by, at=now)
            return acknowledged_in(read_target(connection, target))

    def judge(
        self, target: str, verdict: str, *, actor: str, key: str, note: str = "", seen: int | None = None
    ) -> list[AlertVerdict]:
        """Say whether an alert, or all alerts of a group, were useful or noise; the last word counts.

        Args:
            target: Alert or group.
            verdict: "useful", "noise" or "unsure".
            actor: Who says it.
            key: Idempotency key.
            note: Why, or what was done about it.
            seen: Version of the verdicts that the actor looked at; None judges over whatever is stored.

        Raises:
            NotFoundError: no alert and no group of that id.
            InputError: no such verdict.
            StaleWriteError: somebody judged in between.
        """
        said, by = checked_verdict(verdict, note), _named(actor)
        with self._database.transaction() as connection:
            chosen = read_target(connection, target)
            ids = [alert.id for alert in chosen.alerts]
            known = read_verdicts(connection, ids)
            done = request_of(connection, key, "judge", target)
            if done is not None:
                return [known[name] for name in done]
            check_seen(list(known.values()), seen, what=chosen.words)
            now = self._clock.now()
            version = {name: known[name].version + 1 if name in known else 1 for name in ids}
            new = [AlertVerdict(name, said, note.strip(), by, now, version[name]) for name in ids]
            write_verdicts(connection, new)
            payload: dict[str, object] = {
                "target": target,
                "alerts": len(ids),
                "monitors": sorted({alert.monitor for alert in chosen.alerts})[:20],
                "verdict": said,
                "note": note.strip(),
            }
            self._ledger.append(connection, Draft("alert.judged", chosen.subject, by, payload))
            remember(connection, key, "judge", target, ids, actor=by, at=now)
            return new

    def silence(
        self,
        *,
        monitor: str = "*",
        subject: str = "*",
        slice: str = "*",
        lasts: timedelta,
        reason: str,
        actor: str,
        key: str,
        covers_pages: bool = False,
    ) -> Silence:
        """Tell nobody of alerts whose monitor, subject and slice fit, until the time is over; see `Silence`.

        Alerts go on being recorded, counted and shown, and are told of when the silence ends before they do. One that
        would page or declare an incident is covered only with `covers_pages`; what that hides is named.

        Raises:
            InputError: no reason, too long, or nothing but pages fits.
        """
        with self._database.transaction() as connection:
            known = read_silences(connection, key=key)
            if known:
                return known[0]
            now = self._clock.now()
            new = new_silence(
                self._monitors,
                monitor=monitor,
                subject=subject,
                slice=slice,
                starts_at=now,
                ends_at=now + lasts,
                reason=reason,
                author=_named(actor),
                key=key,
                covers_pages=covers_pages,
                most=self.options.most_silence,
            )
            begin(connection, self._ledger, new, self._monitors, key=key)
            return read_silence(connection, new.id)

    def unsilence(self, silence_id: str, *, actor: str) -> Silence:
        """End a silence before its time; one that was ended already stays as it is.

        Raises:
            NotFoundError: none of that id.
            IllegalTransitionError: its time was over.
        """
        self.expire()
        by = _named(actor)
        with self._database.transaction() as connection:
            silence = read_silence(connection, silence_id)
            if silence.state != "ended":
                now = self._clock.now()
                end(connection, self._ledger, silence, self._monitors, "end", at=now, by=by)
            return read_silence(connection, silence_id)

    def silences(self, which: Literal["all", "active", "overdue"] = "all") -> list[Silence]:
        """Silences, the one that ends last first; those that hold now, or those whose time is over and nobody ended."""
        now = self._clock.now()
        with self._database.reading() as connection:
            if which == "overdue":
                return due_silences(connection, now=now)
            return read_silences(connection, at=now if which == "active" else None)

    def expire(self) -> list[Silence]:
        """End every silence whose time is over; the nightly evaluation does so too."""
        return expire_silences(self._database, self._ledger, self._monitors, now=self._clock.now())

    def noise_report(self, weeks: int = 4, *, suggest: bool = True) -> NoiseReport:
        """What people did with the alerts of each rule in the last weeks, and what to do about rules that are noise.

        Args:
            weeks: How many, 1 to 104.
            suggest: Whether noisy rules are played back at a greater width, which takes a while.

        Raises:
            InputError: too few or too many weeks.
        """
        if not 1 <= weeks <= 104:
            message = f"a noise report covers 1 to 104 weeks, not {weeks}"
            raise InputError(message)
        now = self._clock.now()
        with self._database.reading() as connection:
            target = self.options.precision_target
            found = report_of(connection, since_at=now - timedelta(weeks=weeks), until_at=now, target=target)
        return with_suggestions(found, self._suggestion) if suggest else found

    def untold_noise(self) -> NoiseReport | None:
        """The report over the four weeks before this one; None when it was told, or no rule fired in them."""
        now = self._clock.now()
        with self._database.reading() as connection:
            if is_told(connection, now):
                return None
            until_at, target = week_of(now), self.options.precision_target
            found = report_of(connection, since_at=until_at - _TOLD, until_at=until_at, target=target)
        return found if found.rules else None

    def tell_noise(self) -> NoiseReport | None:
        """Tell the report over the four weeks before this one as an event, once; None when there is nothing to tell."""
        found = self.untold_noise()
        if found is None:
            return None
        told = with_suggestions(found, self._suggestion)
        now = self._clock.now()
        with self._database.transaction() as connection:
            if is_told(connection, now):
                return None
            self._ledger.append(connection, write_report(connection, told, now))
        return told

    def _suggestion(self, rule: RuleNoise) -> str:
        monitor = self._monitors.get(rule.monitor)
        if monitor is None:
            return "it is no longer declared"
        if not rule.is_noisy:
            return f"nobody looks at it: agree with {monitor.owner} that somebody does, or make it purpose='chart'"
        threshold = monitor.threshold
        if not isinstance(threshold, LearnedThreshold):
            return "move its bound, or make it purpose='chart'"
        width = threshold.width * _WIDER
        said = f"raise its width from {threshold.width:g} to {width:g}"
        tried = self._played(rule.monitor, width)
        return f"{said} ({tried}), or make it purpose='chart'" if tried else f"{said}, or make it purpose='chart'"

    def _played(self, monitor: str, width: float) -> str:
        if self._thresholds is None:
            return ""
        try:
            return self._thresholds.back_test(monitor, _BACK_TEST_DAYS, width=width).sentence
        except SteekError:
            return ""


def _named(actor: str) -> str:
    if not actor.strip() or len(actor) > 200:
        message = f"a name has 1 to 200 characters, not {len(actor.strip())}"
        raise InputError(message, next_step="Say who you are.")
    return actor.strip()


def _nothing_fires(chosen: Target) -> IllegalTransitionError:
    seen = [alert for alert in chosen.alerts if alert.state == "acknowledged"]
    if seen:
        last = max(seen, key=lambda alert: alert.acknowledged_at or alert.opened_at)
        when = "" if last.acknowledged_at is None else f" at {last.acknowledged_at:%Y-%m-%d %H:%M} UTC"
        message = f"{chosen.words} is acknowledged already, by {last.acknowledged_by}{when}"
        return IllegalTransitionError(message, next_step="Talk to them; nothing was written.")
    message = f"{chosen.words} is resolved; acknowledge is not possible now, possible: none, it is final"
    return IllegalTransitionError(message, next_step="Say whether it was useful instead.")
