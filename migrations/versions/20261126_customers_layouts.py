"""a customer's record lists values, and the dataset's layouts say of which columns; the database looks up no dataset for every customer

Records that are there stay objects, without a layout.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_customers_layouts"
down_revision = "20261126_answered_requests"
branch_labels = None
depends_on = None

NAMED = {
    "sqlite": "SELECT json_group_object(name.value, cell.value) FROM layouts, json_each(layouts.columns) AS name "
    "JOIN json_each(customers.attributes) AS cell ON cell.key = name.key "
    "WHERE layouts.id = customers.layout_id AND cell.type <> 'null'",
    "postgresql": "SELECT coalesce(json_object_agg(name.value, cell.value), '{}') FROM layouts, "
    "json_array_elements_text(layouts.columns) WITH ORDINALITY AS name (value, place) "
    "JOIN json_array_elements(customers.attributes) WITH ORDINALITY AS cell (value, place) USING (place) "
    "WHERE layouts.id = customers.layout_id AND json_typeof(cell.value) <> 'null'",
}
"""The record of a customer with a layout as an object that names its columns."""


def upgrade() -> None:
    op.create_table(
        "layouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_layouts_team_id")),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_layouts_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layouts")),
    )
    op.create_index("ix_layouts_team_id", "layouts", ["team_id"])
    op.create_index("ix_layouts_dataset_id", "layouts", ["dataset_id"])
    with op.batch_alter_table("customers") as batch_op:
        batch_op.drop_constraint("fk_customers_dataset_id", type_="foreignkey")
        batch_op.add_column(sa.Column("layout_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    named = NAMED[op.get_bind().dialect.name]
    op.execute(f"UPDATE customers SET attributes = ({named}) WHERE layout_id IS NOT NULL")  # noqa: S608 - our own words
    with op.batch_alter_table("customers") as batch_op:
        batch_op.drop_column("layout_id")
        batch_op.create_foreign_key("fk_customers_dataset_id", "datasets", ["dataset_id"], ["id"])
    op.drop_table("layouts")
