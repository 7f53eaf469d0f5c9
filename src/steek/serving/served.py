"""What this process serves: one immutable picture of routes and loaded versions, swapped as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.models import ModelDefinition, Registry
from steek.serving.masks import Mask
from steek.serving.queries import ColumnType, QueryForm
from steek.serving.routes import Routes
from steek.serving.types import Route
from steek.serving.warm import WarmVersion, load_version

# How many earlier primaries stay in memory, so that a rollback to them loads nothing.
_WARM_PREVIOUS = 2
_RETRY_BROKEN_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model as served: its route, the versions in memory, and why others could not be loaded."""

    definition: ModelDefinition
    form: QueryForm
    deadline_s: float
    route: Route
    versions: Mapping[int, WarmVersion] = field(default_factory=dict[int, WarmVersion])
    broken: Mapping[int, str] = field(default_factory=dict[int, str])
    masks: tuple[Mask, ...] = ()
    unloaded: bool = False

    @property
    def name(self) -> str:
        return self.definition.name

    def routed(self) -> list[int]:
        """Versions that answer somebody now: primary, candidate, and those of members rolled back alone."""
        named = (self.route.primary, self.route.candidate, *self.route.members.values())
        return list(dict.fromkeys(version for version in named if version is not None))

    def why_not_ready(self) -> str | None:
        """Why this model cannot answer as its route says; None when it can."""
        if self.unloaded:
            return "unloaded on request"
        if self.route.primary is None:
            return "no version is deployed"
        for version in self.routed():
            if version not in self.versions:
                return f"version {version} is not loaded: {self.broken.get(version, 'it is being loaded')}"
        return None


class ServedModels:
    """Keeps `ServedModel`s in step with the routes table.

    `refresh`, `load` and `unload` run one at a time, in one thread of their own; `get` and `all` are for any thread
    and never wait: they see the picture before or after a refresh, nothing in between.
    """

    def __init__(
        self,
        definitions: Mapping[str, ModelDefinition],
        types: Mapping[str, ColumnType],
        routes: Routes,
        registry: Registry,
        clock: Clock,
    ) -> None:
        self._routes = routes
        self._registry = registry
        self._clock = clock
        self._tried_at_s: dict[str, float] = {}
        self._models = {
            name: ServedModel(definition, QueryForm.of(definition, types), definition.serving.deadline_s, Route(name))
            for name, definition in definitions.items()
        }

    def get(self, name: str) -> ServedModel:
        """One model.

        Raises:
            NotFoundError: the project defines no such model.
        """
        model = self._models.get(name)
        if model is None:
            raise NotFoundError.among("model", name, self._models)
        return model

    def all(self) -> list[ServedModel]:
        """All models, by name."""
        return [self._models[name] for name in sorted(self._models)]

    def refresh(self) -> list[str]:
        """Read the routes and load what changed; returns the names of models whose picture changed."""
        routes = self._routes.all()
        masks = self._routes.masks.active()
        changed: list[str] = []
        for name, model in self._models.items():
            route = routes.get(name, Route(name))
            off = tuple(mask for mask in masks if mask.model == name)
            if off != model.masks:
                model = replace(model, masks=off)  # noqa: PLW2901 - the picture that goes on
                self._swap(model)
                changed.append(name)
            if route.epoch != model.route.epoch or (model.broken and self._may_retry(name)):
                self._swap(self._brought_up(replace(model, route=route)))
                changed.append(name)
        return list(dict.fromkeys(changed))

    def load(self, name: str) -> ServedModel:
        """Read a model's route now, load what it needs, and serve it again if it was unloaded."""
        model = replace(
            self.get(name), route=self._routes.get(name), masks=self._routes.masks.active(name), unloaded=False
        )
        self._swap(self._brought_up(model))
        return self.get(name)

    def unload(self, name: str) -> None:
        """Stop serving a model in this process until it is loaded again; its route is not touched."""
        self._swap(replace(self.get(name), versions={}, broken={}, unloaded=True))

    def _brought_up(self, model: ServedModel) -> ServedModel:
        if model.unloaded:
            return model
        versions: dict[int, WarmVersion] = {}
        broken: dict[int, str] = {}
        self._tried_at_s[model.name] = self._clock.monotonic_s()
        for version in dict.fromkeys((*model.routed(), *model.route.previous[:_WARM_PREVIOUS])):
            known = model.versions.get(version)
            try:
                versions[version] = known or load_version(self._registry, model.name, version)
            except Exception as error:  # noqa: BLE001 - whatever a broken version raises, the others go on serving
                broken[version] = f"{type(error).__name__}: {error}"
        return replace(model, versions=versions, broken=broken)

    def _swap(self, model: ServedModel) -> None:
        self._models = {**self._models, model.name: model}

    def _may_retry(self, name: str) -> bool:
        since = self._clock.monotonic_s() - self._tried_at_s.get(name, 0.0)
        return since >= _RETRY_BROKEN_AFTER_S
