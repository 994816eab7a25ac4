"""what was found out about a snapshot's customers before any clustering"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_snapshot_exploration"
down_revision = "20261124_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exploration", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.drop_column("exploration")
