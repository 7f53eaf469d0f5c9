"""What a project declares to read a dataset, down to single columns, whether anything of it was made yet or not."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steek.data import ColumnReading, DerivedDataset
from steek.features import FeatureRef
from steek.kernel.urn import Urn
from steek.models import ModelDefinition
from steek.platform.access import FEATURES
from steek.platform.example_columns import example_columns
from steek.platform.keeping import Provenance
from steek.project import Project
from steek.serving import Routes

Column = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Reached:
    """Columns that come from one column, as (table, column), and tables on the way of which nothing is known."""

    columns: frozenset[Column]
    unknown: frozenset[str]

    def of(self, table: str) -> list[str]:
        """Columns of one table that come from it."""
        return sorted(name for owner, name in self.columns if owner == table)


class DeclaredImpact:
    """Answers of a project's declarations and routes to who reads what.

    Args:
        project: Its derived datasets, feature views, examples and model definitions.
        provenance: Which columns come from which.
        routes: Which models are deployed.
    """

    def __init__(self, project: Project, provenance: Provenance, routes: Routes) -> None:
        self._project = project
        self._provenance = provenance
        self._routes = routes

    def readers(self) -> dict[str, tuple[str, ...]]:
        """URN without version to the URNs of those that are declared to read it, in order of declaration."""
        found: dict[str, list[str]] = {}
        for name, dataset in self._project.datasets.items():
            if isinstance(dataset, DerivedDataset):
                _add(found, (_dataset(each) for each in dataset.inputs), _dataset(name))
        for name, view in self._project.views.items():
            _add(found, (_dataset(each) for each in view.inputs), _features(name))
        for name, definition in self._project.definitions.items():
            views = _views_of(definition) & self._project.views.keys()
            inputs = [_dataset(each) for each in definition.examples.inputs if each in self._project.datasets]
            _add(found, [*inputs, *(_features(view) for view in sorted(views))], str(Urn("definition", name)))
        for model in self._routes.all():
            _add(found, [str(Urn("definition", model))], str(Urn("deployment", model)))
        return {urn: tuple(readers) for urn, readers in found.items()}

    def columns(self, dataset: str, columns: Sequence[str]) -> dict[str, tuple[ColumnReading, ...]]:
        """Of everything declared downstream of a dataset, how it reads each of some columns of it."""
        reached = {column: self._reached(dataset, column) for column in columns}
        found: dict[str, tuple[ColumnReading, ...]] = {}
        for urn in self._downstream(dataset):
            parsed = Urn.parse(urn)
            if parsed.kind == "definition":
                definition = self._project.definitions[parsed.name]
                told = tuple(self._by_definition(definition, column, reached[column]) for column in columns)
                # A model and its deployment read what its definition reads.
                found |= {str(Urn(kind, parsed.name)): told for kind in ("definition", "trained", "deployment")}
            elif parsed.kind in ("dataset", "features"):
                table = parsed.name if parsed.kind == "dataset" else f"{FEATURES}{parsed.name}"
                found[urn] = tuple(_by_table(table, column, reached[column]) for column in columns)
        return found

    def _downstream(self, dataset: str) -> list[str]:
        readers, root = self.readers(), _dataset(dataset)
        met, waiting = {root}, deque([root])
        while waiting:
            new = [urn for urn in readers.get(waiting.popleft(), ()) if urn not in met]
            met.update(new)
            waiting.extend(new)
        return sorted(met - {root})

    def _reached(self, dataset: str, column: str) -> _Reached:
        answer = self._provenance.of(f"{dataset}.{column}")
        unknown = self._provenance.columns.unknown()
        # Whatever is made from something unknown is unknown too.
        hidden: set[str] = set()
        for urn in self._downstream(dataset):
            table = _table(urn)
            if table in unknown:
                hidden |= {table, *(_table(each) for each in self._below(urn))}
        came = frozenset((edge.downstream, edge.downstream_column) for edge in answer.downstream)
        return _Reached(came | {(dataset, column)}, frozenset(hidden))

    def _below(self, urn: str) -> Iterable[str]:
        parsed = Urn.parse(urn)
        return self._downstream(parsed.name) if parsed.kind == "dataset" else ()

    def _by_definition(self, definition: ModelDefinition, column: str, reached: _Reached) -> ColumnReading:
        through: list[str] = []
        for choice in self._chosen(definition):
            table = f"{FEATURES}{choice.view}"
            through += [f"{choice.view}.{name}" for name in reached.of(table) if choice.column in ("", name)]
        examples = example_columns(self._project, definition.examples)
        for name, uses in (examples.columns or {}).items():
            if {(use.dataset, use.column) for use in uses} & reached.columns:
                through.append(f"{definition.examples.name}.{name}")
        if through:
            return ColumnReading(column, "reads it", tuple(dict.fromkeys(through)))
        sources = {f"{FEATURES}{view}" for view in _views_of(definition)} | set(definition.examples.inputs)
        is_unknown = examples.columns is None or bool(sources & reached.unknown)
        return ColumnReading(column, "unknown" if is_unknown else "reads other columns")

    def _chosen(self, definition: ModelDefinition) -> list[FeatureRef]:
        """Its features; a view that is taken whole has no column, and of candidates the answer counts."""
        chosen = [FeatureRef(each, "") if isinstance(each, str) else each for each in definition.columns()]
        if definition.candidates is not None:
            chosen.append(definition.candidates[definition.candidates.entity[-1]][0])
        return [each for each in chosen if each.view in self._project.views]


def _by_table(table: str, column: str, reached: _Reached) -> ColumnReading:
    through = tuple(reached.of(table))
    if through:
        return ColumnReading(column, "reads it", through)
    return ColumnReading(column, "unknown" if table in reached.unknown else "reads other columns")


def _views_of(definition: ModelDefinition) -> set[str]:
    named = {each if isinstance(each, str) else each.view for each in definition.columns()}
    return named | ({definition.candidates.name} if definition.candidates is not None else set())


def _add(found: dict[str, list[str]], inputs: Iterable[str], reader: str) -> None:
    for urn in inputs:
        found.setdefault(urn, []).append(reader)


def _dataset(name: str) -> str:
    return str(Urn("dataset", name))


def _features(view: str) -> str:
    return str(Urn("features", view))


def _table(urn: str) -> str:
    parsed = Urn.parse(urn)
    return f"{FEATURES}{parsed.name}" if parsed.kind == "features" else parsed.name
