"""What an ingestion is built with beside its database and its lake."""

from dataclasses import dataclass
from pathlib import Path

from steek.data.contracts.guard import ContractChanges
from steek.data.ingest.spool import Spool
from steek.data.ingest.steps import FeedWatch, StepsFor, no_steps
from steek.data.lake.lake import Lake
from steek.kernel.clock import Clock
from steek.kernel.errors import SettingsError
from steek.ledger import Database

_SPOOL_BYTES = 20_000_000_000
_EXPANDED_BYTES = 8_000_000_000


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """The spool, and what is done to rows on their way into it.

    Args:
        spool: Where acknowledged rows wait for their commit.
        steps: Cleaning, sampling, protection; by default nothing.
        feed: Checks of whole batches against those before; None without.
        contract_changes: Whether a declared contract may break the one that holds without a proposal that was applied.
        max_expanded_bytes: What one batch may grow to when it is decompressed.
    """

    spool: Spool
    steps: StepsFor = no_steps
    feed: FeedWatch | None = None
    contract_changes: ContractChanges = "guarded"
    max_expanded_bytes: int = _EXPANDED_BYTES


def spool_beside(lake: Lake, database: Database, clock: Clock) -> Spool:
    """A spool in the folder of the database's file, or else of a lake on this machine.

    Raises:
        SettingsError: neither is a file of this machine.
    """
    file = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and file:
        return Spool(Path(file).resolve().parent / "spool", _SPOOL_BYTES, clock)
    place, _ = lake.place("spool")
    if "://" in place:
        message = "neither database nor lake is a folder of this machine, and no spool was given"
        raise SettingsError(message, next_step="Give Ingestion the options with a Spool.")
    return Spool(Path(place).parent.parent / "spool", _SPOOL_BYTES, clock)
