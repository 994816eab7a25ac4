"""working day: notes on segments, traces, kept measures, campaign notes, token use, roles of invitations"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_working_day"
down_revision = "20261124_snapshot_exploration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment_notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("segment_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_notes_segment_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_segment_notes_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_notes")),
    )
    with op.batch_alter_table("segment_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_notes_segment_id"), ["segment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_segment_notes_team_id"), ["team_id"], unique=False)

    op.create_table(
        "segment_traces",
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name=op.f("fk_segment_traces_snapshot_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_segment_traces_team_id")),
        sa.ForeignKeyConstraint(["version_id"], ["model_versions.id"], name=op.f("fk_segment_traces_version_id")),
        sa.PrimaryKeyConstraint("version_id", "snapshot_id", name=op.f("pk_segment_traces")),
    )
    with op.batch_alter_table("segment_traces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segment_traces_team_id"), ["team_id"], unique=False)

    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("measures_digest", sa.String(length=64), nullable=True))
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("created_by", sa.String(length=254), nullable=True))
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(length=16), nullable=True))
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index("ix_audit_events_team_id_subject", ["team_id", "subject"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_events_team_id_subject")
    op.execute(sa.text("DELETE FROM invitations WHERE role IS NOT NULL"))  # without a role they would set the passwords of strangers
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_column("role")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_column("created_by")
        batch_op.drop_column("last_used_at")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("note")
    with op.batch_alter_table("model_versions", schema=None) as batch_op:
        batch_op.drop_column("measures_digest")
    op.drop_table("segment_traces")
    op.drop_table("segment_notes")
