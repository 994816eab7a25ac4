"""The fields of a campaign, shared by the dialogs that create one and the page that changes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Output, State, html
from dash.development.base_component import Component

from segmentation.palette import SegmentStyle
from webapp.services.errors import Invalid, ServiceError
from webapp.services.planning.campaigns import CHANNELS, LONGEST_NOTE, CampaignSummary
from webapp.ui import format
from webapp.ui.components import segment_mark
from webapp.ui.forms import date_input, field, select, text_area, text_input

CHANNEL_WORDS = {
    "email": "E-mail",
    "post": "Post",
    "sms": "Text message",
    "web": "Website",
    "store": "In store",
    "catalogue": "Catalogue",
    "phone": "Phone",
}
STATUS_WORDS = {"draft": "Draft", "planned": "Planned", "running": "Running", "done": "Done", "archived": "Archived"}
FIELDS = ("name", "channel", "status", "starts_on", "ends_on", "note")
LONGEST_NAME = 120


@dataclass(frozen=True)
class CampaignFields:
    """What somebody typed, read but not yet judged by the service."""

    name: str
    channel: str
    starts_on: date | None
    ends_on: date | None
    status: str
    note: str = ""

    def values(self) -> dict[str, Any]:
        """As the keyword arguments of `create_campaign` and `change_campaign`."""
        return {name: getattr(self, name) for name in FIELDS}


_BLANK = CampaignFields("", CHANNELS[0], None, None, "draft")


def campaign_fields(form: str, campaign: CampaignSummary | None = None, *, name: str = "") -> html.Div:
    """Labelled inputs for every field of a campaign, filled from `campaign`, else empty but for `name`.

    `form` keeps the ids of two forms apart.
    """
    shown = campaign or replace(_BLANK, name=name[:LONGEST_NAME])
    statuses = {status: word for status, word in STATUS_WORDS.items() if status != "archived" or shown.status == "archived"}
    channels = {channel: CHANNEL_WORDS.get(channel, channel) for channel in CHANNELS}
    rows = [
        form_field(form, "name", "Name", text_input(field_id(form, "name"), value=shown.name, max_length=LONGEST_NAME)),
        form_field(form, "channel", "Channel", select(field_id(form, "channel"), channels, value=shown.channel)),
        form_field(form, "status", "Status", select(field_id(form, "status"), statuses, value=shown.status)),
        form_field(form, "starts_on", "First day", date_input(field_id(form, "starts_on"), value=_iso(shown.starts_on)), optional=True),
        form_field(form, "ends_on", "Last day", date_input(field_id(form, "ends_on"), value=_iso(shown.ends_on)), optional=True),
        form_field(
            form, "note", "Note", text_area(field_id(form, "note"), value=shown.note, max_length=LONGEST_NOTE, dir="auto"), optional=True
        ),
    ]
    return html.Div(rows, className="sc-form-grid")


def segment_choice(form: str, styles: Sequence[SegmentStyle], chosen: Sequence[str] = ()) -> html.Fieldset | None:
    """The segments that a new campaign is for, each with its mark; nothing where there are none."""
    if not styles:
        return None
    options = [
        {"label": html.Span([segment_mark(style.slot), html.Bdi(style.name)], className="sc-seg"), "value": style.key} for style in styles
    ]
    known = [style.key for style in styles if style.key in chosen]
    boxes = dbc.Checklist(id={"form": form, "choice": "segments"}, options=options, value=known, class_name="sc-choices")
    legend = html.Legend(["Segments", html.Span(" (optional)", className="sc-optional")], className="form-label")
    return html.Fieldset([legend, boxes], className="sc-field sc-segment-choice")


def chosen_segments(form: str) -> State:
    """The keys that are ticked, as a list of lists: of one list, or of none where there are no segments."""
    return State({"form": form, "choice": ALL}, "value")


def campaign_days(campaign: CampaignSummary) -> str:
    """From when to when it runs."""
    if campaign.starts_on and campaign.ends_on:
        return format.days(campaign.starts_on, campaign.ends_on)
    if campaign.starts_on:
        return f"from {format.day(campaign.starts_on)}"
    return f"until {format.day(campaign.ends_on)}" if campaign.ends_on else "no dates yet"


def form_field(form: str, name: str, label: str, control: Component, *, optional: bool = False) -> html.Div:
    """A control under its label, with the place where a refusal of this one field is said."""
    return field(label, control, error_id={"form": form, "error": name}, optional=optional)


def field_id(form: str, name: str) -> dict[str, str]:
    return {"form": form, "field": name}


def field_values(form: str) -> State:
    """The values of every field of a form, in the order in which it shows them."""
    return State({"form": form, "field": ALL}, "value")


def field_refusals(form: str) -> tuple[Output, Output]:
    """Which fields are marked as refused, and the sentence below each."""
    return Output({"form": form, "field": ALL}, "invalid"), Output({"form": form, "error": ALL}, "children")


def refusals(error: ServiceError | None, fields: Sequence[str] = FIELDS) -> tuple[list[bool], list[str]]:
    """Marks and sentences for `fields`: at the field that `error` names, at the first one where it names none of them; None clears all."""
    if error is None:
        return [False] * len(fields), [""] * len(fields)
    named = error.details.get("field")
    at = named if named in fields else fields[0]
    return [name == at for name in fields], [error.message if name == at else "" for name in fields]


def read_campaign(values: Sequence[Any]) -> CampaignFields:
    """The fields from a form's values; Invalid names the date that is none, and what is no text."""
    typed = dict(zip(FIELDS, values, strict=True))
    return CampaignFields(
        name=typed_text(typed, "name"),
        channel=typed_text(typed, "channel"),
        starts_on=_day(typed, "starts_on"),
        ends_on=_day(typed, "ends_on"),
        status=typed_text(typed, "status"),
        note=typed_text(typed, "note"),
    )


def typed_text(typed: Mapping[str, Any], name: str) -> str:
    """What was typed into a field; Invalid where it is anything but text, which no browser of ours sends."""
    value = typed[name]
    if value is not None and not isinstance(value, str):
        raise Invalid("This is no text.", details={"field": name})
    return value or ""


def _day(typed: Mapping[str, Any], name: str) -> date | None:
    text = typed_text(typed, name)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Invalid("This is no date. Write it as 2026-11-23.", details={"field": name}) from None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
