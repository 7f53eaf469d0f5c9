"""Opening a project: settings, declarations, then every service from the ground up."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from steek.kernel.settings import Settings, load_settings
from steek.loop import Nights, Recovery
from steek.loop import Services as LoopServices
from steek.platform import parts
from steek.platform.alerting import alerting_part
from steek.platform.attributing import attributing_part
from steek.platform.bench_part import bench_part
from steek.platform.defences_part import defences_part, lateness_of
from steek.platform.ethics_part import ethics_part
from steek.platform.keeping import keeping_part
from steek.platform.monitors import monitors_part
from steek.platform.objectives import objectives_part
from steek.platform.postmortems_part import postmortems_part
from steek.platform.profiling import profiling_part
from steek.platform.promises import promises_part
from steek.platform.record import Platform
from steek.platform.watch_part import watching_part
from steek.project import Project, load_project


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


def build(settings: Settings, project: Project) -> Platform:
    """Every service of a project, in the order of the house."""
    base = parts.ground(settings, project)
    data = parts.data_part(base)
    features = parts.features_part(base)
    models = parts.models_part(base, features.example_sets)
    serving = parts.serving_part(base, models)
    profiling = profiling_part(base, models.registry, models.engine)
    keeping = keeping_part(settings, project, base.database, base.ledger, base.clock)
    promises = promises_part(base, keeping.provenance, serving.routes, models.freezes)
    watched = monitors_part(base, data, features, models, serving, profiling.profiles)
    attributing = attributing_part(base)
    alerting = alerting_part(base, watched.monitoring, attributing.attributions)
    explain = alerting.explaining.on_alert
    people, control, called, triage = parts.people_part(
        base, models, serving, watched.monitoring, promises.label_uses, explain, data.feed
    )
    late = lateness_of(base, people.notices)
    erasing = parts.letting_go(base, data, features, models, alerting.alert_inbox, late, control.watch_periods)
    watching = watching_part(base, data)
    objectives = objectives_part(base, data.derivation, erasing.compliance)
    learned = postmortems_part(base, people.incidents)
    defences = defences_part(
        base,
        monitoring=watched.monitoring,
        objectives=objectives.objectives,
        routes=serving.routes,
        postmortems=learned.postmortems,
        taxonomies=learned.taxonomies,
        notices=people.notices,
    )
    built = (base, data, promises, features, models, serving, people, triage, erasing, keeping, watching, objectives)
    built = (*built, control, called)
    asking = bench_part(base, features, models.registry, serving.routes)
    built = (*built, watched, profiling, attributing, alerting, asking, defences)
    built = (*built, ethics_part(base, people.notices))
    built = (*built, learned)
    services = {name: value for part in built for name, value in _named(part)}
    loop = _loop(project, {**services, "lake": base.lake_of("loop", "operations")})
    return Platform(**services, nights=Nights(*base.state), loop=loop, recovery=Recovery(loop))


def _loop(project: Project, services: Mapping[str, Any]) -> LoopServices:
    """The loop gets the services that it names, the declarations, and a way to hand events on."""
    given: dict[str, Any] = {
        **services,
        "datasets": project.datasets,
        "views": project.views,
        "definitions": project.definitions,
        "deliver": services["subscriptions"].deliver,
    }
    return LoopServices(**{field.name: given[field.name] for field in fields(LoopServices)})


def _named(part: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(part, field.name)) for field in fields(part)]
