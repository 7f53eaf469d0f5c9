"""What is found about the architecture by itself: no second, by hand, copied without need, cannot be taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from steek.data import DerivedDataset
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.rehearsals import Rollback
from steek.kernel.records import content_hash
from steek.models.specs import GOLDEN, HELD_OUT_BY_TIME
from steek.serving import Route


class FindingKind(StrEnum):
    """What the review looks for."""

    SINGLE_POINT = "single point of failure"
    BY_HAND = "manual step"
    COPY = "unneeded copy"
    ONE_WAY = "cannot be rolled back"


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """One thing; `id` stays the same for as long as it is true. `by` is "configuration", or who added it."""

    id: str
    kind: FindingKind
    subject: str
    text: str
    advice: str
    by: str
    link: str = ""


def found(
    declared: Declared,
    routes: Mapping[str, Route],
    rolled_back: Sequence[Rollback],
    overridden: Mapping[str, Sequence[str]],
) -> tuple[ReviewFinding, ...]:
    """Everything that the configuration tells, in the order of `FindingKind`.

    Args:
        declared: Declarations and settings.
        routes: What serves.
        rolled_back: Rollbacks that happened.
        overridden: Versions by model that a person let through in spite of their gate.
    """
    listed = (
        *_single_points(declared.settings),
        *_models(declared, routes),
        *_manual(declared, overridden),
        *_copies(declared),
        *_one_way(declared, routes, rolled_back),
    )
    order = list(FindingKind)
    return tuple(sorted(listed, key=lambda one: (order.index(one.kind), one.subject, one.id)))


def _finding(kind: FindingKind, subject: str, text: str, advice: str, link: str = "") -> ReviewFinding:
    return ReviewFinding(content_hash([kind, subject, text])[:12], kind, subject, text, advice, "configuration", link)


def _single_points(settings: Mapping[str, object]) -> Iterator[ReviewFinding]:
    single = FindingKind.SINGLE_POINT
    database = str(settings.get("database_url") or "sqlite")
    if database.startswith("sqlite"):
        yield _finding(
            single, "database", "State and ledger are one SQLite file on one machine.", "set database_url to PostgreSQL"
        )
    else:
        yield _finding(single, "database", "State and ledger are in one database.", "rehearse its failover and restore")
    lake = str(settings.get("lake_uri") or "")
    if "://" not in lake:
        yield _finding(single, "lake", "The lake is a folder of one machine.", "set lake_uri to object storage")
    if settings.get("online_store", "sqlite") == "sqlite":
        yield _finding(
            single,
            "online store",
            "Online features are one SQLite file.",
            'set online_store = "redis" for several servers',
        )
    yield _finding(
        single, "serving", "One serving process answers.", "run several behind a proxy over one online store"
    )
    if settings.get("engine", "local") == "local":
        yield _finding(single, "training", "Training runs on this machine only.", 'set engine = "ray" for a cluster')
    if settings.get("vault", "file") == "file":
        yield _finding(
            single, "keys", "Keys of persons are one file.", "export them: steek privacy backup, kept elsewhere"
        )


def _models(declared: Declared, routes: Mapping[str, Route]) -> Iterator[ReviewFinding]:
    for name, definition in declared.definitions.items():
        route = routes.get(name)
        if not definition.serving.fallback and route is not None and route.primary is not None:
            yield _finding(
                FindingKind.SINGLE_POINT,
                f"model:{name}",
                f"Nothing answers for {name} when it cannot.",
                "serving=sk.Serving(fallback=[sk.previous_version()])",
                _page(name),
            )


def _manual(declared: Declared, overridden: Mapping[str, Sequence[str]]) -> Iterator[ReviewFinding]:
    for name, definition in declared.definitions.items():
        if "hand" in definition.schedule.lower():
            yield _finding(
                FindingKind.BY_HAND,
                f"model:{name}",
                f"{name} is trained by hand.",
                "give it a schedule: daily, after its data",
                _page(name),
            )
        if not definition.gate:
            yield _finding(
                FindingKind.BY_HAND,
                f"model:{name}",
                f"Every version of {name} needs a person, because it has no gate.",
                "declare gate=[...]",
                _page(name),
            )
    for name, versions in overridden.items():
        if name in declared.definitions:
            yield _finding(
                FindingKind.BY_HAND,
                f"model:{name}",
                f"People let versions of {name} through in spite of their gate: {', '.join(versions)}.",
                "make the gate ask for what matters, so that nobody has to",
                _page(name),
            )


def _copies(declared: Declared) -> Iterator[ReviewFinding]:
    """Derived datasets that say the same: of the same code over the same inputs."""
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    for name, dataset in declared.datasets.items():
        if not isinstance(dataset, DerivedDataset):
            continue
        first = seen.setdefault((dataset.definition_hash, dataset.inputs), name)
        if first != name:
            text = f"{name} is computed as {first} is, from the same."
            yield _finding(FindingKind.COPY, f"dataset:{name}", text, f"read {first} instead", f"/data/{quote(name)}")
    for name in declared.datasets:
        if not declared.readers_of(name) and not _is_read(name, declared):
            text = f"{name} is kept, and nothing reads it."
            yield _finding(
                FindingKind.COPY,
                f"dataset:{name}",
                text,
                "say who needs it, or stop keeping it",
                f"/data/{quote(name)}",
            )


def _is_read(name: str, declared: Declared) -> bool:
    inputs = [dataset.inputs for dataset in declared.datasets.values() if isinstance(dataset, DerivedDataset)]
    watched = [monitor.indicator.target.name for monitor in declared.monitors.values()]
    return any(name in each for each in inputs) or name in watched or name in declared.profiled


def _one_way(
    declared: Declared, routes: Mapping[str, Route], rolled_back: Sequence[Rollback]
) -> Iterator[ReviewFinding]:
    practised = {one.model for one in rolled_back if one.verified_by is not None}
    for name, definition in declared.definitions.items():
        route = routes.get(name)
        if route is not None and route.primary is not None and not route.previous:
            text = f"{name} has no earlier version to go back to."
            yield _finding(FindingKind.ONE_WAY, f"model:{name}", text, "deploy a second version", _page(name))
        elif route is not None and route.previous and name not in practised:
            text = f"{name} was never seen to work after a rollback."
            yield _finding(FindingKind.ONE_WAY, f"model:{name}", text, f"rehearse: steek rollback {name}", _page(name))
        if not any(spec.kind in {HELD_OUT_BY_TIME, GOLDEN} for spec in definition.evaluations):
            text = f"Nothing is held out of the training of {name}, so an old version cannot be judged again."
            advice = "evaluations=[sk.held_out_by_time(...)] or sk.golden"
            yield _finding(FindingKind.ONE_WAY, f"model:{name}", text, advice, _page(name))
    for name, dataset in declared.datasets.items():
        if dataset.mode == "replace" and not isinstance(dataset, DerivedDataset):
            text = f"Each batch of {name} replaces the whole table; going back means sending the old one again."
            advice = f"hold its batches when they look odd: feed=sk.FeedChecks(hold=...), or pin versions of {name}"
            yield _finding(FindingKind.ONE_WAY, f"dataset:{name}", text, advice, f"/data/{quote(name, safe='')}")


def _page(model: str) -> str:
    return f"/models/{quote(model, safe='')}"
