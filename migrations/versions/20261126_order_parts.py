"""imports keep the part of order lines that they added"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_order_parts"
down_revision = "20261126_merging_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("part_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_column("part_digest")
