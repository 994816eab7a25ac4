"""a customer's consent is checked word by word, the commonest first: of a list SQLite makes a table, and looks there for every row"""

from __future__ import annotations

from alembic import op

revision = "20261126_customers_consent"
down_revision = "20261126_customers_layouts"
branch_labels = None
depends_on = None

WORD_BY_WORD = "consent = 'unknown' OR consent = 'given' OR consent = 'withdrawn'"
LISTED = "consent IN ('given', 'withdrawn', 'unknown')"


def upgrade() -> None:
    _check(WORD_BY_WORD)


def downgrade() -> None:
    _check(LISTED)


def _check(condition: str) -> None:
    with op.batch_alter_table("customers") as batch_op:
        batch_op.drop_constraint(op.f("ck_customers_consent"), type_="check")
        batch_op.create_check_constraint(op.f("ck_customers_consent"), condition)
