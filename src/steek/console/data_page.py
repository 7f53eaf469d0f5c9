"""The data page: every dataset, what arrived last, how much usually arrives, and what was held back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from steek.charts import sparkline_svg
from steek.data import Dataset, DerivedDataset, Ingestion, Lake, Receipt, contract_of

_BATCHES_SHOWN = 30


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One dataset. Counts are about the last batches shown in the sparkline; absent is None."""

    name: str
    owner: str
    origin: str
    about: str
    version: int | None
    arrived_at: datetime | None
    rows: int | None
    usual: str
    quarantined: int
    receipt: str
    spark: Markup


def data_view(
    datasets: Mapping[str, Dataset | DerivedDataset], lake: Lake, ingestion: Ingestion
) -> tuple[DatasetRow, ...]:
    """One row per declared dataset, in the order of declaration."""
    return tuple(_row(dataset, lake, ingestion) for dataset in datasets.values())


def _row(dataset: Dataset | DerivedDataset, lake: Lake, ingestion: Ingestion) -> DatasetRow:
    contract = contract_of(dataset)
    if isinstance(dataset, DerivedDataset):
        commits = list(reversed(lake.versions(dataset.name, _BATCHES_SHOWN)))
        sizes = [commit.rows for commit in commits]
        origin, about = f"derived from {', '.join(dataset.inputs)}", dataset.description
        newest = commits[-1] if commits else None
        version, at = (newest.version, newest.at) if newest else (None, None)
        receipts: list[Receipt] = []
    else:
        receipts = list(reversed(ingestion.receipts(dataset.name, limit=_BATCHES_SHOWN)))
        sizes = [receipt.accepted_rows for receipt in receipts]
        origin, about = dataset.mode, contract.description if contract is not None else ""
        version, at = (receipts[-1].table_version, receipts[-1].received_at) if receipts else (None, None)
    return DatasetRow(
        name=dataset.name,
        owner=dataset.owner,
        origin=origin,
        about=about,
        version=version,
        arrived_at=at,
        rows=sizes[-1] if sizes else None,
        usual=_usual(sizes),
        quarantined=sum(receipt.quarantined_rows for receipt in receipts),
        receipt=receipts[-1].id if receipts else "",
        # Safe: drawn from numbers alone.
        spark=Markup(sparkline_svg(sizes, description=f"rows per batch, last {len(sizes)}")),  # noqa: S704
    )


def _usual(sizes: list[int]) -> str:
    if len(sizes) < 3:
        return ""
    ordered = sorted(sizes[:-1])
    return f"{ordered[len(ordered) // 2]:,} in the middle batch of {len(ordered)} before"
