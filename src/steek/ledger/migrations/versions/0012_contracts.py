"""Contract proposals, acknowledgements, labels."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _contract_proposals()
    _contract_askings()
    _contract_actions()
    _label_batches()
    _label_uses()


def _contract_proposals() -> None:
    op.create_table(
        "contract_proposals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("compatibility", sa.String(length=20), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("impact", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overridden_by", sa.String(length=200), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("contract_proposals_by_dataset", "contract_proposals", ["dataset", "proposed_at"], unique=False)


def _contract_askings() -> None:
    op.create_table(
        "contract_askings",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("urns", sa.JSON(), nullable=False),
        sa.Column("must_answer", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "owner"),
        sa.ForeignKeyConstraint(["proposal_id"], ["contract_proposals.id"]),
    )
    op.create_index("contract_askings_by_owner", "contract_askings", ["owner"], unique=False)


def _contract_actions() -> None:
    op.create_table(
        "contract_actions",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.ForeignKeyConstraint(["proposal_id"], ["contract_proposals.id"]),
    )


def _label_batches() -> None:
    op.create_table(
        "label_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("table_version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("new_rows", sa.BigInteger(), nullable=False),
        sa.Column("repeated_rows", sa.BigInteger(), nullable=False),
        sa.Column("corrected_rows", sa.BigInteger(), nullable=False),
        sa.Column("late_rows", sa.BigInteger(), nullable=False),
        sa.Column("early_rows", sa.BigInteger(), nullable=False),
        sa.Column("first_moment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_moment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "key"),
        sa.UniqueConstraint("name", "table_version"),
    )


def _label_uses() -> None:
    op.create_table(
        "label_uses",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("table_version", sa.Integer(), nullable=False),
        sa.Column("urn", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("label_uses_by_version", "label_uses", ["name", "table_version"], unique=False)
