"""In which order the records of customers list their columns."""

from __future__ import annotations

from sqlalchemy.orm import Session

from segmentation.roles import Schema
from webapp.merging import record_columns
from webapp.models import Dataset, Layout
from webapp.services.access import Actor, team_rows


def layout_of(session: Session, actor: Actor, dataset: Dataset, schema: Schema) -> int:
    """The id of the layout of `schema`'s columns in a locked dataset: the one that is there, or a new one."""
    names = [column.name for column in record_columns(schema)]
    for known in session.scalars(team_rows(actor, Layout).where(Layout.dataset_id == dataset.id)):
        if known.columns == names:
            return known.id
    row = Layout(team_id=actor.team_id, dataset_id=dataset.id, columns=names)
    session.add(row)
    session.flush()
    return row.id
