"""The rooms of the house as parts, each built from those below it."""

from dataclasses import dataclass
from functools import partial

from steek.data import (
    Derivation,
    FeedChecking,
    Ingestion,
    Joins,
    LabelStore,
    LabelUses,
    Lake,
    Quarantine,
    RejectedRows,
)
from steek.engines import Engine, open_engine
from steek.evaluation import Evaluator, Gate, GoldenSets, Outcomes
from steek.evaluation.erasing import GoldenAnswers
from steek.features import ExampleSets, FeatureService, OnlineStore, open_online_store
from steek.features.erasing import OnlineEntries
from steek.governance import MAINTENANCE, Access, KeyCustody, KeyVault, Pseudonyms, Tokens, service
from steek.governance.emergency.door import EmergencyDoor
from steek.governance.emergency.expiry import EmergencyChore
from steek.incidents import Incidents
from steek.incidents.bench.erasing import BenchResults
from steek.incidents.followups.follow_up_chore import FollowUpChore
from steek.incidents.followups.lateness import Lateness
from steek.incidents.recovery.watch_period import WatchPeriods
from steek.kernel.clock import Clock, ReplayClock, SystemClock
from steek.kernel.settings import Settings
from steek.ledger import Database, Ledger, Lineage, Outside, Subscriptions
from steek.ledger.migrating import migrate
from steek.ledger.subscriptions import Handler
from steek.loop import WorkerClient
from steek.loop.alert_chores import AlertChore
from steek.loop.notice_chores import NoticeChore
from steek.models import ArtifactStore, Freezes, Registry
from steek.models.learned import LearnedFrom
from steek.monitoring import AlertInbox, Monitoring
from steek.notify import NoticePruning, Notices, OutsideAlerts
from steek.platform.access import ProjectFacts
from steek.platform.control_part import ControlPart, control_part
from steek.platform.erasing import ErasingPart, Holding, erasing_part
from steek.platform.governance import governance_part, unsealing
from steek.platform.intake import ingest_options
from steek.platform.menu import mitigation_menu
from steek.platform.notices_part import notices_part
from steek.platform.oncall_part import OnCallPart, oncall_part
from steek.platform.subscriptions import note_labels, subscriptions
from steek.platform.triage_part import TriagePart, triage_part, triage_subscriptions
from steek.project import Project
from steek.serving import PredictionCollector, PredictionLog, Routes
from steek.serving.client import ServingClient
from steek.serving.erasing import PredictionSegments
from steek.training import Trainer


@dataclass(frozen=True, slots=True)
class Ground:
    """What every room stands on."""

    settings: Settings
    project: Project
    clock: Clock
    database: Database
    ledger: Ledger
    lineage: Lineage
    outside: Outside
    access: Access
    tokens: Tokens
    vault: KeyVault
    custody: KeyCustody
    pseudonyms: Pseudonyms
    lake: Lake

    def lake_of(self, name: str, purpose: str) -> Lake:
        """The lake as one service of this house reads it, for one purpose."""
        return self.lake.opened_by(service(name, purpose))

    @property
    def state(self) -> tuple[Database, Ledger, Clock]:
        """What most services keep their state with, in the order they take it."""
        return self.database, self.ledger, self.clock


@dataclass(frozen=True, slots=True)
class DataPart:
    """Rows in and derived."""

    lake: Lake
    ingestion: Ingestion
    feed: FeedChecking
    quarantine: Quarantine
    derivation: Derivation
    joins: Joins


@dataclass(frozen=True, slots=True)
class FeaturesPart:
    """Features and what is learned from."""

    online: OnlineStore
    features: FeatureService
    example_sets: ExampleSets


@dataclass(frozen=True, slots=True)
class ModelsPart:
    """Models made and judged."""

    engine: Engine
    registry: Registry
    freezes: Freezes
    trainer: Trainer
    golden: GoldenSets
    evaluator: Evaluator
    gate: Gate
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class ServingPart:
    """Models at work."""

    routes: Routes
    predictions: PredictionCollector
    serving: ServingClient


