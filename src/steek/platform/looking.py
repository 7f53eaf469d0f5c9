"""Looking at data from every surface, as the one who looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.data import Arrival, Contract, DerivedDataset, Looking, Receipt, contract_of, judge_arrival
from steek.governance import LOOKING
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.platform.record import Platform


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """One dataset in a list. Absent is None: nothing has arrived yet, or it has no contract."""

    name: str
    owner: str
    origin: str
    about: str
    version: int | None
    versions_at: datetime | None
    rows_of_newest: int | None
    contract_version: str | None


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """Everything that is known of a dataset without reading its rows.

    `receipts` are the newest ten; `arrival` says whether it came in time, None where no cadence is promised.
    """

    line: DatasetLine
    contract: Contract | None
    event_time: str | None
    volume_by: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    arrival: Arrival | None


def dataset_lines(platform: Platform) -> list[DatasetLine]:
    """Every declared dataset, in order of declaration."""
    return [_line(platform, name) for name in platform.project.datasets]


def dataset_facts(platform: Platform, name: str) -> DatasetFacts:
    """One dataset. Raises NotFoundError with the nearest name."""
    if name not in platform.project.datasets:
        raise NotFoundError.among("dataset", name, platform.project.datasets)
    declared = platform.project.datasets[name]
    receipts = tuple(platform.ingestion.receipts(name, 10))
    return DatasetFacts(
        line=_line(platform, name),
        contract=contract_of(declared),
        event_time=declared.event_time,
        volume_by=declared.volume_by,
        receipts=receipts,
        arrival=dataset_arrival(platform, name),
    )


def dataset_arrival(platform: Platform, name: str) -> Arrival | None:
    """Whether a dataset came as often as its contract promises; told, and left to monitors to alert on.

    A batch that waits for a person has come; one that was turned away has not. Of derived datasets the newest
    version counts.

    Raises:
        NotFoundError: no such dataset.
    """
    if name not in platform.project.datasets:
        raise NotFoundError.among("dataset", name, platform.project.datasets)
    declared = platform.project.datasets[name]
    contract = contract_of(declared)
    if isinstance(declared, DerivedDataset):
        came = [version.at for version in platform.lake.versions(name, 1)]
    else:
        came = [each.received_at for each in platform.ingestion.receipts(name, 100) if each.state != "rejected"]
    cadence = None if contract is None else contract.cadence
    return judge_arrival(cadence, next(iter(came), None), platform.clock.now())


def looking(platform: Platform) -> Looking:
    """Profiles, volumes and samples, of what is open to whoever asks."""
    return Looking(platform.lake.opened_by(LOOKING), platform.project.datasets)


def last_days(platform: Platform, days: int) -> Window:
    """The last `days` business days that are over, and the one that runs."""
    now, start = platform.clock.now(), platform.settings.day_starts_at
    begun = now.replace(hour=start.hour, minute=start.minute, second=start.second, microsecond=0)
    end = begun + timedelta(days=1) if begun <= now else begun
    return Window(end - timedelta(days=days), end)


def _line(platform: Platform, name: str) -> DatasetLine:
    declared = platform.project.datasets[name]
    contract = contract_of(declared)
    newest = next(iter(platform.lake.versions(name, 1)), None)
    inputs = getattr(declared, "inputs", ())
    return DatasetLine(
        name=name,
        owner=declared.owner,
        origin=f"derived from {', '.join(inputs)}" if inputs else declared.mode,
        about=contract.description if contract is not None else getattr(declared, "description", ""),
        version=None if newest is None else newest.version,
        versions_at=None if newest is None else newest.at,
        rows_of_newest=None if newest is None else newest.rows,
        contract_version=None if contract is None else contract.version,
    )
