"""merging files: modes of imports, what undoing them needs, saved mappings, consent of customers who left"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_merging_files"
down_revision = "20261126_working_day"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(length=16), server_default="update", nullable=False))
        batch_op.add_column(sa.Column("before", sa.JSON(), nullable=True))

    op.create_table(
        "saved_mappings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_saved_mappings_dataset_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_saved_mappings_import_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_saved_mappings_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_mappings")),
        sa.UniqueConstraint("dataset_id", "fingerprint", name=op.f("uq_saved_mappings_dataset_id_fingerprint")),
    )
    with op.batch_alter_table("saved_mappings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_mappings_team_id"), ["team_id"], unique=False)

    op.create_table(
        "departed_consents",
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("customer_key", sa.String(length=255), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.CheckConstraint("consent IN ('given', 'withdrawn')", name=op.f("ck_departed_consents_consent")),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_departed_consents_dataset_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_departed_consents_team_id")),
        sa.PrimaryKeyConstraint("dataset_id", "customer_key", name=op.f("pk_departed_consents")),
    )
    with op.batch_alter_table("departed_consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_departed_consents_team_id"), ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_table("departed_consents")
    op.drop_table("saved_mappings")
    # What is undone is no snapshot's import any more; an older release knows "failed" for what is not stored.
    op.execute(sa.text("UPDATE imports SET status = 'failed', message = 'It was undone.' WHERE status = 'undone'"))
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_column("before")
        batch_op.drop_column("mode")
