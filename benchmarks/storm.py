"""10,000 alerts of one cause that fire within a minute: one incident that has them all.

Ours: `Incidents.consider_alert` and `Signals.on_event` of each event, as the subscriptions hand them over; the first of
a group takes those that fired with it along, a thousand in one transaction. Twice: slices of one monitor; and 200
models, each with its monitor and all below one dead dataset, while 300 weak signals of others are open. The slower
counts. The peer writes each alert to its incident in a transaction of its own, flushed each; its figure is that of a
sample, carried to all of them.
"""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measuring import Result, stopwatch
from steek.incidents import Incidents
from steek.incidents.declaring import attach_alert
from steek.incidents.desk import Desk
from steek.incidents.open_alerts import evidence_of
from steek.incidents.signals.signals import Signals
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Draft, Event, Ledger, Lineage
from steek.ledger.migrating import migrate
from steek.monitoring import Alert
from steek.monitoring.alert_events import fired
from steek.monitoring.alerts import write_alerts
from steek.monitoring.kinds import Kind

ALERTS, SAMPLE, MODELS, SIGNALS = 10_000, 300, 200, 300
DEAD = "dataset:till_lines@1"
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
GOAL_S = 60.0


def alerts(group: str, count: int) -> list[Alert]:
    """Slices of one monitor, each with an alert."""
    window = Window(AT - timedelta(days=1), AT)
    first = Alert(
        id="",
        monitor="partner sales",
        subject="model:partner_demand",
        slice=None,
        window=window,
        value=0.0,
        lower=1.0,
        upper=None,
        onset=window,
        state="firing",
        severity="sev2",
        evidence={"reason": "no sales"},
        declare="sev2",
        opened_at=AT,
        last_window_end_at=AT,
        group=group,
    )
    return [replace(first, id=f"{group}{at:011x}", slice=f"{group}={at}") for at in range(count)]


def below_one_dataset(ledger: Ledger, count: int) -> list[Alert]:
    """Models that learn from one dataset, each with a monitor that declares; their alerts, as grouping groups them."""
    names = [f"demand_{at}" for at in range(MODELS)]
    ledger.record(
        Draft("dataset.derived", DEAD, "night"),
        *(Draft("model.trained", f"trained:{name}@1", "night", edges=((DEAD, f"trained:{name}@1"),)) for name in names),
    )
    found = alerts("w", count)
    return [
        replace(alert, subject=f"model:{names[at % MODELS]}", monitor=f"answers of {names[at % MODELS]}")
        for at, alert in enumerate(found)
    ]


def file_signals(signals: Signals, count: int) -> None:
    """Weak signals that nobody has decided on, of systems that have nothing to do with it."""
    for at in range(count):
        signals.file(f"odd answer {at}", on=f"model:other_{at}", kind="support", actor="desk", key=f"signal {at}")


def fire(database: Database, ledger: Ledger, found: list[Alert]) -> list[Event]:
    with database.transaction() as connection:
        write_alerts(connection, found)
        return ledger.append(connection, *(fired(alert, Kind.SHARE) for alert in found))


def told(incidents: Incidents, signals: Signals, events: list[Event]) -> set[str]:
    """Hand events over as subscriptions do; the incidents that took them."""
    owners: set[str] = set()
    for event in events:
        owner = incidents.consider_alert(event)
        owners |= set() if owner is None else {owner.id}
        signals.on_event(event)
    return owners


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, clock = Database.open(f"sqlite:///{folder / 'steek.db'}"), ReplayClock(folder / "clock")
        clock.set(AT)
        migrate(database)
        ledger, lineage = Ledger(database, clock), Lineage(database)
        incidents = Incidents(database, ledger, lineage, clock, {})
        desk = Desk(database, ledger, lineage, clock, incidents.menu)
        signals = Signals(desk, within=timedelta(days=1))
        events = fire(database, ledger, alerts("a", ALERTS))
        with stopwatch() as ours:
            owners = told(incidents, signals, events)
        [incident] = incidents.list()
        assert owners == {incident.id}, "one incident"
        with stopwatch() as cold:
            assert len(incidents.stories.read(incident.id).alerts) == ALERTS
        with stopwatch() as warm:
            incidents.stories.read(incident.id)
        file_signals(signals, SIGNALS)
        events = fire(database, ledger, below_one_dataset(ledger, ALERTS))
        with stopwatch() as wide:
            owners = told(incidents, signals, events)
        assert len(owners) == 1, "one incident"
        [one] = owners
        assert len(incidents.stories.read(one).alerts) == ALERTS
        assert len(signals.list(open_only=True, limit=SIGNALS)) == SIGNALS
        others = alerts("b", SAMPLE)
        event_ids = [event.id for event in fire(database, ledger, others)]
        with stopwatch() as bare:
            for alert, event_id in zip(others, event_ids, strict=True):
                with database.transaction() as connection:
                    attach_alert(desk, connection, incident, evidence_of(alert, event_id, attached_at=AT))
        database.close()
    peer_s = bare().wall_s / SAMPLE * ALERTS
    figure_s = max(ours().wall_s, wide().wall_s)
    print(f"{ALERTS:,} alerts, one incident: {ours().wall_s:.1f} s; one by one {peer_s:.1f} s")
    print(f"{ALERTS:,} alerts of {MODELS} models below one dataset, {SIGNALS} signals open: {wide().wall_s:.1f} s")
    print(f"its story read for the first time in {cold().wall_s:.2f} s, again in {warm().wall_s * 1e3:.0f} ms")
    Result(
        name="storm",
        figure=figure_s,
        unit="s for 10,000 alerts of one cause, the slower of one monitor and of 200 models below one dataset",
        peer="a transaction for each alert",
        peer_figure=peer_s,
        limit_figure=None,
        goal=f"a storm of 10,000 alerts in a minute is kept up with: less than {GOAL_S:g} s",
        met=figure_s < GOAL_S,
    ).end()


if __name__ == "__main__":
    main()
