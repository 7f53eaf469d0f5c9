"""What is done to the rows of a dataset on their way in, as declared and as last seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.data import Dataset, Sampling, SamplingCost, cleaning_version, cost_in_lake
from steek.governance import LOOKING
from steek.kernel.errors import NotFoundError
from steek.platform.record import Platform


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One entry of a cleaning list.

    Args:
        name: What it does.
        version: Hash of its arguments and code.
        changes: Fields whose values it may change.
        adds: Fields that it writes beside them.
        arguments: What it was declared with; for code of the project, nothing.
        boundaries_version: Of a quantised field; None for all others.
    """

    name: str
    version: str
    changes: tuple[str, ...]
    adds: tuple[str, ...]
    arguments: object
    boundaries_version: str | None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What happens to the rows of one dataset.

    Args:
        dataset: Its name.
        version: Hash of the cleaning list; None where nothing is cleaned.
        actions: The list, in order.
        filters: Names of the filters, in order.
        sampling: The sampling; None where every row is kept.
        last: What the steps told of the newest batch, by step; empty without batches.
    """

    dataset: str
    version: str | None
    actions: tuple[ActionLine, ...]
    filters: tuple[str, ...]
    sampling: Sampling | None
    last: dict[str, object]


def preparations(platform: Platform) -> list[Preparation]:
    """Of every dataset from outside that is cleaned, filtered or sampled, by name."""
    named = sorted(platform.project.datasets)
    found = [preparation(platform, name) for name in named if isinstance(platform.project.datasets[name], Dataset)]
    return [each for each in found if each.actions or each.filters or each.sampling is not None]


def preparation(platform: Platform, dataset: str) -> Preparation:
    """Of one dataset. Raises NotFoundError for an unknown or a derived one."""
    outside = {name: each for name, each in platform.project.datasets.items() if isinstance(each, Dataset)}
    if dataset not in outside:
        raise NotFoundError.among("dataset from outside", dataset, outside)
    declared = outside[dataset]
    newest = next(iter(platform.ingestion.receipts(dataset, 1)), None)
    return Preparation(
        dataset=dataset,
        version=cleaning_version(declared.cleaning) if declared.cleaning else None,
        actions=tuple(
            ActionLine(
                action.name,
                action.hash,
                action.changes,
                action.adds,
                action.facts.get("arguments"),
                None if action.boundaries is None else action.boundaries.version,
            )
            for action in declared.cleaning
        ),
        filters=tuple(each.name for each in declared.filters),
        sampling=declared.sampling,
        last={} if newest is None else newest.steps,
    )


def sampling_costs(
    platform: Platform,
    dataset: str,
    by: Sequence[str],
    rates: Sequence[float],
    *,
    metric: str | None = None,
    group: str | None = None,
) -> list[SamplingCost]:
    """What samples of a dataset would cost; see `sampling_cost`.

    Raises:
        NotFoundError: no such dataset, or it has no data yet.
        InputError: no such column, or the dataset is a sample already.
    """
    if dataset not in platform.project.datasets:
        raise NotFoundError.among("dataset", dataset, platform.project.datasets)
    declared = platform.project.datasets[dataset]
    lake = platform.lake.opened_by(LOOKING)
    return cost_in_lake(lake, declared, Sampling(by=tuple(by)), rates, metric=metric, group=group)
