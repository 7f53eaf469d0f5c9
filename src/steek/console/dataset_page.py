"""The page of one dataset: is it well, how much arrives, what a record means, what the columns hold, where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from markupsafe import Markup

from steek.charts import sparkline_svg
from steek.console.dataset_fields import FieldLine, field_lines
from steek.console.dataset_volumes import VolumePart, volume_part
from steek.console.drawings import Drawings
from steek.console.feed_parts import QualityPart, Remark, quality_part, remarks_of
from steek.console.lineage_page import Side, downstream_side
from steek.console.monitors_page import MonitorLine, monitor_lines_of
from steek.console.services import Services
from steek.data import AnyDataset, Contract, DerivedDataset, Looking, Profile, Receipt, TableVersion, contract_of
from steek.governance import LOOKING
from steek.kernel.errors import NotFoundError, RefusedError
from steek.kernel.units import parse_duration

_BATCHES, _VERSIONS = 12, 12
_PROFILED_DAYS = 7
_DEPTH = 12
# A batch may come half a cadence late before it is worth a look.
_LATE = 1.5


@dataclass(frozen=True, slots=True)
class DatasetView:
    """One dataset.

    Args:
        dataset: Its declaration.
        origin: Where its rows come from, in words.
        about: What one row is.
        contract: Its contract; None for a derived dataset without one.
        health: well, watch, broken or undecided; `said` says why.
        arrived_at: Processing time of its newest version; None before the first.
        volume: Rows over time; None without event time.
        fields: What each column means and holds.
        profiled: What the profile is about, in words; "" without data.
        closed: Columns that the visitor may not see.
        quality: What checks said of its batches.
        held_remarks: Why batches are held, by receipt.
        batches: The newest receipts; empty for a derived dataset.
        versions: The newest versions of its table.
        watched: Monitors about it.
        forward: What depends on it; None before its first version.
    """

    dataset: AnyDataset
    origin: str
    about: str
    contract: Contract | None
    health: str
    said: str
    arrived_at: datetime | None
    volume: VolumePart | None
    fields: tuple[FieldLine, ...]
    profiled: str
    closed: tuple[str, ...]
    quality: QualityPart
    held_remarks: Mapping[str, list[Remark]]
    batches: tuple[Receipt, ...]
    batch_spark: Markup
    versions: tuple[TableVersion, ...]
    watched: tuple[MonitorLine, ...]
    forward: Side | None


def dataset_view(
    services: Services, drawings: Drawings, name: str, *, by: str | None, slice: str | None
) -> DatasetView:
    """Everything about one dataset.

    Args:
        services: Services of the project.
        drawings: Where the browser will ask for charts.
        name: The dataset.
        by: Column whose slices are listed; by default the first of `volume_by`.
        slice: Value of `by` that the chart and the profile are about; None means all rows.

    Raises:
        NotFoundError: no such dataset.
        InputError: no such column.
    """
    if name not in services.project.datasets:
        raise NotFoundError.among("dataset", name, services.project.datasets)
    dataset, now = services.project.datasets[name], services.clock.now()
    contract = contract_of(dataset)
    looking = Looking(services.lake.opened_by(LOOKING), services.project.datasets)
    versions = tuple(services.lake.versions(name, _VERSIONS))
    batches = tuple(services.ingestion.receipts(name, _BATCHES))
    quality = quality_part(services.feed, name)
    health, said = _health(contract, versions, len(quality.held), now)
    chosen = None if slice is None or by is None else (by, slice)
    profile, is_open = _profile(looking, name, chosen) if versions else (None, True)
    return DatasetView(
        dataset=dataset,
        origin=_origin(dataset),
        about=_about(dataset, contract),
        contract=contract,
        health=health,
        said=said,
        arrived_at=versions[0].at if versions else None,
        volume=volume_part(services, drawings, dataset, looking, by=by, slice=slice) if is_open else None,
        fields=field_lines(drawings, contract, profile, is_open=is_open),
        profiled=_profiled(profile) if profile is not None else "" if is_open else "closed to you",
        closed=() if profile is None else profile.closed,
        quality=quality,
        held_remarks={batch.receipt_id: remarks_of(batch) for batch in quality.held},
        batches=batches,
        # Safe: drawn from numbers alone.
        batch_spark=Markup(sparkline_svg([one.accepted_rows for one in reversed(batches)])),  # noqa: S704
        versions=versions,
        watched=monitor_lines_of(services.monitoring, f"dataset:{name}", now=now),
        forward=_forward(services, name, versions),
    )


def _origin(dataset: AnyDataset) -> str:
    if isinstance(dataset, DerivedDataset):
        return f"derived from {', '.join(dataset.inputs)}"
    return "every batch adds rows" if dataset.mode == "append" else "every batch is the whole table"


def _about(dataset: AnyDataset, contract: Contract | None) -> str:
    if contract is not None and contract.description:
        return contract.description
    return dataset.description if isinstance(dataset, DerivedDataset) else ""


def _health(contract: Contract | None, versions: tuple[TableVersion, ...], held: int, now: datetime) -> tuple[str, str]:
    if held:
        return "broken", f"{'1 batch is' if held == 1 else f'{held} batches are'} held until somebody decides."
    if not versions:
        return "undecided", "Nothing has arrived yet."
    if contract is None or contract.cadence is None:
        return "undecided", "Nobody said how often it is expected; give its contract a frequency."
    expected, age = parse_duration(contract.cadence), now - versions[0].at
    if age <= expected * _LATE:
        return "well", f"Expected every {contract.cadence}."
    missed = int(age / expected)
    return "broken" if missed > 1 else "watch", f"Expected every {contract.cadence}; {missed} missed."


def _profile(looking: Looking, name: str, slice: tuple[str, str] | None) -> tuple[Profile | None, bool]:
    """The profile, and whether anything of the rows is open to the visitor."""
    try:
        return looking.profile(name, window=looking.newest_window(name, days=_PROFILED_DAYS), slice=slice), True
    except RefusedError:
        return None, False


def _profiled(profile: Profile) -> str:
    rows = f"{profile.rows:,} rows"
    where = "" if profile.slice is None else f" with {' = '.join(profile.slice)}"
    if profile.window is None:
        return f"{rows}{where}, the whole table"
    return f"{rows}{where}, the newest {_PROFILED_DAYS} days"


def _forward(services: Services, name: str, versions: tuple[TableVersion, ...]) -> Side | None:
    if not versions:
        return None
    # What was made of the newest version may be to come; a day back, a night has read it.
    settled = next((one for one in versions if services.clock.now() - one.at > timedelta(days=1)), versions[-1])
    return downstream_side(services.lineage, f"dataset:{name}@{settled.version}", max_distance=_DEPTH)


def dataset_address(name: str, query: Mapping[str, str] | None = None) -> str:
    """The page of a dataset.

    >>> dataset_address("transactions", {"by": "store_id", "slice": "367"})
    '/data/transactions?by=store_id&slice=367'
    """
    asked = "&".join(f"{key}={quote(value, safe='')}" for key, value in (query or {}).items())
    return f"/data/{quote(name, safe='')}" + (f"?{asked}" if asked else "")
