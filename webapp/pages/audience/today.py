"""What became of an audience: how many are still there, may be written to, and are in which segment."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.audience.details import read_audience
from webapp.services.access import Permission
from webapp.services.segmenting import audience_today
from webapp.services.segmenting.audience_today import AudiencePart, AudienceToday
from webapp.services.segmenting.audiences import AudienceSummary
from webapp.services.segmenting.listings import older_listing
from webapp.ui.components import Child, card, empty_state, half_row, tile
from webapp.ui.format import count, customers_or_few, day, number, percent
from webapp.ui.listings import older_note
from webapp.ui.places import segment_address
from webapp.ui.segments_ui import segment_name
from webapp.ui.tables import Column, meter, table


def read_today(view: View) -> AudienceToday:
    """How the audience in the address is now. All of its customers are counted, so that a page asks once."""
    return audience_today.show_today(view.session, view.actor, view.resources.store, view.dataset or "", view.item or "")


def show_today(view: View, now: AudienceToday) -> list[Child]:
    """The tiles, then the segments."""
    audience = read_audience(view)
    return [tiles(audience, now), listing_note(view, audience), segments_card(view, audience, now)]


def listing_note(view: View, audience: AudienceSummary) -> Child:
    """What "See customers" lists and files hold, for those who see customers, where the list is older than who is a customer now."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS):
        return None
    query = {"f": audience.query}
    found = older_listing(view.session, view.actor, view.resources.store, audience.dataset, query, version=audience.listed)
    if found is None:
        return None
    return older_note(found, lead="What “See customers” lists is", tail=" Files leave them out." if found.gone else "")


def tiles(audience: AudienceSummary, now: AudienceToday) -> html.Div:
    """How many were frozen and are still there; who of them may be written to, for those who see consent."""
    there = tile("Still customers", customers_or_few(now.present), note=gone_words(audience, now))
    frozen = tile("Frozen", customers_or_few(audience.size), note="customers, for good" if audience.origin else "customers, rounded")
    if now.consents is None or now.reachable is None:
        return half_row(frozen, there)
    may = "consent given, or unknown with a legal basis" if now.legal_basis else "are known to consent"
    return half_row(
        frozen,
        there,
        tile("May be written to", number(now.reachable), note=may),
        tile("Consent", number(now.consents["withdrawn"]), unit="withdrawn", note=consent_words(now)),
    )


def gone_words(audience: AudienceSummary, now: AudienceToday) -> str:
    """What happened to the others."""
    if audience.size is None or now.present is None or now.consents is None:
        return "in the newest snapshot"
    left = audience.size - now.present
    return f"{number(left)} left since" if left else "all of them"


def consent_words(now: AudienceToday) -> str:
    """What is known of the others; withdrawn never leaves."""
    known = now.consents or {}
    return f"{number(known.get('given', 0))} given, {number(known.get('unknown', 0))} unknown"


def segments_card(view: View, audience: AudienceSummary, now: AudienceToday) -> html.Section:
    """Where they are under the champion today, the largest part first."""
    if now.champion is None:
        text = "Once a version is champion, you see here in which of its segments these customers are."
        return card(body=empty_state("grid-1x2", "There are no segments yet", text), className="sc-stack")
    if not now.parts:
        return card(body=empty_state("slash-circle", "In no segment", nowhere_words(now)), className="sc-stack")
    columns: list[Column[AudiencePart]] = [
        Column("Segment", lambda part: _label(view, audience, part)),
        Column("Customers", lambda part: number(part.customers), numeric=True),
    ]
    if now.consents is not None:  # of rounded counts there are no shares
        columns.append(Column("Share", lambda part: share(part, now), numeric=True, wide=True))
    title, sub = "Where they are today", f"By the segments of version {now.champion}, the champion, as far as they are still customers."
    if now.as_of is not None and now.snapshot != now.newest:
        title = "Where the champion placed them"
        placed = f"as they were in its snapshot {now.snapshot} ({day(now.as_of)}); the newest is snapshot {now.newest}"
        sub = f"By the segments of version {now.champion}, the champion, {placed}. Only those who are still customers."
    body = table(columns, now.parts, caption="Customers of the audience by segment")
    return card(title, sub, body, flush=True, foot=unplaced_words(now), className="sc-stack")


def nowhere_words(now: AudienceToday) -> str:
    """Why no segment is told."""
    if now.present is None:
        return "They are fewer than ten, so their segments are not shown."
    return "None of them is among the customers of the champion. Re-cluster to place those who joined later."


def share(part: AudiencePart, now: AudienceToday) -> Child:
    """Of those who are still customers."""
    if not part.customers or not now.present:
        return None
    return meter(part.customers / now.present, percent(part.customers / now.present))


def unplaced_words(now: AudienceToday) -> str | None:
    """Who has no row in the champion's snapshot."""
    if now.unplaced == 0:
        return None
    return f"Not in the champion's snapshot: {count(now.unplaced, 'customer')}. Re-cluster to place them."


def _label(view: View, audience: AudienceSummary, part: AudiencePart) -> Component:
    if part.style is None:
        return html.Span("No segment", className="sc-muted")
    return segment_name(part.style.slot, part.style.name, segment_address(view.actor.team_slug, audience.dataset, part.style.key))
