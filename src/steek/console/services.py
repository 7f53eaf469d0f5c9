"""What the console shows: the services of the rooms below, taken from the platform by name."""

from dataclasses import dataclass, fields

from steek.data import Compliance, Erasures, FeedChecking, Ingestion, Lake, Proposals, Quarantine
from steek.evaluation import Evaluator
from steek.features import FeatureService
from steek.governance import Access
from steek.governance.emergency.break_glass import BreakGlass
from steek.incidents import Bench, Hypotheses, Incidents, OfflineDeclarations, Pins, Signals, Triage
from steek.incidents.attaching import Attaching
from steek.incidents.control.agreements import Agreements
from steek.incidents.control.change_control import ChangeControl
from steek.incidents.control.effect_log import MitigationEffects
from steek.incidents.control.interruptions import InterruptedActions
from steek.incidents.defences.defence_maps import DefenceMaps
from steek.incidents.ethics.concerns import Concerns
from steek.incidents.ethics.groups import Groups
from steek.incidents.ethics.refusals import Refusals
from steek.incidents.followups.follow_ups import FollowUps
from steek.incidents.followups.lateness import Lateness
from steek.incidents.impact.merging import Merges
from steek.incidents.oncall.oncall import OnCalls
from steek.incidents.oncall.paging import Paging
from steek.incidents.postmortems.collection import PostmortemLibrary
from steek.incidents.postmortems.importing import PostmortemImport
from steek.incidents.postmortems.taxonomies import Taxonomies
from steek.incidents.postmortems.writing import PostmortemWriting
from steek.incidents.readiness.readiness import Readiness
from steek.incidents.recovery.outlook import Outlook
from steek.incidents.recovery.watch_period import WatchPeriods
from steek.incidents.reviews.reviews import Reviews
from steek.incidents.roles.handovers import Handovers
from steek.incidents.roles.stakeholders import Stakeholders
from steek.incidents.updates.outsiders import Outsiders
from steek.incidents.updates.telling import Telling
from steek.incidents.updates.updates import Updates
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger, Lineage
from steek.models import Freezes, Registry
from steek.monitoring import (
    AlertInbox,
    Attributions,
    Explaining,
    Monitoring,
    Objectives,
    OutsideSeries,
    Profiles,
    Watching,
)
from steek.notify import Notices
from steek.project import Project
from steek.serving import Routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Services by role."""

    settings: Settings
    clock: Clock
    database: Database
    ledger: Ledger
    lineage: Lineage
    lake: Lake
    ingestion: Ingestion
    feed: FeedChecking
    quarantine: Quarantine
    proposals: Proposals
    erasures: Erasures
    compliance: Compliance
    features: FeatureService
    registry: Registry
    evaluator: Evaluator
    routes: Routes
    monitoring: Monitoring
    alert_inbox: AlertInbox
    explaining: Explaining
    series: OutsideSeries
    attributions: Attributions
    objectives: Objectives
    profiles: Profiles
    watching: Watching
    notices: Notices
    incidents: Incidents
    signals: Signals
    attaching: Attaching
    triage: Triage
    merges: Merges
    pins: Pins
    offline: OfflineDeclarations
    hypotheses: Hypotheses
    bench: Bench
    access: Access
    break_glass: BreakGlass
    concerns: Concerns
    groups: Groups
    refusals: Refusals
    follow_ups: FollowUps
    lateness: Lateness
    defence_map: DefenceMaps
    readiness: Readiness
    reviews: Reviews
    oncall: OnCalls
    paging: Paging
    handovers: Handovers
    updates: Updates
    outsiders: Outsiders
    telling: Telling
    stakeholders: Stakeholders
    change_control: ChangeControl
    agreements: Agreements
    mitigation_effects: MitigationEffects
    watch_periods: WatchPeriods
    outlook: Outlook
    interrupted_actions: InterruptedActions
    postmortems: PostmortemLibrary
    postmortem_writing: PostmortemWriting
    postmortem_import: PostmortemImport
    taxonomies: Taxonomies
    freezes: Freezes
    project: Project

    @classmethod
    def of(cls, platform: object) -> "Services":
        """The services of an opened project: its attributes of the same names."""
        return cls(**{field.name: getattr(platform, field.name) for field in fields(cls)})