@dataclass(frozen=True, slots=True)
class PeoplePart:
    """Watching, and what people do about it."""

    worker: WorkerClient
    incidents: Incidents
    notices: Notices
    outside_alerts: OutsideAlerts
    subscriptions: Subscriptions


def open_clock(settings: Settings) -> Clock:
    """The project's time source."""
    return ReplayClock(settings.data_path / "clock") if settings.text("clock") == "replay" else SystemClock()


def ground(settings: Settings, project: Project) -> Ground:
    """Database, migrated to the newest version, and ledger."""
    clock = open_clock(settings)
    database = Database.open(settings.database_url)
    migrate(database)
    ledger = Ledger(database, clock)
    outside = Outside(database, ledger)
    keys = governance_part(settings, database, ledger, clock)
    facts = ProjectFacts(project)
    access = Access(
        database,
        ledger,
        clock,
        facts,
        roles=project.roles,
        policies=project.policies,
        pseudonymise=keys.for_reader,
        emergency=EmergencyDoor(database, ledger, clock, facts, keys.for_reader),
        unseal=unsealing(keys.vault, project),
    )
    access.note_policies(by="steek")
    return Ground(
        settings=settings,
        project=project,
        clock=clock,
        database=database,
        ledger=ledger,
        lineage=Lineage(database),
        outside=outside,
        access=access,
        tokens=Tokens(access, database, ledger, clock),
        vault=keys.vault,
        custody=keys.custody,
        pseudonyms=keys.pseudonyms,
        lake=Lake(settings.lake_uri, settings.lake_options, database, ledger, clock, access),
    )


def data_part(base: Ground) -> DataPart:
    """Lake, ingestion and derivation."""
    settings, datasets = base.settings, base.project.datasets
    keeping = base.lake_of("ingestion", MAINTENANCE)
    freezes = Freezes(*base.state)
    watching = FeedChecking(
        *base.state,
        datasets,
        day_starts_at=settings.day_starts_at,
        held_because=lambda name: freezes.reason(f"dataset:{name}", "ingest"),
    )
    held = holding(base)
    options = ingest_options(
        settings, base.clock, base.pseudonyms, base.vault, watching, held.exclusion, held.compliance
    )
    ingestion = Ingestion(keeping, *base.state, datasets, settings.number("max_batch_bytes"), options)
    setting_aside = base.lake_of("quarantine", MAINTENANCE)
    feed = FeedChecking(*base.state, datasets, RejectedRows(setting_aside, base.database, options.spool, datasets))
    quarantine = Quarantine(setting_aside, ingestion, *base.state, datasets, options.steps)
    derivation = Derivation(base.lake_of("derivation", "derivation"), *base.state, datasets)
    lake, joins = base.lake_of("console", "operations"), Joins(*base.state)
    return DataPart(lake, ingestion, feed, quarantine, derivation, joins)


def features_part(base: Ground) -> FeaturesPart:
    """Online store, feature service and example sets."""
    project, lake = base.project, base.lake_of("features", "training")
    online = open_online_store(base.settings)
    features = FeatureService(lake, *base.state, project.datasets, project.views, online)
    labels = LabelStore(lake, *base.state, project.labels)
    example_sets = ExampleSets(features, lake, project.views, project.moments, project.datasets, labels)
    return FeaturesPart(online, features, example_sets)


def models_part(base: Ground, example_sets: ExampleSets) -> ModelsPart:
    """Registry, training, evaluation and gate."""
    project, definitions = base.project, base.project.definitions
    artifacts = ArtifactStore(base.settings.data_path / "artifacts")
    registry = Registry(*base.state, artifacts, {**project.views, **project.moments})
    freezes = Freezes(*base.state)
    engine = open_engine(base.settings)
    lake = base.lake_of("evaluation", "evaluation")
    golden = GoldenSets(example_sets, lake, *base.state)
    evaluator = Evaluator(registry, example_sets, definitions, lake, *base.state)
    return ModelsPart(
        engine=engine,
        registry=registry,
        freezes=freezes,
        trainer=Trainer(registry, example_sets, engine, definitions, base.ledger, base.clock, freezes),
        golden=golden,
        evaluator=evaluator,
        gate=Gate(evaluator, golden, registry, definitions, *base.state),
        outcomes=Outcomes(lake, example_sets, definitions, *base.state),
    )


