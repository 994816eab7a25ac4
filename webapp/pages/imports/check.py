"""The check: what would happen, what each column means, what was found, and the one button that imports."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.imports.answered import answered_card
from webapp.pages.imports.choices import Choice, choice_list, choices_in
from webapp.pages.imports.findings import decide_card, decided_here, findings_card, questions
from webapp.pages.imports.happens import happens_card
from webapp.pages.imports.ids import Ids
from webapp.pages.imports.parts import head, rejects_card, steps
from webapp.pages.imports.reading import facts, reading_card, rules_card
from webapp.services.access import Permission
from webapp.services.data.imports import ColumnChoice, ImportDetail, ImportReport
from webapp.ui.components import Child, badge, button, card, error_state, icon, row
from webapp.ui.discarding import discard_button
from webapp.ui.format import count, day, filled_text, percent
from webapp.ui.places import data_address
from webapp.ui.tables import Column, meter, table
from webapp.ui.wording import role_choices, role_label

SURE = 0.9
"""Roles guessed with less than this are marked for a look."""


def check_page(view: View, detail: ImportDetail) -> Component:
    """Everything a person needs to say yes, or to say what is different."""
    report = detail.report
    if report is None:
        return html.Div(error_state("The check left no report", "Upload the file again.", _back(view)))
    editable = view.actor.may(Permission.IMPORT)
    left: list[Child] = [roles_card(report, editable=editable)]
    if editable:
        left += [rules_card(report, decided_elsewhere=decided_here(report))]
    # What was found tells of single customers, and is not told to those who may not see them.
    findings = findings_card(report, editable=editable) if view.actor.may(Permission.VIEW_CUSTOMERS) else None
    parts: list[Child] = [
        head(view, f"Check {detail.file_name}", f"{_facts(report)} Nothing is changed until you import."),
        steps(1),
        _outdated_card() if detail.outdated and editable else None,
        decide_card(report) if editable else None,
        answered_card(report, editable=editable),
        None if report.unidentified else happens_card(view, detail, report),
        reading_card(report) if editable else None,
        row((8, html.Div(left)), (4, findings)) if findings else html.Div(left),
        rejects_card(report.rejects, report.rejected),
    ]
    if editable:
        parts += [dcc.Store(id=Ids.BEFORE, data=_before(parts, detail, report)), _foot(view, detail, report)]
    return html.Div(parts)


def _before(parts: list[Child], detail: ImportDetail, report: ImportReport) -> dict[str, object]:
    """How every choice stands before anybody changes it, what has to be decided, and whether the check still holds."""
    choices = {choice.key: choice.before for choice in choices_in(parts)}
    return {"choices": choices, "asked": questions(report), "accepted": report.accepted, "outdated": detail.outdated}


def _outdated_card() -> html.Section:
    why = "Another import ended or was undone meanwhile, so the counts below are not what would happen now. Check again before you import."
    return card("The customers have changed since this check", why, className="sc-stack sc-decide")


def _facts(report: ImportReport) -> str:
    rows = "order line" if report.lines else "row"
    return f"{count(report.file_rows, rows)}, {count(len(report.columns), 'column')}, {facts(report)}."


def roles_card(report: ImportReport, *, editable: bool) -> html.Section:
    """What each column was taken for, how sure that is and why; a list for each to say otherwise."""
    unsure = sum(column.confidence < SURE for column in report.columns)
    earlier = report.mapping_from
    source = f"As confirmed for {earlier.file_name} of {day(earlier.day)}." if earlier else "Guessed from names and values."
    sub = f"{source} {_unsure_words(unsure)}"
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
    return card("What each column means", sub, body, flush=True, className="sc-stack")


def _unsure_words(unsure: int) -> str:
    if not unsure:
        return "All are at 90% or more."
    return f"{count(unsure, 'needs', 'need')} a look; everything else is at 90% or more."


def _role(item: ColumnChoice, *, editable: bool) -> Component:
    if not editable:
        return html.Span(role_label(item.role), title=item.reason)
    return choice_list(Choice("schema", "role", item.role, item.source), f"Role of {item.source}: {item.reason}", role_choices())


def _use(item: ColumnChoice) -> list[Child]:
    if item.use.startswith("no"):
        return [html.Span(item.use, className="sc-muted")]
    return [icon("check-lg", tone="ok"), f" {item.use}"]


def _foot(view: View, detail: ImportDetail, report: ImportReport) -> html.Div:
    ready = bool(report.accepted) and not report.undecided
    importing = button(f"Import {count(report.accepted, 'customer')}", id=Ids.CONFIRM, kind="primary", disabled=not ready)
    again = button("Check again", id=Ids.RECHECK, disabled=True)
    hint = html.Span(id=Ids.HINT, role="status")
    return html.Div(
        [hint, html.Div([_back(view), discard_button(view, detail, Ids.DISCARD), again, importing], className="end")],
        className="sc-foot-bar",
    )


def _back(view: View) -> Component:
    return button("Back", href=data_address(view.actor.team_slug, view.dataset or ""), kind="ghost")
