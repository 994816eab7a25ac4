"""What a promotion would change, in the dialog that asks for it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.services.segmenting.promotion_preview import AudienceChange, CampaignChange, PromotionPreview, SegmentChange
from webapp.ui.components import Child, badge, icon, segment_label
from webapp.ui.format import MISSING, count, listing, number
from webapp.ui.tables import Column, table

FATES = {"continued": "Continued", "back": "Came back", "new": "New", "retired": "Retired"}
NONE = "The verdict on this version is none: not all of its segments can be planned on. Its page says which ones, and why."
OTHER_SNAPSHOT = "They were fitted on different snapshots, so numbers change with the customers too."


def preview_body(preview: PromotionPreview) -> list[Child]:
    """Segments with their customers before and after, then campaigns and audiences; what somebody has to know before comes first."""
    parts: list[Child] = []
    if preview.verdict == "none":
        parts.append(html.P([icon("exclamation-triangle-fill", tone="wn"), " ", NONE], className="sc-preview-warn"))
    parts += [html.P(preview_sentence(preview)), _other_names(preview)]
    columns: list[Column[SegmentChange]] = [
        Column("Segment", _segment),
        Column("", lambda each: "" if each.fate == "continued" else badge(FATES[each.fate]), hide_head=True),
        Column(f"v{preview.champion}" if preview.champion else "Now", lambda each: number(each.before), numeric=True),
        Column(f"v{preview.version}", lambda each: number(each.after), numeric=True),
    ]
    parts.append(table(columns, preview.segments, caption="Customers of each segment before and after", dense=True))
    parts += _notes(preview)
    parts += [*_campaigns(preview), *_audiences(preview)]
    return parts


def preview_sentence(preview: PromotionPreview) -> str:
    """`3 segments continue, 1 comes back, 1 is new, 1 retires.`"""
    continued, back, new, retired = (len(preview.of(fate)) for fate in FATES)
    if preview.champion is None:
        return f"Version {preview.version} becomes the first champion, with {count(new, 'segment')}."
    said = [f"{count(continued, 'segment')} {'continues' if continued == 1 else 'continue'}"]
    said += [f"{number(back)} {'comes' if back == 1 else 'come'} back"] if back else []
    said += [f"{number(new)} {'is' if new == 1 else 'are'} new"] if new else []
    said += [f"{number(retired)} {'retires' if retired == 1 else 'retire'}"] if retired else []
    tail = " Tags of a retired segment stay on it, marked." if retired else ""
    return f"Version {preview.version} takes the place of version {preview.champion}: {listing(said)}.{tail}"


def _other_names(preview: PromotionPreview) -> Component | None:
    """Before the table that names them: a kept name can be false of the customers that a segment has now."""
    named = sum(each.evidence is not None for each in preview.segments)
    if not named:
        return None
    says = "name that stays says" if named == 1 else "names that stay say"
    text = f" {number(named)} {says} something else than the evidence of version {preview.version}. You can rename a segment on its page."
    return html.P([icon("exclamation-triangle-fill", tone="wn"), text], className="sc-preview-warn")


def _segment(change: SegmentChange) -> list[Child]:
    label: list[Child] = [segment_label(change.style)]
    if change.evidence is not None:
        label.append(html.Span(f"Its evidence alone says “{change.evidence}”", className="sc-under"))
    if change.into is not None:
        label.append(html.Span(f"Most of its customers go to {change.into.name}", className="sc-under"))
    return label


def _notes(preview: PromotionPreview) -> list[Child]:
    before, after = preview.unplaced
    notes = []
    if before or after:
        notes.append(f"Customers in no segment: {MISSING if before is None else number(before)} before, {number(after)} after.")
    if preview.snapshots[0] not in (None, preview.snapshots[1]):
        notes.append(OTHER_SNAPSHOT)
    return [html.P(" ".join(notes), className="sc-muted")] if notes else []


def _campaigns(preview: PromotionPreview) -> list[Child]:
    if not preview.campaigns:
        return [html.P("No live campaign would reach other customers.", className="sc-muted")]
    columns: list[Column[CampaignChange]] = [
        Column("Live campaign", lambda each: _campaign(each)),
        Column("Reaches", lambda each: number(each.before), numeric=True),
        Column("Would reach", lambda each: number(each.after), numeric=True),
    ]
    title = f"{count(len(preview.campaigns), 'live campaign')} would reach other customers"
    return [html.H3(title, className="sc-preview-title"), table(columns, preview.campaigns, caption=title, dense=True)]


def _audiences(preview: PromotionPreview) -> list[Child]:
    if not preview.audiences:
        return []
    title = f"{count(len(preview.audiences), 'audience comes', 'audiences come')} from segments that this changes"
    columns: list[Column[AudienceChange]] = [
        Column(
            "Audience", lambda each: [html.Span(each.name, className="sc-strong"), html.Span(audience_words(each), className="sc-under")]
        ),
        Column("Keeps", lambda each: number(each.customers), numeric=True),
    ]
    note = html.P(
        "An audience is frozen: it keeps its customers, whatever becomes of the segments that they were chosen by.", className="sc-muted"
    )
    return [html.H3(title, className="sc-preview-title"), note, table(columns, preview.audiences, caption=title, dense=True)]


def audience_words(change: AudienceChange) -> str:
    """`Quiet shoppers retires; Loyal families has other customers`."""
    retired, changed = list(change.retired), list(change.changed)
    said = [f"{listing(retired)} {'retires' if len(retired) == 1 else 'retire'}"] if retired else []
    said += [f"{listing(changed)} {'has' if len(changed) == 1 else 'have'} other customers"] if changed else []
    return "; ".join(said)


def _campaign(change: CampaignChange) -> list[Component | str]:
    parts: list[Component | str] = [html.Span(change.name, className="sc-strong")]
    if change.retired:
        parts.append(html.Span(f"loses {listing(list(change.retired))}", className="sc-under"))
    return parts
