"""customers are found by dataset and key; an index on their team cost every import a quarter of its writing"""

from __future__ import annotations

from alembic import op

revision = "20261126_customers_index"
down_revision = "20261126_order_parts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_customers_team_id", table_name="customers")


def downgrade() -> None:
    op.create_index("ix_customers_team_id", "customers", ["team_id"])
