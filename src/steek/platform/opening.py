"""Opening a project: settings, declarations, then every service from the ground up."""

from collections.abc import Mapping
from pathlib import Path

from steek.data import Derivation, Ingestion, Lake
from steek.engines import open_engine
from steek.evaluation import Evaluator, Gate, GoldenSets, Outcomes
from steek.evaluation.store import EvaluationStore
from steek.features import ExampleSets, FeatureService, open_online_store
from steek.incidents import Incidents
from steek.kernel.clock import Clock, ReplayClock, SystemClock
from steek.kernel.settings import Settings, load_settings
from steek.ledger import Database, Ledger, Lineage, Outside, Subscriptions
from steek.ledger.migrating import migrate
from steek.loop import Nights, Recovery, WorkerClient
from steek.loop import Services as LoopServices
from steek.models import ArtifactStore, Freezes, Registry
from steek.monitoring import Monitoring, Sources
from steek.platform.menu import mitigation_menu
from steek.platform.record import Platform
from steek.platform.subscriptions import subscriptions
from steek.project import Project, load_project
from steek.serving import PredictionCollector, PredictionLog, Routes
from steek.serving.client import ServingClient
from steek.training import Trainer


def open_project(project_path: Path, *, overrides: Mapping[str, str] | None = None) -> Platform:
    """Open the project in a folder; its database is made or migrated when needed.

    Args:
        project_path: Folder that holds steek.toml.
        overrides: Settings that win over file and environment.

    Raises:
        SettingsError: a setting is wrong.
        DeclarationError: a module of the project declares something impossible.
    """
    settings = load_settings(project_path, overrides=overrides)
    return build(settings, load_project(settings))


def open_clock(settings: Settings) -> Clock:
    """The project's time source."""
    return ReplayClock(settings.data_path / "clock") if settings.text("clock") == "replay" else SystemClock()


def build(settings: Settings, project: Project) -> Platform:
    """Every service of a project, in the order of the house."""
    clock = open_clock(settings)
    database = Database.open(settings.database_url)
    migrate(database)
    ledger, lineage = Ledger(database, clock), Lineage(database)
    state = (database, ledger, clock)

    lake = Lake(settings.lake_uri, settings.lake_options, *state)
    ingestion = Ingestion(lake, *state, project.datasets, settings.number("max_batch_bytes"))
    derivation = Derivation(lake, *state, project.datasets)
    online = open_online_store(settings)
    features = FeatureService(lake, *state, project.datasets, project.views, online)
    example_sets = ExampleSets(features, lake, project.views, project.moments, project.datasets)

    registry = Registry(*state, ArtifactStore(settings.data_path / "artifacts"), {**project.views, **project.moments})
    freezes = Freezes(*state)
    engine = open_engine(settings)
    trainer = Trainer(registry, example_sets, engine, project.definitions, ledger, clock, freezes)
    golden = GoldenSets(example_sets, lake, *state)
    evaluator = Evaluator(registry, example_sets, project.definitions, lake, *state)
    gate = Gate(evaluator, golden, registry, project.definitions, *state)
    outcomes = Outcomes(lake, example_sets, project.definitions, *state)
    routes = Routes(*state, registry, freezes)
    predictions = PredictionCollector(PredictionLog(settings.data_path / "predictions"), lake, *state)
    serving = ServingClient(f"http://{settings.text('host')}:{settings.number('serving_port')}")

    sources = Sources(
        lake=lake,
        ingestion=ingestion,
        derivation=derivation,
        registry=registry,
        routes=routes,
        evaluations=EvaluationStore(database),
        clock=clock,
    )
    monitoring = Monitoring(sources, *state, project.monitors)
    worker = WorkerClient(settings)
    incidents = Incidents(database, ledger, lineage, clock, mitigation_menu(routes, freezes, ledger, worker))
    delivery = Subscriptions(ledger, subscriptions(incidents, monitoring, freezes))
    loop = LoopServices(
        settings=settings,
        clock=clock,
        database=database,
        ledger=ledger,
        lake=lake,
        ingestion=ingestion,
        derivation=derivation,
        features=features,
        trainer=trainer,
        registry=registry,
        evaluator=evaluator,
        gate=gate,
        routes=routes,
        outcomes=outcomes,
        predictions=predictions,
        serving=serving,
        monitoring=monitoring,
        datasets=project.datasets,
        views=project.views,
        definitions=project.definitions,
        deliver=delivery.deliver,
    )
    return Platform(
        settings=settings,
        project=project,
        clock=clock,
        database=database,
        ledger=ledger,
        lineage=lineage,
        engine=engine,
        lake=lake,
        ingestion=ingestion,
        derivation=derivation,
        online=online,
        features=features,
        example_sets=example_sets,
        registry=registry,
        freezes=freezes,
        trainer=trainer,
        golden=golden,
        evaluator=evaluator,
        gate=gate,
        outcomes=outcomes,
        routes=routes,
        predictions=predictions,
        serving=serving,
        monitoring=monitoring,
        nights=Nights(*state),
        loop=loop,
        recovery=Recovery(loop),
        worker=worker,
        incidents=incidents,
        outside=Outside(database, ledger),
        subscriptions=delivery,
    )
