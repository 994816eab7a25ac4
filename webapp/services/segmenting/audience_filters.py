"""Audiences as a filter in an address: `in-audience~in~<id>` leaves those of an audience who are still customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import or_
from sqlalchemy.orm import Session

from webapp.models import Audience, Dataset, Snapshot
from webapp.services.access import Actor, Permission, team_rows
from webapp.services.filtering.filtering import Rows
from webapp.services.filtering.filters import Condition, Filter, FilterColumn, Form, filters_to_query, named_values
from webapp.services.segmenting.carrying import places_in, rows_of
from webapp.store import Store

COLUMN = "in-audience"
KEYS = "audience"
"""The area of the store where the keys of audiences lie."""


@dataclass(frozen=True)
class OpenAudience:
    """An audience that filters may name, and where its keys lie."""

    id: str
    name: str
    keys_digest: str


def audience_filter(audience_id: str) -> str:
    """The text of `?f=` for the customers of an audience."""
    return filters_to_query([Filter(COLUMN, Condition.ONE_OF, (audience_id,))]) or ""


def open_audiences(session: Session, actor: Actor, dataset: Dataset, query: Mapping[str, str]) -> tuple[OpenAudience, ...]:
    """The dataset's audiences, by name: those that are not archived, and those that the filters of `query` name. For services only."""
    if not actor.may(Permission.VIEW_CUSTOMERS):
        return ()
    wanted = or_(Audience.archived_at.is_(None), Audience.id.in_(named_values(query, COLUMN)))
    found = team_rows(actor, Audience).where(Audience.dataset_id == dataset.id, wanted).order_by(Audience.name, Audience.id)
    columns = (Audience.id, Audience.name, Audience.keys_digest)
    return tuple(OpenAudience(*row) for row in session.execute(found.with_only_columns(*columns)))


def audience_columns(audiences: Sequence[OpenAudience]) -> tuple[FilterColumn, ...]:
    """What those audiences let filter by."""
    return (FilterColumn(COLUMN, "Audience", Form.AUDIENCE, choices={each.id: each.name for each in audiences}),) if audiences else ()


def is_audience(each: Filter) -> bool:
    """Whether a filter reads audiences."""
    return each.column == COLUMN


def audience_rows(store: Store, audiences: Sequence[OpenAudience], each: Filter, snapshot: Snapshot) -> Rows:
    """Numbers of the rows of `snapshot` that meet the filter, ascending."""
    named = [known for known in audiences if known.id in each.values]
    inside = np.unique(np.concatenate([rows_of(places_in(store, KEYS, known.keys_digest, snapshot)) for known in named]))
    if each.condition is Condition.ONE_OF:
        return inside
    return np.setdiff1d(np.arange(snapshot.customers), inside, assume_unique=True)
