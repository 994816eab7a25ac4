"""How the file is read and merged, and what can be true of each column: what a person can see and change."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html

from segmentation import EffectiveRule
from segmentation.intake.text import DELIMITERS
from webapp.pages.imports.choices import EACH, EVERY, Choice, choice_list, choice_number, emptiable, plain_number
from webapp.services.data.imports import EMPTIED, KNOWN_KEPT, ImportReport
from webapp.ui.components import Child, card
from webapp.ui.forms import date_input, field, select
from webapp.ui.tables import Column, table

MODES = {
    "update": "Update known customers, add new ones",
    "append": "Only add new customers",
    "replace": "Replace everybody: the file is the whole customer base",
}
DELIMITER_WORDS = {",": "Commas", ";": "Semicolons", "\t": "Tabs", "|": "Vertical bars"}
CONTAINER_WORDS = {"text": "text", "gzip": "gzip", "xlsx": "a workbook", "parquet": "Parquet"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a mark",
    "utf-16": "UTF-16",
    "cp1252": "Western European (cp1252)",
    "iso-8859-15": "Western European (ISO 8859-15)",
    "cp1250": "Central European (cp1250)",
    "cp1251": "Cyrillic (cp1251)",
    "cp1253": "Greek (cp1253)",
    "cp1254": "Turkish (cp1254)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
}
IMPOSSIBLE = {"missing": "Set to missing", "reject": "Reject these rows", "keep": "Keep as they are"}
EMPTY_CELLS = {"clear": "Empty them, as the file does", "keep": "Keep what is known"}
ORDERS = {"day_first": "Day first", "month_first": "Month first", "year_first": "Year first"}
MARKS = {"point": "A point: 1,234.5", "comma": "A comma: 1.234,5"}


def reading_card(report: ImportReport) -> html.Section:
    """Sheet or delimiter and encoding, and what becomes of customers who are known."""
    form = report.format
    controls: list[Child] = [_control("What the file is for", Choice("mode", "mode", report.mode), MODES)]
    day = Choice("as_of", "as_of", report.as_of.isoformat() if report.as_of else "")
    about = "Ages and tenures are counted from it. It is the latest date in the file, or else the day of the import."
    controls.append(field("The day that the file speaks of", date_input(day.id, value=day.before or None), help_text=about))
    if any(finding.code in (EMPTIED, KNOWN_KEPT) for finding in report.findings):
        controls.append(_empty_cells(report))
    if form.container == "xlsx" and len(report.sheets) > 1:
        controls.append(_control("Sheet", Choice("format", "sheet", form.sheet or ""), {name: name for name in report.sheets}))
    if form.container in ("text", "gzip"):
        known = {mark: DELIMITER_WORDS.get(mark, mark) for mark in DELIMITERS}
        controls.append(_control("Cells are separated by", Choice("format", "delimiter", form.delimiter), known))
        encodings = {form.encoding: encoding_words(form.encoding), **ENCODINGS}
        controls.append(_control("Letters are written in", Choice("format", "encoding", form.encoding), encodings))
    return card(
        "How the file is read",
        f"Recognised by its content: {facts(report)}.",
        html.Div(controls, className="sc-reading"),
        className="sc-stack",
    )


def facts(report: ImportReport) -> str:
    """`text with commas, UTF-8`; `a workbook, sheet Customers`."""
    form = report.format
    if form.container in ("text", "gzip"):
        packed = "gzip of text" if form.container == "gzip" else "text"
        return f"{packed} with {DELIMITER_WORDS.get(form.delimiter, form.delimiter).lower()}, {encoding_words(form.encoding)}"
    return f"a workbook, sheet {form.sheet}" if form.container == "xlsx" else CONTAINER_WORDS[form.container]


def encoding_words(encoding: str) -> str:
    """`cp1252` as “Western European (cp1252)”."""
    return ENCODINGS.get(encoding, encoding.upper())


def _empty_cells(report: ImportReport) -> html.Div:
    """One choice for all columns; what was found has one for each."""
    said = {report.values.get(column, {}).get("empty") == "keep" for column in emptiable(report)}
    before = EACH if len(said) > 1 else "keep" if True in said else "clear"
    options = {**EMPTY_CELLS, **({EACH: "As chosen for each column"} if before == EACH else {})}
    about = "Where a cell is empty and the customer's value is known. What was found says which columns have such cells."
    choice = Choice(EVERY, "empty", before)
    return field("Known values that the file lacks", select(choice.id, options, value=before), help_text=about)


def _control(label: str, choice: Choice, options: Mapping[str, str]) -> html.Div:
    return field(label, select(choice.id, options, value=choice.before))


def rules_card(report: ImportReport, *, decided_elsewhere: frozenset[tuple[str, str]]) -> html.Section | None:
    """The bounds of every column of numbers and dates; `decided_elsewhere` has (column, field) whose control stands at a finding."""
    if not report.rules:
        return None
    shown: list[Column[EffectiveRule]] = [
        Column("Column", lambda rule: html.B(rule.column, className="sc-strong")),
        Column("Lowest", lambda rule: _bound(report, rule, "low", decided_elsewhere)),
        Column("Highest", lambda rule: _bound(report, rule, "high", decided_elsewhere)),
        Column("What is beyond", lambda rule: _fate(report, rule, decided_elsewhere)),
        Column("Written with", lambda rule: _written(rule, decided_elsewhere), wide=True),
    ]
    body = table(shown, report.rules, caption="What can be true of each column", class_name="sc-rules")
    sub = "A value beyond its bounds is no fact. Years are meant for dates. What is left empty goes by the role."
    summary = html.Summary([html.Span("What can be true", className="sc-strong"), html.Span(sub, className="sc-under")])
    return html.Section(html.Details([summary, body], open=False), className="sc-card sc-stack sc-fold")


def _bound(report: ImportReport, rule: EffectiveRule, name: str, elsewhere: frozenset[tuple[str, str]]) -> Child:
    if (rule.column, name) in elsewhere or _is_flag(report, rule):
        return html.Span("–", className="sc-muted")
    default = rule.low if name == "low" else rule.high
    stated = name in rule.stated
    choice = Choice("values", name, plain_number(default) if stated and default is not None else "", rule.column)
    label = f"{'Lowest' if name == 'low' else 'Highest'} value of {rule.column}"
    return choice_number(choice, label, "any" if default is None or stated else plain_number(default))


def _fate(report: ImportReport, rule: EffectiveRule, elsewhere: frozenset[tuple[str, str]]) -> Child:
    if (rule.column, "impossible") in elsewhere:
        return html.Span("see what was found", className="sc-muted")
    options = {name: text for name, text in IMPOSSIBLE.items() if name != "keep" or not _is_flag(report, rule)}
    return choice_list(
        Choice("values", "impossible", rule.impossible, rule.column), f"What becomes of impossible values of {rule.column}", options
    )


def _written(rule: EffectiveRule, elsewhere: frozenset[tuple[str, str]]) -> Child:
    """The order of day and month, or the decimal mark, is asked and answered elsewhere."""
    asked = {(rule.column, "date_order"), (rule.column, "decimal")} & elsewhere
    return html.Span("see above" if asked else "as the column shows", className="sc-muted")


def _is_flag(report: ImportReport, rule: EffectiveRule) -> bool:
    return any(column.source == rule.column and column.role in ("flag", "outcome") for column in report.columns)
