"""customers name their dataset and imports by a number: of the half kilobyte that a customer took, two fifths were ids

A customer's team is that of the dataset. Customers of a dataset that is gone, whom nobody could reach, are left behind; an import that is
gone is number 0.
"""

from __future__ import annotations

from secrets import randbits

import sqlalchemy as sa
from alembic import op

revision = "20261126_customers_refs"
down_revision = "20261126_customers_consent"
branch_labels = None
depends_on = None

CONSENT = "consent = 'unknown' OR consent = 'given' OR consent = 'withdrawn'"


def upgrade() -> None:
    for table in ("datasets", "imports"):
        _number(table)
    _replace(
        (
            sa.Column("dataset_ref", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("customer_key", sa.String(length=255), nullable=False),
            *_unchanged(),
            sa.Column("first_import_ref", sa.BigInteger(), nullable=False),
            sa.Column("last_import_ref", sa.BigInteger(), nullable=False),
        ),
        "dataset_ref",
        "SELECT datasets.ref, customer_key, attributes, consent, layout_id, coalesce(first.ref, 0), coalesce(last.ref, 0) "
        "FROM customers_before JOIN datasets ON datasets.id = customers_before.dataset_id "
        "LEFT JOIN imports AS first ON first.id = first_import_id LEFT JOIN imports AS last ON last.id = last_import_id",
    )


def downgrade() -> None:
    _replace(
        (
            sa.Column("dataset_id", sa.String(length=32), nullable=False),
            sa.Column("customer_key", sa.String(length=255), nullable=False),
            sa.Column("team_id", sa.String(length=32), nullable=False),
            *_unchanged(),
            sa.Column("first_import_id", sa.String(length=32), nullable=False),
            sa.Column("last_import_id", sa.String(length=32), nullable=False),
        ),
        "dataset_id",
        "SELECT datasets.id, customer_key, datasets.team_id, attributes, consent, layout_id, coalesce(first.id, ''), coalesce(last.id, '') "
        "FROM customers_before JOIN datasets ON datasets.ref = dataset_ref "
        "LEFT JOIN imports AS first ON first.ref = first_import_ref LEFT JOIN imports AS last ON last.ref = last_import_ref",
    )
    for table in ("datasets", "imports"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"uq_{table}_ref"), type_="unique")
            batch_op.drop_column("ref")


def _number(table: str) -> None:
    """Give every row of `table` a random number of its own."""
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(sa.Column("ref", sa.BigInteger(), nullable=True))
    ids = op.get_bind().scalars(sa.text(f"SELECT id FROM {table}")).all()  # noqa: S608 - our own words
    for row in ids:
        op.get_bind().execute(sa.text(f"UPDATE {table} SET ref = :ref WHERE id = :id"), {"ref": randbits(47), "id": row})  # noqa: S608
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column("ref", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_unique_constraint(op.f(f"uq_{table}_ref"), ["ref"])


def _unchanged() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=True),
    )


def _replace(columns: tuple[sa.Column[object], ...], dataset: str, rows: str) -> None:
    """Put customers of other `columns` in the place of those that are there; the SQL `rows` makes them of `customers_before`."""
    op.rename_table("customers", "customers_before")
    if op.get_bind().dialect.name == "postgresql":  # names of constraints are the schema's there, not the table's
        op.execute("ALTER TABLE customers_before DROP CONSTRAINT pk_customers")
    op.create_table(
        "customers",
        *columns,
        sa.CheckConstraint(CONSENT, name=op.f("ck_customers_consent")),
        sa.PrimaryKeyConstraint(dataset, "customer_key", name=op.f("pk_customers")),
    )
    names = ", ".join(column.name for column in columns)
    op.execute(f"INSERT INTO customers ({names}) {rows}")
    op.drop_table("customers_before")
