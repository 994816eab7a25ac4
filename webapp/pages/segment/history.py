"""The History tab: what the team wrote down, and everything that happened to the segment, on one time line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.segment.ids import Ids
from webapp.pages.segment.look import pair_words
from webapp.pages.segment.rename import restore_name, restore_names
from webapp.services.access import Permission
from webapp.services.errors import Invalid
from webapp.services.segmenting import segment_history, segment_notes
from webapp.services.segmenting.segment_history import Happening, HistoryEntry
from webapp.services.segmenting.segment_looks import LONGEST_TEXT
from webapp.services.segmenting.segments import SegmentDetail
from webapp.ui import format
from webapp.ui.components import Child, button, card, hidden_text, icon, row, segment_mark
from webapp.ui.forms import field, text_area
from webapp.ui.notices import notify
from webapp.ui.places import campaign_address, models_address
from webapp.ui.segments_ui import Where

_ICONS = {
    Happening.FOUND: "stars",
    Happening.SPLIT_OFF: "scissors",
    Happening.CONTINUED: "arrow-repeat",
    Happening.CAME_BACK: "arrow-counterclockwise",
    Happening.TOOK_IN: "box-arrow-in-down",
    Happening.MERGED: "sign-merge-right",
    Happening.RETIRED: "slash-circle",
    Happening.RENAMED: "pencil",
    Happening.DESCRIBED: "card-text",
    Happening.RECOLOURED: "palette",
    Happening.NOTED: "chat-left-text",
    Happening.NOTE_REMOVED: "chat-left",
    Happening.TAGGED: "tag",
    Happening.UNTAGGED: "tag",
}


def history_tab(view: View, detail: SegmentDetail, where: Where) -> list[Child]:
    """The time line, and for those who may write a form beside it."""
    entries = segment_history.show_history(view.session, view.actor, where.dataset, detail.style.key)
    now = datetime.now(UTC)
    lines = html.Ul([history_line(view, detail, where, entry, now) for entry in entries], className="sc-list sc-history")
    line = card("What happened", "Newest first: versions, names, looks, notes and campaigns.", lines, flush=True)
    return [row((7, line), (5, note_card()))] if view.actor.may(Permission.TAG) else [line]


def note_card() -> Component:
    """Where a note is written."""
    text = field(
        "Note",
        text_area(Ids.NOTE_TEXT, max_length=LONGEST_TEXT, rows=4),
        help_text="Everybody in your team reads it, in every version. You and admins can remove it.",
        error_id=Ids.NOTE_ERROR,
    )
    save = html.Div(button("Add the note", kind="primary", type="submit"), className="sc-form-end")
    form = dbc.Form([text, save], id=Ids.NOTE_FORM, prevent_default_on_submit=True)
    return card("Write something down", "What your team should know about these customers.", form)


def history_line(view: View, detail: SegmentDetail, where: Where, entry: HistoryEntry, now: datetime) -> html.Li:
    """One thing that happened: what, who and when, and what can be done about it."""
    who: list[Child] = [
        f"{format.by(entry.by)}, ",
        html.Span(format.relative_time(entry.at, now), title=format.exact_time(entry.at), className="when"),
    ]
    words = html.Div([html.B(entry_words(entry, where)), quoted(entry), html.Span(who)], className="w")
    return html.Li([icon(_ICONS[entry.what]), words, entry_action(view, detail, entry)])


def entry_words(entry: HistoryEntry, where: Where) -> list[Child]:
    """What happened, in words."""
    if entry.version is not None:
        version = dcc.Link(f"version {entry.version}", href=models_address(where.team, where.dataset, version=entry.version))
        size = "" if entry.size is None else f", with {format.count(entry.size, 'customer')}"
        return [f"{version_words(entry)} in ", version, size]
    if entry.what is Happening.RENAMED:
        return [f"Renamed from “{entry.before}” to “{entry.after}”{_together(entry)}"]
    if entry.what is Happening.RECOLOURED:
        before, after = int(entry.before), int(entry.after)
        return [
            "Changed from ",
            segment_mark(before),
            f" {pair_words(before).lower()} to ",
            segment_mark(after),
            f" {pair_words(after).lower()}",
        ]
    if entry.what in (Happening.TAGGED, Happening.UNTAGGED):
        link = dcc.Link(entry.after, href=campaign_address(where.team, where.dataset, entry.campaign or ""))
        return ["Tagged for ", link] if entry.what is Happening.TAGGED else ["No longer tagged for ", link]
    told = {Happening.NOTED: "Note", Happening.NOTE_REMOVED: "A note was removed"}
    return [told.get(entry.what) or ("Described anew" if entry.after else "Description taken away; the evidence speaks again")]


def _together(entry: HistoryEntry) -> str:
    """`, and in the same act “Regulars” to “Families”`."""
    others = [f"“{before}” to “{after}”" for before, after in entry.together.values() if before != entry.before]
    return f", and in the same act {format.listing(others)}" if others else ""


def version_words(entry: HistoryEntry) -> str:
    """What a version did with the segment."""
    return {
        Happening.FOUND: "First found",
        Happening.SPLIT_OFF: f"Split off from {entry.after}",
        Happening.CONTINUED: "Found again",
        Happening.CAME_BACK: "Came back",
        Happening.TOOK_IN: f"Took in {entry.after}",
        Happening.MERGED: f"Merged into {entry.after}",
        Happening.RETIRED: "Retired: nothing of it was left",
    }[entry.what]


def quoted(entry: HistoryEntry) -> Component | None:
    """What somebody wrote, on as many lines as they wrote it."""
    written = entry.what in (Happening.NOTED, Happening.DESCRIBED) and entry.after
    return html.Blockquote(entry.after, className="sc-quoted") if written else None


def entry_action(view: View, detail: SegmentDetail, entry: HistoryEntry) -> Component | None:
    """Take a note away, or give a name back that it had before."""
    if entry.note and entry.removable:
        id = {"type": Ids.NOTE_REMOVE, "note": entry.note}
        return button(["Remove", hidden_text(f" the note of {entry.by}")], id=id, kind="ghost", small=True)
    if entry.what is Happening.RENAMED and entry.before != detail.style.name and view.actor.may(Permission.PROMOTE):
        every = len(entry.together)
        words: list[Child] = [f"Restore {every} names" if every else "Restore", hidden_text(f" “{entry.before}”")]
        again = format.listing([f"“{before}”" for before, _ in entry.together.values()]) if every else f"“{entry.before}”"
        title = f"Call {'them' if every else 'it'} {again} again"
        return button(words, id={"type": Ids.RESTORE, "at": entry.at.isoformat()}, kind="ghost", small=True, title=title)
    return None


def add_note(view: View, submitted: int | None, text: str | None) -> tuple[Any, Any, Any]:
    """Store a note; a refusal stays at its field."""
    if not submitted:
        return no_update, no_update, no_update
    try:
        note = segment_notes.add_note(view.session, view.actor, view.dataset or "", view.item or "", text or "")
    except Invalid as refusal:
        return no_update, refusal.message, no_update
    notify("Your note is kept with the segment.", "good")
    return "", "", note.id


def remove_note(view: View, pressed: Any) -> Any:
    """Take the pressed note away."""
    if pressed is None:
        return no_update
    segment_notes.remove_note(view.session, view.actor, view.dataset or "", view.item or "", str(pressed["note"]))
    notify("The note is removed.", "good")
    return [pressed["note"], "removed"]


def restore(view: View, pressed: Any) -> Any:
    """Give the name back that the pressed entry replaced."""
    if pressed is None:
        return no_update
    entries = segment_history.show_history(view.session, view.actor, view.dataset or "", view.item or "")
    wanted = (entry for entry in entries if entry.what is Happening.RENAMED and entry.at.isoformat() == pressed["at"])
    entry = next(wanted, None)
    if entry is None:
        return no_update
    return restore_names(view, entry.together) if entry.together else restore_name(view, entry.before)
