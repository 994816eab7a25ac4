"""schedules, and each time that one fired"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_schedules"
down_revision = "20261126_movements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cron", sa.String(length=120), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused_because", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_schedules_dataset_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_schedules_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_schedules_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index("ix_schedules_team_id", "schedules", ["team_id"])
    op.create_index("ix_schedules_dataset_id", "schedules", ["dataset_id"])
    op.create_index("ix_schedules_enabled_next_due", "schedules", ["enabled", "next_due"])
    op.create_table(
        "schedule_ticks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("schedule_id", sa.String(length=32), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_schedule_ticks_job_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_ticks_schedule_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_schedule_ticks_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_ticks")),
        sa.UniqueConstraint("schedule_id", "due", name=op.f("uq_schedule_ticks_schedule_id_due")),
    )
    op.create_index("ix_schedule_ticks_team_id", "schedule_ticks", ["team_id"])


def downgrade() -> None:
    op.drop_index("ix_schedule_ticks_team_id", table_name="schedule_ticks")
    op.drop_table("schedule_ticks")
    for name in ("ix_schedules_enabled_next_due", "ix_schedules_dataset_id", "ix_schedules_team_id"):
        op.drop_index(name, table_name="schedules")
    op.drop_table("schedules")
