"""The tab Imports: every file with what became of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dash import dcc, html

from webapp.edge import View
from webapp.pages.data.ids import Ids
from webapp.pages.data.parts import clipped
from webapp.services.data.imports import ImportDetail
from webapp.ui.components import Child, button, card, empty_state, hidden_text
from webapp.ui.discarding import discard_button
from webapp.ui.format import MISSING, by, exact_time, file_size, number, relative_time
from webapp.ui.places import import_address
from webapp.ui.tables import Column, table
from webapp.ui.wording import import_badge

MODE_WORDS = {"append": ("only new customers",), "replace": ("the whole customer base",)}
"""What a file was to the customers that were there, where that is not the usual."""


def files_card(view: View, files: Sequence[ImportDetail]) -> html.Section:
    """Files, newest first."""
    if not files:
        state = empty_state("file-earmark-spreadsheet", "No file yet", "Every file stands here with what became of its rows.")
        return card("Imported files", None, state)
    now = datetime.now(UTC)
    shown: list[Column[ImportDetail]] = [
        Column("File", lambda item: _file(view, item)),
        Column("State", _state),
        Column("New", lambda item: _figure(item, "new"), numeric=True, wide=True),
        Column("Changed", lambda item: _figure(item, "changed"), numeric=True, wide=True),
        Column("Removed", lambda item: _figure(item, "removed"), numeric=True, wide=True),
        Column("Rejected", lambda item: _figure(item, "rejected"), numeric=True, wide=True),
        Column("Snapshot", lambda item: f"No. {item.snapshot}" if item.snapshot else MISSING, wide=True),
        Column("When", lambda item: _when(item, now), wide=True),
        Column("Actions", lambda item: _actions(view, item), hide_head=True, wide=True),
    ]
    return card(
        "Imported files",
        "Newest first, with what became of their rows.",
        table(shown, files, caption="Imported files, newest first"),
        flush=True,
        className="sc-stack",
    )


def _file(view: View, item: ImportDetail) -> list[Child]:
    return [
        dcc.Link(clipped(item.file_name, wide=True), href=_address(view, item)),
        html.Span(" · ".join([file_size(item.file_bytes), *MODE_WORDS.get(item.mode, ())]), className="sc-under"),
    ]


def _state(item: ImportDetail) -> list[Child]:
    """The state; on a phone with the counts."""
    report = item.report
    named = ("new", "changed", "removed", "rejected") if report and report.removed else ("new", "changed", "rejected")
    counts = ", ".join(f"{_figure(item, name)} {name}" for name in named) if report else MISSING
    return [import_badge(item.status), html.Span(counts, className="sc-under sc-only-sm")]


def _when(item: ImportDetail, now: datetime) -> list[Child]:
    who = by(item.created_by)
    return [
        html.Span(relative_time(item.created_at, now), title=exact_time(item.created_at)),
        html.Span(who, className="sc-under sc-cut", title=who),
    ]


def _actions(view: View, item: ImportDetail) -> html.Div:
    """The way to the import, where it can be undone as well, and out of the list for what was not imported."""
    name: list[Child] = ["Open", hidden_text(f" the import of {item.file_name}")]
    discard = discard_button(view, item, {"type": Ids.DISCARD, "import": item.id}, small=True)
    return html.Div([discard, button(name, href=_address(view, item), kind="ghost", small=True)], className="sc-actions")


def _address(view: View, item: ImportDetail) -> str:
    return import_address(view.actor.team_slug, view.dataset or "", item.id)


def _figure(item: ImportDetail, name: str) -> str:
    return number(getattr(item.report, name)) if item.report else MISSING
