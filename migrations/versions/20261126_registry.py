"""registry: what fitted a version, its note, the challenger, rollbacks, and how many versions a dataset keeps"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_registry"
down_revision = "20261126_job_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recipe", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("parameters", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("libraries", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rollback", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("keep_versions", sa.Integer(), nullable=True))
    op.create_table(
        "challengers",
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("set_by", sa.String(length=254), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_challengers_dataset_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_challengers_team_id")),
        sa.ForeignKeyConstraint(["version_id"], ["model_versions.id"], name=op.f("fk_challengers_version_id")),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_challengers")),
    )
    with op.batch_alter_table("challengers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_challengers_team_id"), ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_table("challengers")
    # An earlier release knows "failed" for a version that has no files.
    op.execute(sa.text("UPDATE model_versions SET status = 'failed', status_message = 'Its files were removed.' WHERE status = 'removed'"))
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        batch_op.drop_column("keep_versions")
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.drop_column("rollback")
    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        for name in ("removed_at", "pinned", "note", "libraries", "parameters", "recipe"):
            batch_op.drop_column(name)
