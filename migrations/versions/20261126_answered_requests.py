"""what a token's request with an Idempotency-Key was answered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_answered_requests"
down_revision = "20261126_customers_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered_requests",
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_answered_requests_team_id")),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_answered_requests_token_id")),
        sa.PrimaryKeyConstraint("token_id", "key_hash", name=op.f("pk_answered_requests")),
    )
    with op.batch_alter_table("answered_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answered_requests_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_answered_requests_team_id"), ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_table("answered_requests")
