"""Keys, pseudonyms."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _vault_keys()
    _shredded_keys()
    _vault_operations()
    _pseudonym_originals()
    _pseudonym_versions()
    _pseudonym_reversals()


def _vault_keys() -> None:
    op.create_table(
        "vault_keys",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=190), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("name"),
    )


def _shredded_keys() -> None:
    op.create_table(
        "shredded_keys",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=190), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("condemned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("key", "name"),
    )


def _vault_operations() -> None:
    op.create_table(
        "vault_operations",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _pseudonym_originals() -> None:
    op.create_table(
        "pseudonym_originals",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("key_name", sa.String(length=190), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("scope", "pseudonym"),
    )


def _pseudonym_versions() -> None:
    op.create_table(
        "pseudonym_versions",
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "version"),
        sa.UniqueConstraint("key"),
    )


def _pseudonym_reversals() -> None:
    op.create_table(
        "pseudonym_reversals",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
