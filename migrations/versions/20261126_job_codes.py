"""job codes: what a failed job was refused for, by name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_job_codes"
down_revision = "20261126_customers_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("code")
