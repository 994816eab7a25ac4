"""Data: what is known of the customers, how complete it is, and the files it came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.data import datasets, imports, snapshots
from webapp.services.data.imports import ImportDetail
from webapp.services.data.snapshots import ColumnQuality, SnapshotSummary
from webapp.ui import consent
from webapp.ui.components import Child, badge, card, empty_state, page_head, row, skeleton
from webapp.ui.consent import consent_place
from webapp.ui.format import MISSING, by, count, day, exact_time, file_size, filled_text, number, relative_time
from webapp.ui.page import Page
from webapp.ui.places import Place, import_address
from webapp.ui.recluster import recluster_button
from webapp.ui.tables import Column, meter, table
from webapp.ui.upload import upload_form
from webapp.ui.wording import import_badge, role_label

COMPLETE = 0.9995
"""A column filled this far is shown as 100%; below it, the bar warns."""


class Ids(StrEnum):
    HEAD = "data-head"
    UPLOAD = "data-upload"
    BODY = "data-body"


def layout(_place: Place) -> Component:
    waiting = [skeleton(560), row((6, skeleton(240)), (6, skeleton(240)))]
    return html.Div(
        [
            html.Div(page_head("Data", "Reading the snapshot…"), id=Ids.HEAD),
            html.Div(id=Ids.UPLOAD),
            html.Div(waiting, id=Ids.BODY),
            consent_place(),
        ]
    )


def show_data(view: View) -> tuple[Component, list[Child]]:
    """The head, and below the upload: columns, snapshots, imports."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    columns = snapshots.show_quality(view.session, view.actor, dataset.slug)
    listed = snapshots.list_snapshots(view.session, view.actor, dataset.slug)
    files = imports.list_imports(view.session, view.actor, dataset.slug)
    if not listed:
        state = empty_state("table", "No customers yet", "Once a file is imported, its columns stand here with how complete they are.")
        return page_head("Data", f"{dataset.name}: nothing imported yet."), [card(body=state), _files_card(view, files)]
    sub = f"{dataset.name}: {count(dataset.customers, 'customer')} with {count(len(columns), 'column')}, as of {day(dataset.as_of)}."
    head = page_head("Data", sub, [recluster_button(view.actor, at="data", text="Find segments" if not dataset.champion else "Re-cluster")])
    return head, [
        _quality_card(columns, extremes=view.actor.may(Permission.VIEW_CUSTOMERS)),
        row((5, _snapshots_card(view, listed)), (7, _files_card(view, files))),
    ]


def show_upload(view: View) -> Component | None:
    """The way to bring a file, for those whose role can."""
    if not view.actor.may(Permission.IMPORT):
        return None
    body = upload_form(view, dataset=view.dataset)
    return html.Div(
        card(
            "Import customers",
            "Known customers are updated by their id, new ones added. You see what would happen before anything changes.",
            body,
        ),
        className="sc-stack",
    )


def _quality_card(columns: Sequence[ColumnQuality], *, extremes: bool) -> html.Section:
    """Column by column; `extremes` says that the reader's role may see the lowest and the highest value."""
    gaps = [column for column in columns if column.filled < COMPLETE]
    title = f"{count(len(gaps), 'column has', 'columns have')} gaps" if gaps else "Every column is complete"
    shown: list[Column[ColumnQuality]] = [
        Column("Column", lambda column: html.B(column.label, className="sc-strong")),
        Column("Means", lambda column: role_label(column.role), wide=True),
        Column("Filled", lambda column: meter(column.filled, filled_text(column.filled), warn=column.filled < COMPLETE)),
        Column("Different values", lambda column: number(column.distinct), numeric=True, wide=True),
        Column("Lowest", lambda column: _value(column.low, column) if extremes else _kept_back(), numeric=True, wide=True),
        Column("Typical", lambda column: _value(column.typical, column), numeric=True, title="The median; for words the commonest one"),
        Column("Highest", lambda column: _value(column.high, column) if extremes else _kept_back(), numeric=True, wide=True),
    ]
    return card(
        title,
        "Of the current snapshot. Typical is the median, for words the commonest one.",
        table(shown, columns, caption="Columns of the snapshot"),
        flush=True,
        className="sc-stack",
    )


def _kept_back() -> html.Span:
    return html.Span(MISSING, title="One customer's value: for those who may see customers")


def _value(value: float | str | None, column: ColumnQuality) -> str:
    if value is None:
        return MISSING
    if column.kind == "date" and isinstance(value, str):
        return day(datetime.fromisoformat(value))
    if isinstance(value, str):
        return value
    if column.role == "birth_year":
        return f"{value:.0f}"
    return number(value, 0 if float(value).is_integer() else 2)


def _snapshots_card(view: View, listed: Sequence[SnapshotSummary]) -> html.Section:
    shown: list[Column[SnapshotSummary]] = [
        Column("Snapshot", lambda item: [_import_link(view, item), " ", badge("Current", "good") if item.current else None]),
        Column("As of", lambda item: day(item.as_of)),
        Column("Customers", lambda item: number(item.customers), numeric=True),
    ]
    return card(
        "Snapshots",
        "Each import that changes something makes one; none is ever altered.",
        table(shown, listed, caption="Snapshots, newest first"),
        flush=True,
    )


def _import_link(view: View, item: SnapshotSummary) -> Child:
    name = f"No. {item.number}"
    return dcc.Link(name, href=import_address(view.actor.team_slug, view.dataset or "", item.import_id)) if item.import_id else name


def _files_card(view: View, files: Sequence[ImportDetail]) -> html.Section:
    if not files:
        return card(
            "Imported files",
            None,
            empty_state("file-earmark-spreadsheet", "No file yet", "Every file stands here with what became of its rows."),
        )
    now = datetime.now(UTC)
    shown: list[Column[ImportDetail]] = [
        Column(
            "File",
            lambda item: [
                dcc.Link(item.file_name, href=import_address(view.actor.team_slug, view.dataset or "", item.id)),
                _small(file_size(item.file_bytes)),
            ],
        ),
        Column("State", lambda item: import_badge(item.status)),
        Column("New", lambda item: _figure(item, "new"), numeric=True),
        Column("Changed", lambda item: _figure(item, "changed"), numeric=True),
        Column("Rejected", lambda item: _figure(item, "rejected"), numeric=True, wide=True),
        Column(
            "When",
            lambda item: html.Span(relative_time(item.created_at, now), title=f"{exact_time(item.created_at)}, {by(item.created_by)}"),
            wide=True,
        ),
    ]
    return card(
        "Imported files",
        "Newest first, with what became of their rows.",
        table(shown, files, caption="Imported files, newest first"),
        flush=True,
    )


def _small(text: str) -> html.Span:
    return html.Span(text, className="sc-under")


def _figure(item: ImportDetail, name: str) -> str:
    return number(getattr(item.report, name)) if item.report else MISSING


def register(callbacks: Callbacks) -> None:
    consent.register(callbacks)

    @callbacks.on(Output(Ids.HEAD, "children"), Output(Ids.BODY, "children"), Input("pulse", "data"), needs=Permission.VIEW)
    def body(view: View, _pulse: object) -> tuple[Component, list[Child]]:
        return show_data(view)

    @callbacks.on(Output(Ids.UPLOAD, "children"), Input(Ids.UPLOAD, "id"), needs=Permission.VIEW)
    def upload(view: View, _id: str) -> Component | None:
        return show_upload(view)


PAGE = Page(name="data", title="Data", path="data", layout=layout, register=register, group="Understand", icon="table")
