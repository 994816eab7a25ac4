"""What the states of an import share: where one stands in it, its counts, its rejected rows."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from segmentation.intake import Reject
from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.data.imports import ImportDetail, ImportReport
from webapp.ui.components import Child, aria, button, card, icon, page_head
from webapp.ui.format import count, number, percent
from webapp.ui.places import data_address, rejects_address
from webapp.ui.tables import Column, table

STEPS = ("File", "Check", "Result")
SHOWN_REJECTS = 20
_COUNTS = (
    ("new", "c-new", "new"),
    ("changed", "c-chg", "changed"),
    ("unchanged", "c-same", "unchanged"),
    ("known", "c-same", "left alone"),
    ("removed", "c-gone", "leaving"),
    ("rejected", "c-rej", "rejected"),
)


def head(view: View, title: str, sub: str, actions: Sequence[Child] = ()) -> html.Div:
    crumbs = [("Data", data_address(view.actor.team_slug, view.dataset or "")), ("Import", None)]
    return page_head(title, sub, actions, crumbs=crumbs)


def steps(now: int) -> html.Ol:
    """Three steps; `now` counts from 0, and 3 says that all are done."""
    items = []
    for place, name in enumerate(STEPS):
        state = "done" if place < now else "now" if place == now else ""
        mark: Child = icon("check-lg", label="Done") if state == "done" else str(place + 1)
        current = aria(current="step") if state == "now" else {}
        items.append(html.Li([html.B(mark), name], className=state, **current))
    return html.Ol(items, className="sc-steps")


def counts_card(view: View, detail: ImportDetail, report: ImportReport, title: str, sub: str, more: Child = None) -> html.Section:
    """What becomes of each row, as one bar with its figures, and `more` below it."""
    every = [(getattr(report, name), classes, word) for name, classes, word in _COUNTS]
    parts = [part for part in every if part[0] or part[2] not in ("left alone", "leaving")]
    total = max(1, sum(amount for amount, _, _ in parts))
    bar = html.Div(
        [html.I(className=classes, style={"flex": str(amount)}) for amount, classes, _ in parts if amount],
        className="sc-counts",
        **aria(hidden="true"),
    )
    legend = [
        html.Span(
            [html.I(className=classes), html.B(number(amount)), f" {word} ", html.Em(percent(amount / total, 1))], className="sc-counts-k"
        )
        for amount, classes, word in parts
    ]
    download = rejects_button(view, detail) if report.rejected and view.actor.may(Permission.IMPORT) else None
    return card(title, sub, [bar, html.Div(legend, className="sc-counts-legend"), more], tools=download, className="sc-stack")


def rejects_button(view: View, detail: ImportDetail) -> Child:
    address = rejects_address(view.actor.team_slug, detail.dataset, detail.id)
    return button("Rejected rows", icon_name="download", href=address, download="", small=True)


def rejects_card(rejects: Sequence[Reject], total: int, *, foot: Child = None) -> html.Section | None:
    """The first rejected rows: line, column, value and reason; `foot` says what to do with them."""
    if not rejects:
        return None
    columns: list[Column[Reject]] = [
        Column("Line", lambda item: number(item.line)),
        Column("Column", lambda item: item.column or "–"),
        Column("Value", lambda item: html.Code(_clipped(item.value)), wide=True),
        Column("Why", lambda item: item.reason),
    ]
    shown = rejects[:SHOWN_REJECTS]
    sub = (
        f"The first {len(shown)} of {number(total)}; the download has all of them."
        if total > len(shown)
        else "Lines are counted as the file has them."
    )
    body = table(columns, shown, caption="Rejected rows")
    return card(f"{count(total, 'row')} rejected", sub, body, flush=True, className="sc-stack", foot=foot)


def _clipped(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:59]}…"
