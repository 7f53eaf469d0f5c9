"""Tables of contract changes: proposals, the owners that were asked, and what was done with each key."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

contract_proposals = Table(
    "contract_proposals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("dataset", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("previous_hash", String(64)),
    Column("document", Text, nullable=False),
    Column("compatibility", String(20), nullable=False),
    Column("changes", JSON, nullable=False),
    Column("impact", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("overridden_by", String(200)),
    Column("override_reason", Text),
    Column("closed_at", Instant),
    Column("event_id", String(36), nullable=False),
    Index("contract_proposals_by_dataset", "dataset", "proposed_at"),
)

contract_askings = Table(
    "contract_askings",
    metadata,
    Column("proposal_id", String(36), ForeignKey("contract_proposals.id"), primary_key=True),
    Column("owner", String(200), primary_key=True),
    Column("urns", JSON, nullable=False),
    Column("must_answer", Boolean, nullable=False),
    Column("acknowledged_by", String(200)),
    Column("acknowledged_at", Instant),
    Column("note", Text, nullable=False),
    Index("contract_askings_by_owner", "owner"),
)

contract_actions = Table(
    "contract_actions",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("proposal_id", String(36), ForeignKey("contract_proposals.id"), nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)
