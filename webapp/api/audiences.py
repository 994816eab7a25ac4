"""Audiences: frozen lists of customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from webapp.api.campaigns import DATASET, SEGMENT, the_dataset
from webapp.api.customers import QUERY, asked_filters, customers_page
from webapp.api.datasets import VERSION_FIELD
from webapp.api.fields import switch, text, yes_no
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.services.access import Permission
from webapp.services.browsing.exports import customers_of
from webapp.services.data.names import LONGEST_NAME
from webapp.services.filtering.filters import LONGEST
from webapp.services.planning.campaigns import LONGEST_NOTE
from webapp.services.segmenting.audience_choices import Flow, make_choice
from webapp.services.segmenting.audience_today import show_today
from webapp.services.segmenting.audiences import AudienceSummary, list_audiences, locate_audience, save_audience, show_audience


@dataclass(frozen=True)
class AudienceAnswer:
    """One audience. `chosen_by` (words), `version`, `snapshot` and `as_of` say where it came from; for viewers these are null, and `size`
    is rounded, null under ten. `filter` is the text of `f` that leaves its customers.
    """

    id: str
    dataset: str
    name: str
    note: str
    size: int | None
    archived: bool
    chosen_by: tuple[str, ...] | None
    version: int | None
    snapshot: int | None
    as_of: date | None
    filter: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Audiences:
    dataset: str
    audiences: tuple[AudienceAnswer, ...]


@dataclass(frozen=True)
class AudienceSegment:
    """Customers of an audience in a segment of the champion; `key` and `name` are null for those in none."""

    key: str | None
    name: str | None
    customers: int


@dataclass(frozen=True)
class AudienceNow:
    """An audience as it is now: how many are still customers, how many by consent, how many may leave in a file (`reachable`), and their
    segments under the champion. Viewers read rounded counts, null under ten, of smaller parts and of consent nothing.
    """

    audience: AudienceAnswer
    present: int | None
    consents: dict[str, int] | None
    reachable: int | None
    champion: int | None
    segments: tuple[AudienceSegment, ...]
    unplaced: int


def get_audiences(call: Call) -> Audiences:
    dataset = the_dataset(call, call.query["dataset"])
    found = list_audiences(call.session, call.actor, dataset, archived=call.query["archived"])
    return Audiences(dataset, tuple(audience_answer(each) for each in found))


def post_audience(call: Call) -> AudienceAnswer:
    sent = call.sent
    dataset = the_dataset(call, sent["dataset"] or call.query["dataset"])
    said = [sent[name] for name in FLOW]
    choice = make_choice(
        call.session,
        call.actor,
        dataset,
        filters=sent["f"],
        search=sent["q"],
        segment=sent["segment"],
        version=sent["version"],
        flow=Flow(*said) if any(part is not None for part in said) else None,
        everybody=sent["everybody"],
    )
    store = call.resources.store
    return audience_answer(save_audience(call.session, call.actor, store, dataset, choice, name=sent["name"], note=sent["note"]))


def get_audience(call: Call) -> AudienceNow:
    audience = _located(call)
    now = show_today(call.session, call.actor, call.resources.store, audience.dataset, audience.id)
    return AudienceNow(
        audience=audience_answer(audience),
        present=now.present,
        consents=now.consents,
        reachable=now.reachable,
        champion=now.champion,
        segments=tuple(
            AudienceSegment(part.style.key if part.style else None, part.style.name if part.style else None, part.customers)
            for part in now.parts
        ),
        unplaced=now.unplaced,
    )


def get_audience_customers(call: Call) -> dict[str, Any]:
    """A page of those who are still customers, as the token's role sees them; filters narrow them further."""
    audience = _located(call)
    own, more = customers_of(audience), asked_filters(call)
    query = {**own.query, **more, "f": "*".join(part for part in (own.query["f"], more.get("f")) if part)}
    asked = replace(own, query=query, version=call.query["version"] or own.version)
    return {"dataset": audience.dataset, "audience": audience.id, **customers_page(call, audience.dataset, asked)}


def audience_answer(audience: AudienceSummary) -> AudienceAnswer:
    """An audience as programs see it."""
    origin = audience.origin
    return AudienceAnswer(
        id=audience.id,
        dataset=audience.dataset,
        name=audience.name,
        note=audience.note,
        size=audience.size,
        archived=audience.archived,
        chosen_by=origin.words if origin else None,
        version=origin.version if origin else None,
        snapshot=origin.snapshot if origin else None,
        as_of=origin.as_of if origin else None,
        filter=audience.query,
        created_by=audience.created_by,
        created_at=audience.created_at,
    )


def _located(call: Call) -> AudienceSummary:
    audience = call.parts["audience"]
    return show_audience(call.session, call.actor, locate_audience(call.session, call.actor, audience), audience)


FLOW = {
    "before": replace(VERSION_FIELD, about="For a flow: the version that customers moved from; without it the champion."),
    "after": replace(VERSION_FIELD, about="For a flow: the version that they moved to; without it the champion."),
    "was": text("For a flow: key of the segment that they were in; `new` for those who joined, `none` for no segment.", longest=16),
    "now": text("For a flow: key of the segment that they are in; `none` for no segment.", longest=16),
}
AUDIENCE = {
    "dataset": DATASET,
    "name": replace(
        text("Unique among the dataset's live audiences; without it one made from what it is.", longest=LONGEST_NAME), default=""
    ),
    "note": replace(text("What the team wants to remember of it.", longest=LONGEST_NOTE), default=""),
    "version": VERSION_FIELD,
    "segment": SEGMENT,
    "f": text("Filters, as in the address of the Customers page.", longest=LONGEST),
    "q": text("Words to look for in key and texts."),
    "everybody": yes_no("True where all customers are meant, and nothing else is said."),
    **FLOW,
}
OPERATIONS = (
    Operation(
        "list_audiences",
        "GET",
        "/audiences",
        "Audiences that are live, or those that are archived, newest first",
        Permission.VIEW,
        get_audiences,
        {"dataset": DATASET, "archived": switch("1 for those that are archived.")},
    ),
    Operation(
        name="save_audience",
        method="POST",
        path="/audiences",
        summary="Freeze the customers that a segment, a flow, filters and words leave, all of them together, or everybody",
        needs=Permission.TAG,
        run=post_audience,
        query={"dataset": DATASET},
        body=json_body(AUDIENCE),
        writes=True,
        status=201,
        refusals={409: "Nobody has counted yet who moved between the two versions of the flow, or one of them is not ready."},
    ),
    Operation(
        "show_audience",
        "GET",
        "/audiences/{audience}",
        "An audience: how many are still customers, may be written to, and are in which segment today",
        Permission.VIEW,
        get_audience,
    ),
    Operation(
        "list_audience_customers",
        "GET",
        "/audiences/{audience}/customers",
        "Customers of an audience, a page at a time; contacts masked unless the token is an admin's",
        Permission.VIEW_CUSTOMERS,
        get_audience_customers,
        QUERY,
    ),
)
