"""audiences: frozen lists of customers, whose keys lie in the store"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_audiences"
down_revision = "20261126_schedules_of_tokens"
branch_labels = None
depends_on = None

LIVE = sa.text("archived_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "audiences",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("team_id", sa.String(32), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("dataset_id", sa.String(32), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("keys_digest", sa.String(64), nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("snapshot_id", sa.String(32), sa.ForeignKey("snapshots.id"), nullable=False),
        sa.Column("version_id", sa.String(32), sa.ForeignKey("model_versions.id"), nullable=True),
        sa.Column("created_by", sa.String(254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_audiences_team_id", "audiences", ["team_id"])
    op.create_index("ix_audiences_dataset_id", "audiences", ["dataset_id"])
    op.create_index("uq_audiences_live_name", "audiences", ["dataset_id", "name"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)


def downgrade() -> None:
    op.drop_table("audiences")
