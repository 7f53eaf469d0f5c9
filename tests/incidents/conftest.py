"""A small loop with lineage, real alerts of monitoring, and a menu whose mitigations do things to a dictionary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from steek.incidents import Argument, Incident, Incidents, Mitigation, MitigationCall
from steek.incidents.ethics.groups import Groups
from steek.incidents.lifecycle import Action
from steek.kernel import ReplayClock, Urn, Verdict, Window
from steek.ledger import Database, Draft, Event, Ledger, Lineage
from steek.monitoring.alert_events import fired, resolved
from steek.monitoring.alerts import Alert, new_alert, resolve_alert, write_alerts
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec, Monitor
from steek.monitoring.points import Judged, write_points
from steek.monitoring.thresholds.declared import explicit

DAY = timedelta(days=1)
ONSET_DAY = datetime(2017, 10, 15, 6, tzinfo=UTC)


def joins(name: str = "partner_joins", *, on: str = "partner_lines", declare: str | None = "sev2") -> Monitor:
    indicator = IndicatorSpec("join_matched", Urn("dataset", "partner_lines"))
    threshold = explicit(lower=0.9)
    return Monitor(name, indicator=indicator, threshold=threshold, on=on, owner="x@grocer", declare=declare)  # pyright: ignore[reportArgumentType]


@dataclass
class Production:
    """What the mitigations of the tests change."""

    route: dict[str, object] = field(default_factory=lambda: {"version": 17})
    calls: list[str] = field(default_factory=list[str])

    def roll_back(self, call: MitigationCall) -> Mapping[str, object]:
        self.calls.append(call.key)
        self.route["version"] = call.arguments["to"]
        return {"now": self.route["version"]}

    def explode(self, call: MitigationCall) -> Mapping[str, object]:
        self.calls.append(call.key)
        raise ValueError("the pager is on fire")

    def observe(self, _: Mapping[str, object]) -> Mapping[str, object]:
        return dict(self.route)

    def menu(self) -> dict[str, Mitigation]:
        to = Argument("to", "version to serve")
        listed = (
            _mitigation("roll-back-fleet", self.roll_back, arguments=(to,), observe=self.observe),
            _mitigation("retrain", lambda _: {"done": True}, advances=Action.RECOVER),
            _mitigation("notice", lambda _: {"posted": True}, advances=None),
            _mitigation("explode", self.explode),
            _mitigation("unwritable", lambda _: {"share": float("nan")}),
        )
        return {mitigation.name: mitigation for mitigation in listed}


def _mitigation(
    name: str,
    run: Callable[[MitigationCall], Mapping[str, object]],
    *,
    arguments: tuple[Argument, ...] = (),
    observe: Callable[[Mapping[str, object]], Mapping[str, object]] | None = None,
    advances: Action | None = Action.MITIGATE,
) -> Mitigation:
    return Mitigation(
        name,
        risk="older answers",
        effect="demand is back at once",
        undo="roll forward",
        run=run,
        arguments=arguments,
        observe=observe,
        advances=advances,
    )


def _drawn(kind: str, subject: str, *upstream: str) -> Draft:
    return Draft(kind, subject, "tests", edges=tuple((urn, subject) for urn in upstream))


def _datasets(version: int) -> list[Draft]:
    lines, made = f"dataset:transactions@{version}", f"dataset:partner_lines@{version}"
    first = [_drawn("dataset.replaced", "dataset:products@1", "receipt:p1")] if version == 1 else []
    return [
        *first,
        _drawn("batch.committed", lines, f"receipt:{version}", f"dataset:transactions@{version - 1}"),
        _drawn("dataset.derived", made, lines, "dataset:products@1"),
    ]


def _model(name: str, source: str, version: int) -> list[Draft]:
    view, trained, definition = f"features:{name}_view@{version}", f"trained:{name}@{version}", f"definition:{name}@a1"
    return [
        *([_drawn("definition.registered", definition)] if version == 1 else []),
        _drawn("features.materialised", view, f"dataset:{source}@{version}"),
        _drawn("model.trained", trained, view, definition),
        _drawn("route.changed", f"deployment:{name}@{version}", trained),
    ]


@dataclass
class Loop:
    """Draws lineage, measures windows, fires and ends alerts, as the rooms below would."""

    database: Database
    ledger: Ledger
    clock: ReplayClock

    def at(self, day: float, hour: float = 0) -> datetime:
        """Move the clock to `day` days and `hour` hours after the window in which the trouble begins."""
        moment = ONSET_DAY + timedelta(days=day, hours=hour)
        self.clock.set(moment)
        return moment

    def tell(self, kind: str, subject: str, payload: dict[str, object] | None = None, *, edges: object = ()) -> Event:
        return self.ledger.record(Draft(kind, subject, "tests", payload or {}, edges=edges))[0]  # pyright: ignore[reportArgumentType]

    def history(self) -> None:
        """Two weeks of a healthy loop: datasets, a derived dataset, a view, two models with nightly deployments."""
        for day in range(-14, 0):
            self.at(day, 1)
            version = day + 15
            drafts = [*_datasets(version)]
            for name, source in (("partner_demand", "partner_lines"), ("search_ranking", "transactions")):
                drafts += _model(name, source, version)
            self.ledger.record(*drafts)

    def key_change(self) -> Event:
        """The evening on which every manufacturer gets a new key, with other changes near it."""
        self.at(0, 3)
        self.tell(
            "external.changed", "external:campaign/18", {"summary": "campaign 18 started", "slices": ["partner_id=69"]}
        )
        self.at(0, 14)
        payload: dict[str, object] = {"unknown_fraction": {"manufacturer_id": 1.0}, "rows": 92_331}
        replaced = self.tell(
            "dataset.replaced", "dataset:products@2", payload, edges=[("dataset:products@1", "dataset:products@2")]
        )
        self.at(0, 20)
        self.tell("route.changed", "deployment:search_ranking@15", {"action": "promote"})
        self.at(1, 0.5)
        self.tell("join.failed", "dataset:partner_lines", {"join": "lines x partners", "left": 4_012, "matched": 0})
        return replaced

    def fire(
        self, monitor: Monitor, *, value: float = 0.0, slice: str | None = None, day: int = 0
    ) -> tuple[Alert, Event]:
        """An alert as monitoring fires it, with its point and its event in one transaction."""
        window = Window(ONSET_DAY + day * DAY, ONSET_DAY + (day + 1) * DAY)
        judged = Judged(Measurement(slice, value, 4_012), Judgement(Verdict.FAIL, 0.9, None, "below its bound"))
        alert = new_alert(monitor, judged, window=window, onset=window, key=f"day {day}", opened_at=self.clock.now())
        with self.database.transaction() as connection:
            write_points(connection, monitor.name, window, [judged], self.clock.now())
            write_alerts(connection, [alert])
            event = self.ledger.append(connection, fired(alert, Kind.SHARE))[0]
        return alert, event

    def recover(self, monitor: Monitor, alert: Alert, *, day: int, windows: int = 1) -> None:
        """Windows within bounds from `day` on, and the end of the alert."""
        for number in range(windows):
            window = Window(ONSET_DAY + (day + number) * DAY, ONSET_DAY + (day + number + 1) * DAY)
            judged = Judged(
                Measurement(alert.slice, 0.97, 4_100), Judgement(Verdict.PASS, 0.9, None, "within its bounds")
            )
            with self.database.transaction() as connection:
                write_points(connection, monitor.name, window, [judged], self.clock.now())
        with self.database.transaction() as connection:
            resolve_alert(connection, alert, reason="back", at=self.clock.now())
            self.ledger.append(connection, resolved(alert, reason="back"))


@pytest.fixture
def production() -> Production:
    return Production()


@pytest.fixture
def loop(database: Database, ledger: Ledger, clock: ReplayClock) -> Loop:
    loop = Loop(database, ledger, clock)
    loop.at(1, 1)
    return loop


@pytest.fixture
def incidents(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, production: Production, loop: Loop
) -> Incidents:
    return Incidents(database, ledger, lineage, clock, production.menu())


@pytest.fixture
def declared(incidents: Incidents) -> Incident:
    """An incident that a person declared, without an alert."""
    return incidents.declare("sales down", on="partner_demand", severity="sev2", actor="ariel", key="d1")


Considers = Callable[[str], None]


@pytest.fixture
def nobody_harmed(database: Database, ledger: Ledger, clock: ReplayClock) -> Considers:
    """Answers the question that every incident asks before it closes."""

    def consider(incident: str) -> None:
        groups = Groups(database, ledger, clock)
        groups.consider(incident, (), nobody_because="orders go to a warehouse", actor="ariel", key=f"g {incident}")

    return consider


Reader = Callable[[str], list[Event]]


@pytest.fixture
def of_kind(ledger: Ledger) -> Reader:
    return lambda kind: ledger.events(kinds=[kind])
