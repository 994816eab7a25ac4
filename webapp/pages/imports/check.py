"""The check: what would happen, what each column means, what was found, and the one button that imports."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.intake import Finding
from webapp.edge import View
from webapp.pages.imports.ids import ROLE, Ids
from webapp.pages.imports.parts import counts_card, head, rejects_card, steps
from webapp.services.access import Permission
from webapp.services.data.imports import ColumnChoice, ImportDetail, ImportReport
from webapp.ui.components import Child, badge, button, card, empty_state, error_state, icon, row
from webapp.ui.format import count, day, filled_text, listing, number, percent
from webapp.ui.forms import labelled, select
from webapp.ui.places import data_address
from webapp.ui.tables import Column, meter, table
from webapp.ui.wording import role_choices, role_label

SURE = 0.9
"""Roles guessed with less than this are marked for a look."""

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def check_page(view: View, detail: ImportDetail) -> Component:
    """Everything a person needs to say yes, or to say what a column really means."""
    report = detail.report
    if report is None:
        return html.Div(error_state("The check left no report", "Upload the file again.", _back(view)))
    parts: list[Child] = [
        head(view, f"Check {detail.file_name}", f"{_facts(report)} Nothing is changed until you import."),
        steps(1),
        counts_card(view, detail, report, f"What would happen: {outcome(report)}", _compared(report)),
        row((8, roles_card(report, editable=view.actor.may(Permission.IMPORT))), (4, findings_card(report.findings))),
        rejects_card(report.rejects, report.rejected),
        dcc.Store(id=Ids.GUESSED, data=[column.role for column in report.columns]),
    ]
    if view.actor.may(Permission.IMPORT):
        parts.append(_foot(view, report))
    return html.Div(parts)


def outcome(report: ImportReport) -> str:
    """`74 customers join, 670 change, 3 rows are rejected`."""
    words = []
    if report.new:
        words.append(f"{count(report.new, 'customer joins', 'customers join')}")
    if report.changed:
        words.append(f"{number(report.changed)} {'changes' if report.changed == 1 else 'change'}")
    if report.rejected:
        words.append(f"{count(report.rejected, 'row is', 'rows are')} rejected")
    return listing(words) if words else "nothing changes, every row is known already"


def _facts(report: ImportReport) -> str:
    form = report.format
    dates = {"day_first": ", dates day first", "month_first": ", dates month first", "year_first": ", dates year first"}.get(
        form.date_order or "", ""
    )
    delimiter = _DELIMITERS.get(form.delimiter, "another delimiter")
    return f"{count(report.file_rows, 'row')}, {count(len(report.columns), 'column')}, {delimiter}, {form.encoding.upper()}{dates}."


def _compared(report: ImportReport) -> str:
    known = report.changed + report.unchanged
    as_of = f" As of {day(report.as_of)}." if report.as_of else ""
    return (
        f"Compared with {count(known, 'customer')} of the file who are here already.{as_of}"
        if known
        else f"All of them are new here.{as_of}"
    )


def roles_card(report: ImportReport, *, editable: bool) -> html.Section:
    """What each column was taken for, how sure that is and why; a list for each to say otherwise."""
    unsure = sum(column.confidence < SURE for column in report.columns)
    sub = f"Guessed from names and values. {_unsure_words(unsure)}"
    columns: list[Column[ColumnChoice]] = [
        Column(
            "Column",
            lambda item: [
                html.B(item.source, className="sc-strong"),
                badge("Sensitive", title="Never used to find segments") if item.sensitive else None,
            ],
        ),
        Column("First values", lambda item: html.Span(", ".join(item.first_values[:3]), className="sc-first-values"), wide=True),
        Column("Role", lambda item: _role(item, editable=editable)),
        Column(
            "Sure",
            lambda item: html.Span(percent(item.confidence, 0), title=item.reason),
            numeric=True,
            title="How sure the guess is; point at it for the reason",
        ),
        Column(
            "Filled",
            lambda item: meter(item.filled, filled_text(item.filled), warn=item.filled < 1),
            wide=True,
        ),
        Column("Finds segments", lambda item: _use(item), wide=True),
    ]
    body = table(
        columns,
        report.columns,
        caption="Columns of the file and their roles",
        class_name="sc-roles",
        look=lambda item: item.confidence < SURE,
    )
    return card("What each column means", sub, body, flush=True)


def _unsure_words(unsure: int) -> str:
    if not unsure:
        return "All are at 90% or more."
    return f"{count(unsure, 'needs', 'need')} a look; everything else is at 90% or more."


def _role(item: ColumnChoice, *, editable: bool) -> Component:
    if not editable:
        return html.Span(role_label(item.role), title=item.reason)
    choose = select({"type": ROLE, "column": item.source}, role_choices(), value=item.role, small=True)
    return labelled(f"Role of {item.source}: {item.reason}", choose)


def _use(item: ColumnChoice) -> list[Child]:
    if item.use.startswith("no"):
        return [html.Span(item.use, className="sc-muted")]
    return [icon("check-lg", tone="ok"), f" {item.use}"]


def findings_card(findings: Sequence[Finding]) -> html.Section:
    """What was noticed in the values; nothing here keeps a row out."""
    if not findings:
        return card("Nothing unusual found", None, empty_state("check-circle", "Clean", "No implausible value, no unknown word, no gap."))
    ordered = sorted(findings, key=lambda finding: finding.severity != "flag")
    flagged = sum(finding.severity == "flag" for finding in findings)
    sub = f"{number(flagged)} handled as shown, {number(len(findings) - flagged)} to know. None of these keeps a row out."
    return card(
        f"{count(len(findings), 'thing')} found", sub, html.Ul([_finding(item) for item in ordered], className="sc-probs"), flush=True
    )


def _finding(item: Finding) -> html.Li:
    flag = item.severity == "flag"
    words: list[Child] = [html.B(item.message)]
    where = [item.column] if item.column else []
    if item.count:
        where.append(count(item.count, "row"))
    if where:
        words.append(html.Span(", ".join(where)))
    if item.lines:
        words.append(html.Span(_lines(item), className="ln"))
    mark = icon("exclamation-triangle-fill", tone="wn", label="Handled") if flag else icon("info-circle", tone="i", label="To know")
    return html.Li([mark, html.Div(words)])


def _lines(item: Finding) -> str:
    shown = ", ".join(number(line) for line in item.lines[:4])
    more = item.count - min(4, len(item.lines))
    return f"{'Line' if item.count == 1 else 'Lines'} {shown}{f' and {number(more)} more' if more > 0 else ''}"


def _foot(view: View, report: ImportReport) -> html.Div:
    accepted = report.new + report.changed + report.unchanged
    importing = button(f"Import {count(accepted, 'customer')}", id=Ids.CONFIRM, kind="primary", disabled=not accepted)
    again = button("Check again", id=Ids.RECHECK, disabled=True)
    hint = html.Span(id=Ids.HINT, role="status")
    return html.Div([hint, html.Div([_back(view), again, importing], className="end")], className="sc-foot-bar")


def _back(view: View) -> Component:
    return button("Back", href=data_address(view.actor.team_slug, view.dataset or ""), kind="ghost")