def serving_part(base: Ground, models: ModelsPart) -> ServingPart:
    """Routes, the collector of the prediction log, and a client of the serving process."""
    settings = base.settings
    log = PredictionLog(settings.data_path / "predictions")
    return ServingPart(
        routes=Routes(*base.state, models.registry, models.freezes),
        predictions=PredictionCollector(log, base.lake_of("serving", "serving"), *base.state),
        serving=ServingClient(f"http://{settings.text('host')}:{settings.number('serving_port')}"),
    )


def people_part(
    base: Ground,
    models: ModelsPart,
    serving: ServingPart,
    monitoring: Monitoring,
    label_uses: LabelUses,
    explain: Handler,
    feed: FeedChecking,
) -> tuple[PeoplePart, ControlPart, OnCallPart, TriagePart]:
    """Incidents with their menu, control of them, who is called, and the subscriptions between them all."""
    worker = WorkerClient(base.settings)
    menu = mitigation_menu(
        serving.routes,
        models.freezes,
        base.ledger,
        worker,
        feed=feed,
        definitions=base.project.definitions,
        watched=base.project.watched,
        agreements=tuple(base.project.agreements.values()),
    )
    incidents = Incidents(base.database, base.ledger, base.lineage, base.clock, menu)
    learned = partial(note_labels, label_uses, models.registry, base.project.labels)
    told = notices_part(base.settings, *base.state, monitoring)
    table = subscriptions(incidents, monitoring, models.freezes, learned, explain, told.noticing)
    called = oncall_part(base.settings, base.state, base.project, incidents, told.notices, told.noticing)
    told_by = called.stakeholders, told.notices
    definitions = base.project.definitions
    control = control_part(base.settings, base.state, base.lineage, menu, models.freezes, definitions, told_by)
    reader = base.lake_of("incidents", "operations")
    triage = triage_part(base.settings, base.state, base.lineage, reader, incidents, monitoring)
    delivery = Subscriptions(base.ledger, {**called.around(control.around(table)), **triage_subscriptions(triage)})
    return PeoplePart(worker, incidents, told.notices, told.outside_alerts, delivery), control, called, triage


def holding(base: Ground) -> Holding:
    """What knows of persons and of how long data may stay."""
    return Holding(
        settings=base.settings,
        datasets=base.project.datasets,
        database=base.database,
        ledger=base.ledger,
        clock=base.clock,
        vault=base.vault,
        pseudonyms=base.pseudonyms,
        lake=base.lake_of("erasure", MAINTENANCE),
    )


def letting_go(
    base: Ground,
    data: DataPart,
    features: FeaturesPart,
    models: ModelsPart,
    alert_inbox: AlertInbox,
    lateness: Lateness,
    watch_periods: WatchPeriods,
) -> ErasingPart:
    """Erasure, retention and housekeeping, over the places that every room keeps."""
    project = base.project
    holders = (
        OnlineEntries(features.online, features.features, project.views),
        PredictionSegments(base.settings.data_path / "predictions"),
        GoldenAnswers(base.database),
        BenchResults(base.settings.data_path / "bench"),
    )
    learned_from = LearnedFrom(models.registry, base.lineage, project.definitions)
    pruning = NoticePruning(base.database, SystemClock(), base.clock, days=base.settings.number("notice_days"))
    chores = [
        AlertChore(alert_inbox),
        EmergencyChore(*base.state),
        NoticeChore(pruning),
        FollowUpChore(lateness),
        watch_periods,
    ]
    return erasing_part(holding(base), data.ingestion, holders, learned_from, chores)
