"""Hypotheses of incidents, and the bench on which they are tested."""

from dataclasses import dataclass
from functools import partial

import polars as pl

from steek.data import LabelStore
from steek.features import ExampleSets
from steek.governance import Access, Pseudonyms
from steek.incidents import Bench, Hypotheses
from steek.incidents.bench.asking import Questions
from steek.incidents.bench.bench import PURPOSE, Material
from steek.incidents.bench.chosen_data import ChosenData
from steek.incidents.bench.replaying import Replay
from steek.incidents.bench.runs import Runs
from steek.incidents.bench.veil import Hide
from steek.models import ArtifactStore, Registry
from steek.platform.parts import FeaturesPart, Ground
from steek.serving import Routes

# No table of the lake: it has the facts of every personal column of the project by name.
_RESULTS = "bench"
# Changes of one route among which is looked for what served at a moment.
_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class BenchPart:
    """How people find out."""

    hypotheses: Hypotheses
    bench: Bench


def bench_part(base: Ground, features: FeaturesPart, registry: Registry, routes: Routes) -> BenchPart:
    """Hypotheses and bench of one project; the bench reads the lake for the purpose "incident"."""
    project, lake = base.project, base.lake_of("bench", PURPOSE)
    chosen = ChosenData(lake, *base.state, project.datasets, project.views, features.online)
    labels = LabelStore(lake, *base.state, project.labels)
    sets = ExampleSets(chosen, lake, project.views, project.moments, project.datasets, labels)
    material = Material(
        registry=registry,
        definitions=project.definitions,
        questions=Questions(lake, sets),
        replay=Replay(registry, chosen, project.views, project.moments),
        access=base.access,
        hide=hiding(base.access, base.pseudonyms),
        as_stored=storing(base.access, base.pseudonyms),
        changes=partial(routes.history, limit=_CHANGES),
    )
    runs = Runs(base.database, ArtifactStore(base.settings.data_path / "bench"))
    return BenchPart(Hypotheses(*base.state), Bench(material, runs, *base.state))


def hiding(access: Access, pseudonyms: Pseudonyms) -> Hide:
    """Pseudonyms for values of columns that tell of persons and are not pseudonyms already."""

    def hide(column: str, values: pl.Series) -> pl.Series:
        known = access.facts(_RESULTS).of(column)
        if not known.is_personal or known.is_pseudonym:
            return values
        scope = known.scope or _RESULTS
        return pseudonyms.pseudonymise(values, scope, subject=known.subject, reversible=False)

    return hide


def storing(access: Access, pseudonyms: Pseudonyms) -> Hide:
    """The pseudonyms that the data hold, of values as a person says them."""

    def as_stored(column: str, values: pl.Series) -> pl.Series:
        known = access.facts(_RESULTS).of(column)
        if not known.is_pseudonym:
            return values
        return pseudonyms.pseudonymise(values, known.scope, subject=known.subject, reversible=False)

    return as_stored
