"""versions keep how their segments follow those before, and what people corrected"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_lineage"
down_revision = "20261126_registry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lineage_corrections",
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("reference_id", sa.String(length=32), nullable=False),
        sa.Column("continues", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reference_id"], ["model_versions.id"], name=op.f("fk_lineage_corrections_reference_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_lineage_corrections_team_id")),
        sa.ForeignKeyConstraint(["version_id"], ["model_versions.id"], name=op.f("fk_lineage_corrections_version_id")),
        sa.PrimaryKeyConstraint("version_id", "cluster", name=op.f("pk_lineage_corrections")),
    )
    with op.batch_alter_table("lineage_corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_corrections_reference_id"), ["reference_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lineage_corrections_team_id"), ["team_id"], unique=False)
    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lineage", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("version_segments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("own_segment_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_version_segments_own_segment_id"), "segments", ["own_segment_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("version_segments", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_version_segments_own_segment_id"), type_="foreignkey")
        batch_op.drop_column("own_segment_id")
    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        batch_op.drop_column("lineage")
    op.drop_table("lineage_corrections")
