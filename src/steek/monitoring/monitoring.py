"""The service: evaluates monitors, keeps their alerts, and answers the console."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from steek.kernel.clock import Clock
from steek.kernel.errors import DeclarationError, NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database, Event, Ledger
from steek.monitoring import alert_events
from steek.monitoring.alerting.silencing import expire_silences
from steek.monitoring.alerts import Alert, AlertState, acknowledge_alert, read_alert, read_alerts
from steek.monitoring.evaluating import EvaluationOptions, Evaluator
from steek.monitoring.exploring import Explored, MonitorFilter, read_latest
from steek.monitoring.incident_events import follow_incident
from steek.monitoring.indicators.health import MonitorHealth, health_of, read_health
from steek.monitoring.indicators.registry import INDICATORS, indicator_of
from steek.monitoring.indicators.slicing import sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.monitor import Monitor, Phase
from steek.monitoring.points import read_points, slices_of
from steek.monitoring.series import Series
from steek.monitoring.states import MonitorState, StateRow, read_states
from steek.monitoring.thresholds.service import Thresholds
from steek.monitoring.wording import threshold_text


class Monitoring:
    """Monitors of a project; safe to share between threads and processes.

    Args:
        sources: Where indicators read.
        database: State, and the ledger's events in the same transactions.
        ledger: Where alerts are told.
        clock: Processing time.
        monitors: Declarations by name.
        options: How they are evaluated.

    Raises:
        DeclarationError: a monitor that is filed under another name, or whose indicator is not registered.
    """

    def __init__(
        self,
        sources: Sources,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        monitors: Mapping[str, Monitor],
        options: EvaluationOptions | None = None,
    ) -> None:
        for name, monitor in monitors.items():
            _check(name, monitor)
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self.monitors = dict(monitors)
        self._evaluator = Evaluator(sources, database, ledger, clock, options or EvaluationOptions())
        self.thresholds = Thresholds(sources, database, clock, self.monitors)

    def evaluate(self, window: Window, *, key: str, only: Sequence[str] | None = None) -> list[Alert]:
        """Measure the window with every monitor, compare, and fire or resolve alerts.

        Each monitor is one transaction, so an evaluation that was cut off goes on where it stopped; a monitor
        that was evaluated with this key is not measured again. A new key measures a window again and replaces
        its points: after data were mended, for example.

        Args:
            window: Event time, usually a business day; each monitor measures its own windows in it. Monitors with a
                delay measure those that lie so far back.
            key: Idempotency key.
            only: Names of the monitors to evaluate; None for all.

        Returns:
            Alerts that this evaluation fired or resolved, as they are now.

        Raises:
            NotFoundError: `only` names a monitor that there is not.
        """
        chosen = self._named(only)
        expire_silences(self._database, self._ledger, self.monitors, now=self._clock.now())
        changed = self._evaluator.evaluate(chosen, window, key)
        if only is None:
            self._evaluator.tell_overdue(list(self.monitors.values()))
        return self._found(changed)

    def evaluate_due(
        self, until: datetime, *, key_prefix: str = "due", only: Sequence[str] | None = None
    ) -> list[Alert]:
        """Measure every window that was over at `until` and was not measured yet, oldest first.

        After a stop, windows that were missed are made up for, as far back as the setting catch_up_windows allows; a
        monitor that left some out says so. One that was never evaluated begins with the data it reads. What is
        measured as it is now, such as an age, is measured for the last window only.

        Args:
            until: Event time; usually now.
            key_prefix: Beginning of the idempotency keys; windows that were measured under any key are not due.
            only: Names of the monitors to evaluate; None for all.

        Returns:
            Alerts that were fired or resolved, as they are now.

        Raises:
            NotFoundError: `only` names a monitor that there is not.
        """
        chosen = self._named(only)
        expire_silences(self._database, self._ledger, self.monitors, now=self._clock.now())
        self._evaluator.tell_overdue(list(self.monitors.values()))
        return self._found(self._evaluator.evaluate_due(chosen, until, key_prefix))

    def health(self) -> list[MonitorHealth]:
        """How every declared monitor itself is doing now, by name: evaluated in time, and measuring what can be."""
        now = self._clock.now()
        with self._database.reading() as connection:
            rows = read_health(connection)
        return [health_of(self.monitors[name], rows.get(name), now) for name in sorted(self.monitors)]

    def explore(self, which: MonitorFilter | None = None, *, since: datetime) -> list[Explored]:
        """Monitors that fit, by name, each with its points whose window starts from `since`; a few queries in all."""
        chosen = which or MonitorFilter()
        both = zip(self.monitors_state(), self.health(), strict=True)
        fitting = [(state, own) for state, own in both if chosen.lets_through(self.monitors[state.monitor], state, own)]
        with self._database.reading() as connection:
            found = read_latest(connection, [(state.monitor, state.slice) for state, _ in fitting], since=since)
        return [Explored(state, own, tuple(found.get((state.monitor, state.slice), ()))) for state, own in fitting]

    def names(self, phase: Phase) -> list[str]:
        """Monitors that a night evaluates as soon as its data are in ("data"), or at its end ("models"), by name."""
        found = sorted(self.monitors.items())
        return [name for name, one in found if (one.phase or indicator_of(one.indicator).side) == phase]

    def series(
        self, monitor: str, slice: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> Series:
        """Points with a window start in [since, until) of one slice; no points when it was never measured.

        Raises:
            NotFoundError: no such monitor.
        """
        declared = self._monitor(monitor)
        indicator = indicator_of(declared.indicator)
        with self._database.reading() as connection:
            points = tuple(read_points(connection, monitor, slice, since=since, until=until))
        lower, upper = (points[-1].lower, points[-1].upper) if points else (None, None)
        threshold = threshold_text(declared.threshold, indicator.kind, indicator.unit)
        return Series(monitor, slice, points, lower, upper, indicator.unit_words, threshold)

    def slices(self, monitor: str) -> Sequence[str | None]:
        """Slices of a monitor that were ever measured; None is the whole."""
        with self._database.reading() as connection:
            return slices_of(connection, self._monitor(monitor).name)

    def alerts(self, state: AlertState | None = None) -> list[Alert]:
        """Alerts, latest first; all of them, or those in one state."""
        with self._database.reading() as connection:
            return read_alerts(connection, state=state)

    def alert(self, alert_id: str) -> Alert:
        """One alert. Raises NotFoundError when there is none of that id."""
        with self._database.reading() as connection:
            return read_alert(connection, alert_id)

    def acknowledge(self, alert_id: str, *, actor: str) -> Alert:
        """Say that a person has seen a firing alert; the same person again changes nothing.

        Raises:
            NotFoundError: no such alert.
            IllegalTransitionError: it is acknowledged by somebody else, or resolved.
        """
        with self._database.transaction() as connection:
            alert = read_alert(connection, alert_id)
            if alert.acknowledged_by == actor:
                return alert
            acknowledge_alert(connection, alert, actor=actor, at=self._clock.now())
            self._ledger.append(connection, alert_events.acknowledged(alert, actor=actor))
            return read_alert(connection, alert_id)

    def monitors_state(self) -> list[MonitorState]:
        """How every declared monitor stands, by name; undecided when it was never evaluated."""
        with self._database.reading() as connection:
            rows = read_states(connection)
        return [_state(self.monitors[name], rows.get(name)) for name in sorted(self.monitors)]

    def on_incident(self, event: Event) -> None:
        """Subscription to `INCIDENT_KINDS`: hold the thresholds of a subject while an incident is open on it."""
        with self._database.transaction() as connection:
            follow_incident(connection, event)

    def _monitor(self, name: str) -> Monitor:
        if name not in self.monitors:
            raise NotFoundError.among("monitor", name, self.monitors)
        return self.monitors[name]

    def _found(self, changed: Sequence[str]) -> list[Alert]:
        with self._database.reading() as connection:
            found = {alert.id: alert for alert in read_alerts(connection, ids=changed)}
        return [found[alert] for alert in changed]

    def _named(self, only: Sequence[str] | None) -> list[Monitor]:
        names = sorted(self.monitors) if only is None else [self._monitor(name).name for name in only]
        return [self.monitors[name] for name in names]


def _check(name: str, monitor: Monitor) -> None:
    if name != monitor.name:
        message = f"monitor {monitor.name!r} is filed under {name!r}"
        raise DeclarationError(message, next_step="File monitors by their own name.")
    if monitor.indicator.name not in INDICATORS:
        raise DeclarationError(
            f"monitor {name!r} has indicator {monitor.indicator.name!r}; there are: {', '.join(sorted(INDICATORS))}"
        )


def _state(monitor: Monitor, row: StateRow | None) -> MonitorState:
    indicator = indicator_of(monitor.indicator)
    threshold = threshold_text(monitor.threshold, indicator.kind, indicator.unit)
    if row is None:
        return MonitorState(
            monitor=monitor.name,
            indicator=monitor.indicator.name,
            subject=monitor.subject,
            owner=monitor.owner,
            purpose=monitor.purpose,
            unit=indicator.unit_words,
            every=monitor.window,
            by=sliced_by(monitor.indicator),
            threshold=threshold,
            state="undecided",
            reason="not evaluated yet",
        )
    return MonitorState(
        monitor=monitor.name,
        indicator=monitor.indicator.name,
        subject=monitor.subject,
        owner=monitor.owner,
        purpose=monitor.purpose,
        unit=indicator.unit_words,
        every=monitor.window,
        by=sliced_by(monitor.indicator),
        threshold=threshold,
        state=row.state,
        reason=row.reason,
        slice=row.slice,
        value=row.value,
        rows=row.rows,
        lower=row.lower,
        upper=row.upper,
        slices=row.slices,
        failing=row.failing,
        undecided=row.undecided,
        window=row.window,
        evaluated_at=row.evaluated_at,
        over_budget=row.over_budget,
    )
