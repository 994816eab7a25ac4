"""schedules that act as an API token"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_schedules_of_tokens"
down_revision = "20261126_schedules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_schedules_token_id"), "api_tokens", ["token_id"], ["id"])


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM schedule_ticks WHERE schedule_id IN (SELECT id FROM schedules WHERE token_id IS NOT NULL)"))
    op.execute(sa.text("DELETE FROM schedules WHERE token_id IS NOT NULL"))  # without its token each would act as the operator
    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_schedules_token_id"), type_="foreignkey")
        batch_op.drop_column("token_id")
