"""who moved between two versions, or between two days: counted once in the background"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_movements"
down_revision = "20261126_lineage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "movements",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("team_id", sa.String(32), sa.ForeignKey("teams.id"), nullable=False),
        sa.Column("dataset_id", sa.String(32), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("old_version_id", sa.String(32), sa.ForeignKey("model_versions.id"), nullable=False),
        sa.Column("old_snapshot_id", sa.String(32), sa.ForeignKey("snapshots.id"), nullable=False),
        sa.Column("new_version_id", sa.String(32), sa.ForeignKey("model_versions.id"), nullable=False),
        sa.Column("new_snapshot_id", sa.String(32), sa.ForeignKey("snapshots.id"), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("rows_digest", sa.String(64), nullable=True),
        sa.Column("created_by", sa.String(254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("old_version_id", "old_snapshot_id", "new_version_id", "new_snapshot_id"),
    )
    op.create_index("ix_movements_team_id", "movements", ["team_id"])
    op.create_index("ix_movements_dataset_id", "movements", ["dataset_id"])


def downgrade() -> None:
    op.drop_table("movements")
