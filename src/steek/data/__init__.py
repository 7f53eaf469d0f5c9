"""The data room: contracts, ingestion, the lake of versioned tables, and datasets derived from others.

Flows in: batches of rows (Parquet, Arrow, CSV, NDJSON, JSON, frames) with the client's own key, and the project's
declarations. Flows out: receipts, versioned tables that can be read as of a version or a processing time, quarantined
rows with reasons, counted joins, volumes per slice, and events and lineage for all of it.
"""

from steek.data.cleaning import clean
from steek.data.cleaning.actions import cleaning_version
from steek.data.cleaning.steps import cleaning_steps
from steek.data.columns.lineage import ColumnAnswer, ColumnLineage
from steek.data.columns.plan import ColumnMap, read_columns, result_schema
from steek.data.contracts.changes import Compatibility, ContractChange, ContractDiff
from steek.data.contracts.compatibility import compare
from steek.data.contracts.contract import Contract, Field
from steek.data.contracts.draft_yaml import write_draft
from steek.data.contracts.guard import ContractChanges
from steek.data.contracts.impact import Affected, ColumnReading, Downstream
from steek.data.contracts.infer import DraftContract, infer_contract
from steek.data.contracts.log import ContractLog, HeldContract
from steek.data.contracts.odcs import parse_contract, read_contract, write_contract
from steek.data.contracts.proposal import Asking, Preview, Proposal
from steek.data.contracts.proposals import Proposals
from steek.data.contracts.volume import ExpectedVolume
from steek.data.datasets import AnyDataset, Dataset, DerivedDataset, contract_of, derived_dataset, load_contracts
from steek.data.derivation.derivation import Derivation, DerivationReport
from steek.data.derivation.join_reports import JoinReport, JoinSlice
from steek.data.derivation.join_service import Joins, JudgedJoin
from steek.data.derivation.join_verdicts import JoinVerdict
from steek.data.derivation.joins import Conversion, CountingJoin
from steek.data.derivation.matching import JoinPlan
from steek.data.erasure.erasures import Erasures
from steek.data.erasure.ports import Finding
from steek.data.erasure.records import Erasure
from steek.data.erasure.subjects import Subject
from steek.data.ingest.background import BackgroundCommitter
from steek.data.ingest.event_requests import EventReceipt, EventRequest
from steek.data.ingest.ingestion import Ingestion
from steek.data.ingest.options import IngestOptions
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.spool import Spool, spool_errors
from steek.data.ingest.steps import IntakeSteps
from steek.data.labels.affected import LabelUses, Learned
from steek.data.labels.agreement import Agreement, PairAgreement
from steek.data.labels.batches import LabelBatch
from steek.data.labels.declaration import Labels
from steek.data.labels.store import LabelStore
from steek.data.lake.inspecting import LakeInspection
from steek.data.lake.lake import Lake, TableVersion
from steek.data.lake.upkeep import LakeUpkeep
from steek.data.looking.column_profile import Bin, ColumnProfile
from steek.data.looking.looking import Looking, Profile, Sample, meaning_of, parse_slice, protection_of
from steek.data.quarantine.decisions import QuarantineDecision
from steek.data.quarantine.quarantine import Quarantine, Selection
from steek.data.quarantine.rejected import RejectedRows
from steek.data.quarantine.rows import QuarantinedRow, ReasonCount
from steek.data.retention.compliance import Compliance
from steek.data.retention.retention import DueTable, Retention, RetentionRun
from steek.data.retention.rules import Objective
from steek.data.sampling.cost import SamplingCost, cost_in_lake, sampling_cost
from steek.data.sampling.filtering import Filter
from steek.data.sampling.sampling import Sampling
from steek.data.sampling.steps import sampling_steps
from steek.data.validation.feed.arrival import Arrival, judge_arrival
from steek.data.validation.feed.checking import FeedChecking
from steek.data.validation.feed.checks import FEED_CHECKS, FeedChecks, FeedVerdict
from steek.data.validation.feed.decisions import FeedDecision
from steek.data.validation.feed.store import JudgedBatch
from steek.data.volumes import volume_lines
from steek.data.whole_files import WholeFile, read_rows_of

__all__ = [
    "FEED_CHECKS",
    "Affected",
    "Agreement",
    "AnyDataset",
    "Arrival",
    "Asking",
    "BackgroundCommitter",
    "Bin",
    "ColumnAnswer",
    "ColumnLineage",
    "ColumnMap",
    "ColumnProfile",
    "ColumnReading",
    "Compatibility",
    "Compliance",
    "Contract",
    "ContractChange",
    "ContractChanges",
    "ContractDiff",
    "ContractLog",
    "Conversion",
    "CountingJoin",
    "Dataset",
    "Derivation",
    "DerivationReport",
    "DerivedDataset",
    "Downstream",
    "DraftContract",
    "DueTable",
    "Erasure",
    "Erasures",
    "EventReceipt",
    "EventRequest",
    "ExpectedVolume",
    "FeedChecking",
    "FeedChecks",
    "FeedDecision",
    "FeedVerdict",
    "Field",
    "Filter",
    "Finding",
    "HeldContract",
    "IngestOptions",
    "Ingestion",
    "IntakeSteps",
    "JoinPlan",
    "JoinReport",
    "JoinSlice",
    "JoinVerdict",
    "Joins",
    "JudgedBatch",
    "JudgedJoin",
    "LabelBatch",
    "LabelStore",
    "LabelUses",
    "Labels",
    "Lake",
    "LakeInspection",
    "LakeUpkeep",
    "Learned",
    "Looking",
    "Objective",
    "PairAgreement",
    "Preview",
    "Profile",
    "Proposal",
    "Proposals",
    "Quarantine",
    "QuarantineDecision",
    "QuarantinedRow",
    "ReasonCount",
    "Receipt",
    "RejectedRows",
    "Retention",
    "RetentionRun",
    "Sample",
    "Sampling",
    "SamplingCost",
    "Selection",
    "Spool",
    "Subject",
    "TableVersion",
    "WholeFile",
    "clean",
    "cleaning_steps",
    "cleaning_version",
    "compare",
    "contract_of",
    "cost_in_lake",
    "derived_dataset",
    "infer_contract",
    "judge_arrival",
    "load_contracts",
    "meaning_of",
    "parse_contract",
    "parse_slice",
    "protection_of",
    "read_columns",
    "read_contract",
    "read_rows_of",
    "result_schema",
    "sampling_cost",
    "sampling_steps",
    "spool_errors",
    "volume_lines",
    "write_contract",
    "write_draft",
]
