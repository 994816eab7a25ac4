"""The customers that an address asks for: filters and a search over the customers of a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from segmentation.roles import CUSTOMER_KEY, Kind
from webapp.services.access import Actor, Permission
from webapp.services.errors import Invalid
from webapp.services.filtering import filtering
from webapp.services.filtering.columns import hidden_columns
from webapp.services.filtering.filtering import Rows, check_filters, facts_of, matching_rows, offered_columns, rows_where
from webapp.services.filtering.filters import Filter, FilterColumn, filter_columns, parse_filters
from webapp.services.segmenting.audience_filters import audience_columns, audience_rows, is_audience
from webapp.services.segmenting.flows import is_moved, moved_columns, moved_rows
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.store import State, Store

LONGEST_SEARCH = 200
CACHED_SEARCHES = 32


@dataclass(frozen=True)
class Selection:
    """What the filters in an address leave.

    `rows` are numbers of the snapshot's rows, ascending, None for everybody; `count` of `total` customers. `problems` says in a sentence
    each which parts of the address were left out. `fixed` says that the reader chooses one option at a time (a viewer); of the segments
    whose keys are `held` they are shown nothing, and `rows` has none of their customers. `currency` is the dataset's ISO code.
    """

    filters: tuple[Filter, ...]
    columns: tuple[FilterColumn, ...]
    problems: tuple[str, ...]
    rows: Rows | None
    count: int
    total: int
    fixed: bool = False
    held: tuple[str, ...] = ()
    currency: str | None = None


def select_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    query: Mapping[str, str],
    *,
    version: int | None = None,
    segment: str | None = None,
) -> Selection:
    """What `?f=` (and for those who see customers the search `?q=`) leave of all customers, or of those of `segment` (a key).

    Safe for every role: a viewer's selection tells of no group under `filtering.SMALLEST_GROUP`, nor do differences of two.
    """
    base = open_labelled(session, actor, dataset, version, query)
    return select_from(base, actor, store, query, segment=segment)


def select_from(base: Labelled, actor: Actor, store: Store, query: Mapping[str, str], *, segment: str | None = None) -> Selection:
    """`select_customers` of a snapshot that is open already. For services only."""
    columns = columns_for(base, actor, store)
    parsed = parse_filters(query, columns)
    filters, problems = parsed.filters, parsed.problems
    fixed = not actor.may(Permission.VIEW_CUSTOMERS)
    try:
        check_filters(actor, filters, columns)
    except Invalid as error:
        filters, problems = (), (*problems, error.message)
    rows, held = _rows(base, store, filters, columns, fixed)
    problems = (*problems, *search_problems(query))
    if not fixed and (wanted := search_text(query)):
        rows = _both(rows, _found(base.path(store), base.state(store), wanted, _searched(base, actor)))
    total = base.snapshot.customers
    if segment is not None:
        rows, total = _within(base, store, segment, rows)
    count = total if rows is None else len(rows)
    return Selection(filters, columns, problems, rows, count, total, fixed, held, base.dataset.currency)


def columns_for(base: Labelled, actor: Actor, store: Store) -> tuple[FilterColumn, ...]:
    """What the actor may filter these customers by, with what the snapshot says of each column. For services only."""
    facts = facts_of(base.path(store), base.state(store), base.schema)
    every = filter_columns(base.schema, segments=base.names, hidden=hidden_columns(actor, base.schema), facts=facts)
    return (*offered_columns(actor, every), *audience_columns(base.audiences), *moved_columns(base.movements))


def search_text(query: Mapping[str, str]) -> str:
    """What `?q=` searches for, empty for nothing."""
    return query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def search_problems(query: Mapping[str, str]) -> tuple[str, ...]:
    """Why a search is not done as it stands, so that no file holds more than somebody asked for."""
    asked = query.get("q", "").strip()
    if "\x00" in asked:
        return ("The search holds a character that no text has. Type it again.",)
    return (f"Only the first {LONGEST_SEARCH} characters of a search count. Make it shorter.",) if len(asked) > LONGEST_SEARCH else ()


def _rows(
    base: Labelled, store: Store, filters: tuple[Filter, ...], columns: tuple[FilterColumn, ...], fixed: bool
) -> tuple[Rows | None, tuple[str, ...]]:
    if not filters:
        return None, ()
    path, labels = base.path(store), base.labels(store)
    rows = matching_rows(path, [each for each in filters if not (is_moved(each) or is_audience(each))], columns, labels, base.keys)
    for each in filter(is_moved, filters):
        rows = _both(rows, moved_rows(store, base.movements, each, base.snapshot))
    for each in filter(is_audience, filters):
        rows = _both(rows, audience_rows(store, base.audiences, each, base.snapshot))
    if rows is None or not fixed:
        return rows, ()
    groups = filtering.suppressed_groups(path, filters[0], columns, labels, base.snapshot.customers)
    held = tuple(key for cluster, key in enumerate(base.keys) if cluster in groups)
    return filtering.visible_rows(rows, groups, labels), held


def _searched(base: Labelled, actor: Actor) -> tuple[str, ...]:
    """The key and every text column that the actor sees unmasked."""
    hidden = hidden_columns(actor, base.schema)
    texts = (column.name for column in base.schema if column.kind is Kind.TEXT and column.name not in hidden)
    return tuple(dict.fromkeys((CUSTOMER_KEY, *texts)))


@lru_cache(maxsize=CACHED_SEARCHES)
def _found(path: Path, _state: State, text: str, names: tuple[str, ...]) -> Rows:
    return rows_where(path, *filtering.search_clause(text, names))


def _both(rows: Rows | None, others: Rows) -> Rows:
    return others if rows is None else np.intersect1d(rows, others, assume_unique=True)


def _within(base: Labelled, store: Store, segment: str, rows: Rows | None) -> tuple[Rows, int]:
    """Those of `rows` who are in the segment, and how many are in it altogether."""
    cluster, labels = base.cluster(segment), base.labels(store)
    assert labels is not None  # there is a cluster, so there is a version
    members = np.flatnonzero(labels.label == cluster)
    return (members if rows is None else _both(rows, members)), len(members)
