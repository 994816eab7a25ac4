"""of a customer's foreign keys the dataset's is enough: the others took half of what PostgreSQL needs to write a million"""

from __future__ import annotations

from alembic import op

revision = "20261126_customers_keys"
down_revision = "20261126_audiences"
branch_labels = None
depends_on = None

KEYS = (("team_id", "teams"), ("first_import_id", "imports"), ("last_import_id", "imports"))


def upgrade() -> None:
    with op.batch_alter_table("customers") as batch_op:
        for column, _ in KEYS:
            batch_op.drop_constraint(f"fk_customers_{column}", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("customers") as batch_op:
        for column, table in KEYS:
            batch_op.create_foreign_key(f"fk_customers_{column}", table, [column], ["id"])
