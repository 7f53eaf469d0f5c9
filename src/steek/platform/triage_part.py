"""The part of declaring and of the state of incidents: signals, triage, pins, declarations kept on this machine."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steek.data import Lake
from steek.incidents import Incidents, OfflineDeclarations, Pins, Signals, Triage
from steek.incidents.attaching import Attaching
from steek.incidents.desk import Desk
from steek.incidents.impact.merging import Merges
from steek.incidents.impact.severity import parse_rules
from steek.incidents.impact.triage import ESTIMATED_KINDS
from steek.incidents.signals.signals import SIGNAL_KINDS
from steek.kernel.clock import Clock, SystemClock
from steek.kernel.settings import Settings
from steek.kernel.units import parse_duration
from steek.ledger import Database, Ledger, Lineage
from steek.models import ArtifactStore
from steek.monitoring import Monitoring
from steek.platform.impact_estimates import impact_estimates
from steek.platform.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class TriagePart:
    """Weak signals, the state of incidents, what is pinned to them, and declarations that wait to be written."""

    signals: Signals
    attaching: Attaching
    triage: Triage
    merges: Merges
    pins: Pins
    offline: OfflineDeclarations


def triage_part(
    settings: Settings,
    state: tuple[Database, Ledger, Clock],
    lineage: Lineage,
    lake: Lake,
    incidents: Incidents,
    monitoring: Monitoring,
) -> TriagePart:
    """Services over the same desk as the incidents."""
    database, ledger, clock = state
    desk = Desk(database, ledger, lineage, clock, incidents.menu)
    within = parse_duration(settings.text("signal_window"))
    rules = parse_rules(settings.text("severity_rules"))
    files = ArtifactStore(settings.data_path / "incident-files")
    signals = Signals(desk, within=within)
    triage = Triage(desk, incidents.stories, impact_estimates(lake, monitoring, clock), rules)
    return TriagePart(
        signals=signals,
        attaching=Attaching(desk),
        triage=triage,
        merges=Merges(desk),
        pins=Pins(desk, monitoring, files, most_bytes=settings.number("most_attachment_bytes")),
        offline=OfflineDeclarations(
            incidents,
            triage,
            signals,
            declaration_folders(settings),
            clock=clock,
            local_clock=SystemClock(),
        ),
    )


def triage_subscriptions(part: TriagePart) -> Mapping[str, Subscription]:
    """What the part is told of; after the others, because counting may take a while."""
    return {
        "signals": (SIGNAL_KINDS, part.signals.on_event),
        "impact": (ESTIMATED_KINDS, part.triage.on_event),
    }


def declaration_folders(settings: Settings) -> tuple[Path, ...]:
    """Where a declaration is kept that no database takes: with the project's data, else with this user's own state."""
    project = str(settings.project_path.resolve())
    name = f"{settings.project_path.name}-{hashlib.sha256(project.encode()).hexdigest()[:12]}"
    try:
        home = (Path.home() / ".local" / "state" / "steek" / name,)
    except RuntimeError:
        home = ()  # a user without a home, as in some containers
    return (settings.data_path, *home)
