"""What was found in the values: decisions first, then what was handled as shown, then what is to know."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.intake import Finding
from segmentation.roles import Role
from webapp.pages.imports.answered import answered_rules, id_options
from webapp.pages.imports.choices import FOLD, UNDECIDED, Choice, choice_list
from webapp.pages.imports.reading import EMPTY_CELLS, IMPOSSIBLE, MARKS, ORDERS
from webapp.services.data.imports import EMPTIED, KNOWN_KEPT, ImportReport
from webapp.services.data.reports import ASKED, NO_ID
from webapp.ui.components import Child, card, empty_state, icon
from webapp.ui.format import count, number

ONE_HOT = "one_hot"
TOGETHER = "together"
SHOWN_WORDS = 6
_RANK = {"flag": 0, "note": 1}


def decided_here(report: ImportReport) -> frozenset[tuple[str, str]]:
    """(column, field) of the rules whose control stands at a finding or at an answer."""
    found = {(item.column or "", ASKED[item.code]) for item in report.findings if item.code in ASKED}
    return answered_rules(report) | frozenset(
        found | {(item.column or "", "impossible") for item in report.findings if _may_be_settled(item, report)}
    )


def questions(report: ImportReport) -> list[str]:
    """What is to be said, as it completes "Say ..."."""
    return [f"how {item.column} is written" if item.code in ASKED else "which column is the customer id" for item in report.undecided]


def decide_card(report: ImportReport) -> html.Section | None:
    """The questions that come before everything else; None where there are none."""
    asked = report.undecided
    if not asked:
        return None
    items = [_finding(item, report, editable=True) for item in asked]
    title, body = f"{count(len(asked), 'thing')} to decide", html.Ul(items, className="sc-probs")
    return card(title, "The file does not say it by itself.", body, flush=True, className="sc-stack sc-decide")


def findings_card(report: ImportReport, *, editable: bool) -> html.Section:
    """What was noticed in the values, with what can be decided about it; what has to be is asked by `decide_card`."""
    asked = report.undecided if editable else ()
    findings = [item for item in report.findings if item not in asked]
    if not findings and asked:
        return card("Nothing else found", None, empty_state("check-circle", "No more", "No implausible value, no unknown word, no gap."))
    if not findings:
        return card("Nothing unusual found", None, empty_state("check-circle", "Clean", "No implausible value, no unknown word, no gap."))
    ordered = sorted(findings, key=lambda item: _RANK[item.severity])
    flagged = sum(item.severity == "flag" for item in findings)
    words = [f"{number(flagged)} handled as shown", f"{number(len(findings) - flagged)} to know"]
    items = _once_each(ordered, report, editable=editable)
    return card(
        f"{count(len(findings), 'thing')} found",
        f"{', '.join(words)}.",
        html.Ul(items, className="sc-probs"),
        flush=True,
    )


def _once_each(ordered: Sequence[Finding], report: ImportReport, *, editable: bool) -> list[html.Li]:
    """Each finding; a rule of a column that several of them speak of has its control at the first."""
    seen: set[tuple[str | None, str]] = set()
    items = []
    for item in ordered:
        group = (item.column, "impossible") if item.code == "implausible" else (item.column, item.code)
        items.append(_finding(item, report, editable=editable and group not in seen))
        seen.add(group)
    return items


def _finding(item: Finding, report: ImportReport, *, editable: bool) -> html.Li:
    words: list[Child] = [html.B(item.message)]
    where = [item.column] if item.column else []
    if item.count:
        where.append(count(item.count, "row"))
    if where:
        words.append(html.Span(", ".join(where)))
    if item.lines:
        words.append(html.Span(_lines(item), className="ln"))
    if editable:
        words += _controls(item, report)
    return html.Li([_mark(item), html.Div(words)])


def _mark(item: Finding) -> html.I:
    if item.code in ASKED or item.code == NO_ID:
        return icon("question-circle-fill", tone="bd", label="To decide")
    if item.severity == "flag":
        return icon("exclamation-triangle-fill", tone="wn", label="Handled")
    return icon("info-circle", tone="i", label="To know")


def _controls(item: Finding, report: ImportReport) -> list[Component]:
    column = item.column or ""
    if item.code == NO_ID:
        return [choice_list(Choice("id", "customer_id", UNDECIDED), "Which column is the customer id", id_options(report))]
    if name := ASKED.get(item.code):
        options = {key: text for key, text in ORDERS.items() if key != "year_first"} if name == "date_order" else MARKS
        return [choice_list(Choice("values", name, UNDECIDED, column), f"How {column} is written", options)]
    if item.code in (EMPTIED, KNOWN_KEPT):
        fate = "keep" if item.code == KNOWN_KEPT else "clear"
        return [choice_list(Choice("values", "empty", fate, column), f"What becomes of known values of {column}", EMPTY_CELLS)]
    if item.code == ONE_HOT:
        options = {TOGETHER: "One category", item.words[0][0]: "Columns of their own"}
        return [choice_list(Choice("apart", "one_hot", TOGETHER, column), f"How the columns of {column} are read", options)]
    if _may_be_settled(item, report):
        fate = report.values.get(column, {}).get("impossible") or "missing"
        return [choice_list(Choice("values", "impossible", fate, column), f"What becomes of these values of {column}", IMPOSSIBLE)]
    return [_fold(item, column, word, target) for word, target in item.words[:SHOWN_WORDS]]


def _may_be_settled(item: Finding, report: ImportReport) -> bool:
    """Whether the fate of what cannot be true can be chosen; a third word of yes-or-no columns has its control among the rules."""
    flags = {column.source for column in report.columns if column.role in (Role.FLAG, Role.OUTCOME)}
    return item.code == "implausible" and item.column is not None and item.column not in flags


def _fold(item: Finding, column: str, word: str, target: str) -> Component:
    """A word that counts as another one, or might."""
    offered = item.code == "similar_words"
    options = {word: f"“{word}” stays a word of its own", target: f"“{word}” counts as “{target}”"}
    return choice_list(Choice("values", FOLD, word if offered else target, column, word), f"What {word} counts as", options)


def _lines(item: Finding) -> str:
    shown = ", ".join(number(line) for line in item.lines[:4])
    more = item.count - min(4, len(item.lines))
    return f"{'Line' if item.count == 1 else 'Lines'} {shown}{f' and {number(more)} more' if more > 0 else ''}"
