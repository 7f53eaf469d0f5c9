"""All services of one opened project."""

from dataclasses import dataclass

from steek.data import (
    Compliance,
    ContractLog,
    Derivation,
    Erasures,
    FeedChecking,
    Ingestion,
    Joins,
    LabelStore,
    LabelUses,
    Lake,
    LakeInspection,
    LakeUpkeep,
    Proposals,
    Quarantine,
    Retention,
)
from steek.engines import Engine
from steek.evaluation import Evaluator, Gate, GoldenSets, Outcomes
from steek.features import ExampleSets, FeatureService, OnlineStore
from steek.governance import Access, KeyCustody, KeyVault, Pseudonyms, Tokens
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
from steek.ledger import Database, Ledger, Lineage, Outside, OutsideRuns, Subscriptions
from steek.loop import Housekeeping, Nights, Recovery, WorkerClient
from steek.loop import Services as LoopServices
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
from steek.notify import Notices, OutsideAlerts
from steek.platform.keeping import Provenance
from steek.platform.pager import Pager
from steek.project import Project
from steek.serving import PredictionCollector, Routes
from steek.serving.client import ServingClient
from steek.training import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Services by role. It has no logic of its own."""

    settings: Settings
    project: Project
    clock: Clock
    database: Database
    ledger: Ledger
    lineage: Lineage
    access: Access
    tokens: Tokens
    vault: KeyVault
    custody: KeyCustody
    pseudonyms: Pseudonyms
    engine: Engine
    lake: Lake
    ingestion: Ingestion
    feed: FeedChecking
    quarantine: Quarantine
    derivation: Derivation
    joins: Joins
    contracts: ContractLog
    proposals: Proposals
    labels: LabelStore
    label_uses: LabelUses
    online: OnlineStore
    features: FeatureService
    example_sets: ExampleSets
    registry: Registry
    freezes: Freezes
    trainer: Trainer
    golden: GoldenSets
    evaluator: Evaluator
    gate: Gate
    outcomes: Outcomes
    routes: Routes
    predictions: PredictionCollector
    serving: ServingClient
    monitoring: Monitoring
    series: OutsideSeries
    attributions: Attributions
    alert_inbox: AlertInbox
    explaining: Explaining
    objectives: Objectives
    profiles: Profiles
    watching: Watching
    nights: Nights
    loop: LoopServices
    recovery: Recovery
    worker: WorkerClient
    incidents: Incidents
    signals: Signals
    attaching: Attaching
    triage: Triage
    merges: Merges
    pins: Pins
    offline: OfflineDeclarations
    oncall: OnCalls
    paging: Paging
    handovers: Handovers
    updates: Updates
    outsiders: Outsiders
    telling: Telling
    stakeholders: Stakeholders
    pager: Pager
    change_control: ChangeControl
    agreements: Agreements
    mitigation_effects: MitigationEffects
    watch_periods: WatchPeriods
    outlook: Outlook
    interrupted_actions: InterruptedActions
    follow_ups: FollowUps
    lateness: Lateness
    defence_map: DefenceMaps
    readiness: Readiness
    reviews: Reviews
    hypotheses: Hypotheses
    bench: Bench
    break_glass: BreakGlass
    concerns: Concerns
    groups: Groups
    refusals: Refusals
    postmortems: PostmortemLibrary
    postmortem_writing: PostmortemWriting
    postmortem_import: PostmortemImport
    taxonomies: Taxonomies
    notices: Notices
    outside_alerts: OutsideAlerts
    outside: Outside
    erasures: Erasures
    retention: Retention
    compliance: Compliance
    housekeeping: Housekeeping
    upkeep: LakeUpkeep
    inspection: LakeInspection
    provenance: Provenance
    outside_runs: OutsideRuns
    subscriptions: Subscriptions

    def close(self) -> None:
        """Let go of files, connections and processes."""
        self.notices.close()
        self.serving.close()
        self.worker.close()
        self.online.close()
        self.engine.close()
        self.vault.close()
        self.database.close()
