"""Erasure, retention, compliance and housekeeping on an opened project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from steek.data import AnyDataset, Ingestion, Lake
from steek.data.erasure.database_holder import DatabaseValues
from steek.data.erasure.disk_holder import DiskSearch
from steek.data.erasure.erasures import Erasures
from steek.data.erasure.exclusion import Exclusion
from steek.data.erasure.identity import Identities
from steek.data.erasure.lake_holder import LakeTables
from steek.data.erasure.passing import ErasurePass
from steek.data.erasure.ports import Holder, LearnedFrom
from steek.data.erasure.rewriting import Rewriting
from steek.data.erasure.spool_holder import SpoolFiles
from steek.data.erasure.table_files import TableFiles
from steek.data.lake.upkeep import LakeUpkeep
from steek.data.retention.compliance import Compliance
from steek.data.retention.retention import Retention
from steek.governance import KeyVault, Pseudonyms, searchable_rows
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings
from steek.kernel.units import parse_duration
from steek.ledger import Database, Ledger
from steek.loop import Housekeeping
from steek.loop.chores import Chore, CompactionChore, ComplianceChore, ErasureChore, RetentionChore, SpoolChore


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What knows of persons before anything is ingested: settings, keys, and the tables as files."""

    settings: Settings
    datasets: Mapping[str, AnyDataset]
    database: Database
    ledger: Ledger
    clock: Clock
    vault: KeyVault
    pseudonyms: Pseudonyms
    lake: Lake

    @property
    def identities(self) -> Identities:
        """Digests and forms of persons."""
        return Identities(self.vault, self.pseudonyms, self.datasets)

    @property
    def files(self) -> TableFiles:
        """The lake's tables as files."""
        return TableFiles(self.settings.lake_uri, self.settings.lake_options)

    @property
    def rewriting(self) -> Rewriting:
        """What takes rows out for good."""
        return Rewriting(self.files, self.lake, self.clock)

    @property
    def exclusion(self) -> Exclusion:
        """Whose rows are not taken in."""
        return Exclusion(self.identities, self.database)

    @property
    def compliance(self) -> Compliance:
        """Rules of contracts, and whether they are met."""
        allowed = [part.strip() for part in self.settings.text("jurisdictions").split(",") if part.strip()]
        return Compliance(self.retention, self.database, self.ledger, self.clock, self.datasets, allowed)

    @property
    def retention(self) -> Retention:
        """What takes out rows whose time is over."""
        starts_at = self.settings.day_starts_at
        return Retention(self.rewriting, self.database, self.ledger, self.clock, self.datasets, starts_at)


@dataclass(frozen=True, slots=True)
class ErasingPart:
    """What lets data go."""

    erasures: Erasures
    retention: Retention
    compliance: Compliance
    housekeeping: Housekeeping


def erasing_part(
    holding: Holding,
    ingestion: Ingestion,
    holders: Sequence[Holder],
    learned_from: LearnedFrom,
    more_chores: Sequence[Chore] = (),
) -> ErasingPart:
    """Everything that lets data go.

    Args:
        holding: What knows of persons.
        ingestion: Its spool holds rows as well.
        holders: Places that other rooms keep: online store, prediction log, golden answers.
        learned_from: Tells which models had rows of a person before them.
        more_chores: What other rooms do regularly; done last.
    """
    state = (holding.database, holding.ledger, holding.clock)
    searchable = partial(searchable_rows, vault=holding.vault)
    tables = LakeTables(holding.rewriting, holding.lake, holding.database, holding.datasets, searchable)
    spool = SpoolFiles(ingestion.spool.folder, ingestion.committer.commit_all, searchable)
    disk = DiskSearch(holding.settings.data_path, _decoded_elsewhere(holding.settings))
    everywhere = [spool, *holders, DatabaseValues(holding.database), disk, tables]
    erasing = ErasurePass(holding.identities, tables.exposures, everywhere, learned_from, *state)
    delay = parse_duration(holding.settings.text("erasure_delay"))
    erasures = Erasures(holding.identities, erasing, *state, delay)
    upkeep = LakeUpkeep(holding.settings.lake_uri, holding.settings.lake_options, *state)
    retention, compliance = holding.retention, holding.compliance
    chores = [
        SpoolChore(ingestion),
        RetentionChore(retention),
        ErasureChore(erasures),
        CompactionChore(upkeep, tables, holding.files, holding.lake),
        ComplianceChore(compliance),
        *more_chores,
    ]
    return ErasingPart(erasures, retention, compliance, Housekeeping(chores))


def _decoded_elsewhere(settings: Settings) -> list[Path]:
    """Folders whose files other holders decode: bytes of compressed columns say nothing."""
    lake = [] if "://" in settings.lake_uri else [Path(settings.lake_uri)]
    return [*lake, settings.data_path / "predictions"]
