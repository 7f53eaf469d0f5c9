"""The service: evaluates monitors, keeps their alerts, and answers the console."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steek.kernel.clock import Clock
from steek.kernel.errors import DeclarationError, NotFoundError, SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Event, Ledger
from steek.monitoring import alert_events
from steek.monitoring.alerts import Alert, AlertState, acknowledge_alert, read_alert, read_alerts
from steek.monitoring.evaluation_step import Step, apply, evaluated_alerts
from steek.monitoring.incident_events import follow_incident
from steek.monitoring.indicators.registry import INDICATORS
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import Monitor
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

    Raises:
        DeclarationError: a monitor that is filed under another name, or whose indicator is not registered.
    """

    def __init__(
        self, sources: Sources, database: Database, ledger: Ledger, clock: Clock, monitors: Mapping[str, Monitor]
    ) -> None:
        for name, monitor in monitors.items():
            _check(name, monitor)
        self._sources = sources
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self.monitors = dict(monitors)
        self.thresholds = Thresholds(sources, database, clock, self.monitors)

    def evaluate(self, window: Window, *, key: str, only: Sequence[str] | None = None) -> list[Alert]:
        """Measure the window with every monitor, compare, and fire or resolve alerts.

        Each monitor is one transaction, so an evaluation that was cut off goes on where it stopped; a monitor
        that was evaluated with this key is not measured again. A new key measures a window again and replaces
        its points: after data were mended, for example.

        Args:
            window: Event time. Monitors with a delay measure the window that lies so far back.
            key: Idempotency key.
            only: Names of the monitors to evaluate; None for all.

        Returns:
            Alerts that this evaluation fired or resolved, as they are now.

        Raises:
            NotFoundError: `only` names a monitor that there is not.
        """
        names = sorted(self.monitors) if only is None else [self._monitor(name).name for name in only]
        changed = [alert for name in names for alert in self._evaluate(self.monitors[name], window, key)]
        with self._database.reading() as connection:
            found = {alert.id: alert for alert in read_alerts(connection, ids=changed)}
        return [found[alert] for alert in changed]

    def series(
        self, monitor: str, slice: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> Series:
        """Points with a window start in [since, until) of one slice; no points when it was never measured.

        Raises:
            NotFoundError: no such monitor.
        """
        declared = self._monitor(monitor)
        kind = INDICATORS[declared.indicator.name].kind
        with self._database.reading() as connection:
            points = tuple(read_points(connection, monitor, slice, since=since, until=until))
        lower, upper = (points[-1].lower, points[-1].upper) if points else (None, None)
        return Series(monitor, slice, points, lower, upper, kind.unit, threshold_text(declared.threshold, kind))

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

    def _evaluate(self, monitor: Monitor, window: Window, key: str) -> list[str]:
        with self._database.reading() as connection:
            known = evaluated_alerts(connection, key, monitor.name)
        if known is not None:
            return known
        delay = timedelta(seconds=monitor.indicator.delay_s)
        measured = Window(window.start_at - delay, window.end_at - delay)
        measurements = self._measure(monitor, measured)
        indicator = INDICATORS[monitor.indicator.name]
        with self._database.transaction() as connection:
            step = Step(monitor, indicator, measured, key, self._clock.now())
            return self._write(connection, step, measurements)

    def _write(self, connection: Connection, step: Step, measurements: Sequence[Measurement]) -> list[str]:
        known = evaluated_alerts(connection, step.key, step.monitor.name)
        if known is not None:
            return known
        changed, drafts = apply(connection, step, measurements)
        self._ledger.append(connection, *drafts)
        return changed

    def _measure(self, monitor: Monitor, window: Window) -> list[Measurement]:
        try:
            return INDICATORS[monitor.indicator.name].measure(self._sources, monitor.indicator, window)
        except SteekError as error:
            # One series that cannot be read must not blind the others; its point says why.
            return [Measurement(None, None, 0, unreadable=f"could not be measured: {error.message}")]


def _check(name: str, monitor: Monitor) -> None:
    if name != monitor.name:
        message = f"monitor {monitor.name!r} is filed under {name!r}"
        raise DeclarationError(message, next_step="File monitors by their own name.")
    if monitor.indicator.name not in INDICATORS:
        raise DeclarationError(
            f"monitor {name!r} has indicator {monitor.indicator.name!r}; there are: {', '.join(sorted(INDICATORS))}"
        )


def _state(monitor: Monitor, row: StateRow | None) -> MonitorState:
    kind = INDICATORS[monitor.indicator.name].kind
    threshold = threshold_text(monitor.threshold, kind)
    if row is None:
        return MonitorState(
            monitor=monitor.name,
            indicator=monitor.indicator.name,
            subject=monitor.subject,
            owner=monitor.owner,
            purpose=monitor.purpose,
            unit=kind.unit,
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
        unit=kind.unit,
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
