"""Whom to freeze: a choice of customers, what it comes to, where it came from in words, and a name for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from segmentation.roles import Role
from segmentation.wording import listed, lower_first
from webapp.services.access import Actor
from webapp.services.data.currencies import SIGNS
from webapp.services.errors import Conflict, Invalid
from webapp.services.filtering.columns import SEGMENT
from webapp.services.filtering.filters import Condition, Filter, column_of, describe_filter, filters_to_query
from webapp.services.segmenting.flows import flow_filter, flow_name, is_moved
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.services.segmenting.movements import Asked, Uncounted, show_movement
from webapp.services.segmenting.selections import Selection, search_text, select_from
from webapp.store import Store


@dataclass(frozen=True)
class Choice:
    """Whom to freeze: what filters (`f`) and search (`q`) of `query` leave of the customers of a version (None: the champion)."""

    query: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True)
class Flow:
    """Who moved from version `before` to version `after` (None: the champion): from the segment `was` to `now` (keys; None: any).

    `flows.JOINED` in place of `was` stands for those who joined.
    """

    before: int | None
    after: int | None
    was: str | None = None
    now: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where an audience came from: `words` for what was chosen by, and the `segments` that it speaks of, key to name.

    `version` (None: nobody had a segment yet), `snapshot` and its day are those of the moment.
    """

    words: tuple[str, ...]
    segments: dict[str, str]
    version: int | None
    snapshot: int
    as_of: date


@dataclass(frozen=True)
class Chosen:
    """A choice as it is found: the snapshot with its version, and those whom the choice leaves of it, somebody at least."""

    choice: Choice
    base: Labelled
    selection: Selection

    @property
    def words(self) -> tuple[str, ...]:
        """What they were chosen by, a part each; none for everybody. Others read them, who may not see what contact columns hold."""
        words = tuple(self._words(each) for each in self.selection.filters)
        wanted = search_text(self.choice.query)
        found = "Found by words in key or texts" if self.base.schema.of(Role.CONTACT) else f"“{wanted}” in key or texts"
        return (*words, found) if wanted else words

    @property
    def origin(self) -> Origin:
        spoken_of = dict(pair for each in self.selection.filters for pair in self._segments(each))
        version, snapshot = self.base.version, self.base.snapshot
        return Origin(self.words, spoken_of, version.number if version else None, snapshot.number, snapshot.as_of)

    @property
    def name(self) -> str:
        """What they are in a few words, which every role reads: the columns that they were chosen by and not the values, which may be one
        person's."""
        filters, wanted, as_of = self.selection.filters, search_text(self.choice.query), self.base.snapshot.as_of
        flow = None if wanted else flow_name(self.base.movements, filters)
        if flow is not None or not (filters or wanted):
            return flow or f"All customers, {as_of.day} {as_of:%b %Y}"
        when = f"version {self.base.version.number}" if self.base.version else f"{as_of.day} {as_of:%b %Y}"
        speaks = [each for each in filters if is_moved(each) or each.column == SEGMENT]
        who = ", ".join(map(self._who, speaks)) or "Customers"
        labels = [column_of(each, self.selection.columns).label for each in filters if each not in speaks]
        by = listed([*dict.fromkeys(map(lower_first, labels)), *(["words"] if wanted else [])])
        return f"{who} by {by}, {when}" if by else f"{who}, {when}"

    def _who(self, each: Filter) -> str:
        """The customers whom a filter by segment leaves."""
        if each.column == SEGMENT and each.condition is Condition.ONE_OF:
            return ", ".join(name for _, name in self._segments(each))
        return self._words(each)

    def _words(self, each: Filter) -> str:
        column = column_of(each, self.selection.columns)
        if column.source is not None and column.source.role is Role.CONTACT:
            return f"{column.label}: by what it holds"
        return describe_filter(each, self.selection.columns, SIGNS.get(self.base.dataset.currency or "", ""))

    def _segments(self, each: Filter) -> list[tuple[str, str]]:
        """The segments, key and name, that a filter names."""
        if not (is_moved(each) or each.column == SEGMENT):
            return []
        moved = [style for movement in self.base.movements for style in (*movement.old, *movement.new)]
        return [(style.key, style.name) for style in (*self.base.styles, *moved) if style.key in each.values]


_SAY_WHOM = "Say whom to save: a segment, a flow, filters or words; or, where you mean all of them, everybody."


def make_choice(
    session: Session,
    actor: Actor,
    dataset: str,
    *,
    filters: str | None = None,
    search: str | None = None,
    segment: str | None = None,
    flow: Flow | None = None,
    version: int | None = None,
    everybody: bool = False,
) -> Choice:
    """What is said part by part as one choice, which has to meet all of it.

    A flow has to be counted (else Conflict), and is chosen among the customers of the version that lists them all. Invalid where a part is
    empty, or all are left out but for `everybody`: a script whose variable is empty must not save the whole customer base.
    """
    said = {"f": filters, "q": search, "segment": segment, **({"was": flow.was, "now": flow.now} if flow else {})}
    if empty := next((name for name, text in said.items() if text is not None and not text.strip(" *")), None):
        raise Invalid("This is empty. Leave it out, or say whom to save.", details={"field": empty})
    if everybody is not (flow is None and all(text is None for text in said.values())):
        raise Invalid(_SAY_WHOM if not everybody else "Everybody is more than that. Say one or the other.", details={"field": "everybody"})
    parts = [filters_to_query([Filter(SEGMENT, Condition.ONE_OF, (segment,))])] if segment else []
    if flow is not None:
        movement = show_movement(session, actor, dataset, Asked(flow.before), Asked(flow.after))
        if isinstance(movement, Uncounted):
            text = "Nobody has counted yet who moved between these two versions. Have it counted on Movement or by `smartcart compare`."
            raise Conflict(f"{text} Then save the flow.", code="not_counted")
        parts.append(flow_filter(movement.id, was=flow.was, now=flow.now))
        version = version or movement.listed or movement.after.version
    given = {"f": "*".join(part for part in (*parts, filters) if part), "q": search}
    return Choice({name: text for name, text in given.items() if text}, version)


def choose_customers(session: Session, actor: Actor, store: Store, dataset: str, choice: Choice) -> Chosen:
    """The customers whom the choice leaves; Invalid where that is nobody, or a filter cannot be used: nobody more than was asked for."""
    base = open_labelled(session, actor, dataset, choice.version, choice.query)
    selection = select_from(base, actor, store, choice.query)
    if selection.problems:
        raise Invalid(f"Nothing was saved. {' '.join(selection.problems)}", details={"field": "f"})
    if not selection.count:
        raise Invalid("Nobody is left to save. Take a filter away, then save the customers who remain.", details={"field": "f"})
    return Chosen(choice, base, selection)
