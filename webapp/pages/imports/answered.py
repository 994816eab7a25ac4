"""Questions of the check that somebody has answered, now or with the last file like it: the answer, and a control to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dash import html

from segmentation.roles import ORDER_ROLES, ROW_NUMBERS, Role
from webapp.pages.imports.choices import Choice, choice_list
from webapp.pages.imports.reading import MARKS, ORDERS
from webapp.services.data.imports import ImportReport
from webapp.ui.components import Child, card, icon
from webapp.ui.format import count

WRITTEN: Mapping[str, tuple[str, Mapping[str, str]]] = {"date_order": ("Dates", ORDERS), "decimal": ("Numbers", MARKS)}
"""By field of a column's rule that says how its cells are written: what they are, and the answers that there are."""


@dataclass(frozen=True)
class Answer:
    """`question` in words, with the `choice` that answers it now and the `options` there are."""

    question: str
    choice: Choice
    options: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.options.get(self.choice.before, self.choice.before)


def answers(report: ImportReport) -> tuple[Answer, ...]:
    """What was said of the customer id, and of how columns are written."""
    return (*_customer_id(report), *_written(report))


def answered_rules(report: ImportReport) -> frozenset[tuple[str, str]]:
    """(column, field) of the rules whose control stands at an answer."""
    return frozenset((each.choice.column, each.choice.field) for each in _written(report))


def answered_card(report: ImportReport, *, editable: bool) -> html.Section | None:
    """The answers, each to be changed; None where nothing was asked."""
    found = answers(report)
    if not found:
        return None
    title = f"{count(len(found), 'thing')} decided"
    sub = "Files with the same headers are read alike. Change here what is different." if editable else None
    return card(
        title,
        sub,
        html.Ul([_item(each, editable=editable) for each in found], className="sc-probs"),
        flush=True,
        className="sc-stack sc-answers",
    )


def id_options(report: ImportReport) -> dict[str, str]:
    """What the customer id can be: the number of the row, but for order lines, or any column."""
    orders = any(column.role in ORDER_ROLES for column in report.columns)
    numbered = {} if orders else {ROW_NUMBERS: "The number of the row"}
    return numbered | {column.source: column.source for column in report.columns if column.source != ROW_NUMBERS}


def _customer_id(report: ImportReport) -> Iterator[Answer]:
    key = next((column for column in report.columns if column.role == Role.CUSTOMER_ID), None)
    if key is not None and (key.source == ROW_NUMBERS or report.id_stated):
        yield Answer("Which column is the customer id", Choice("id", "customer_id", key.source), id_options(report))


def _written(report: ImportReport) -> Iterator[Answer]:
    for column, said in report.values.items():
        for name, (what, options) in WRITTEN.items():
            if said.get(name):
                yield Answer(f"How {what.lower()} of {column} are written", Choice("values", name, said[name], column), options)


def _item(answer: Answer, *, editable: bool) -> html.Li:
    words: list[Child] = [html.B(f"{answer.question}: {answer.text}")]
    if editable:
        words.append(choice_list(answer.choice, answer.question, answer.options))
    return html.Li([icon("check-circle-fill", tone="ok", label="Decided"), html.Div(words)])
