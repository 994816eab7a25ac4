"""Filters as chips: what is filtered by, a cross to remove each, and a dialog to add one. All of it only changes the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update

from segmentation.roles import Role
from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.filtering.filtering import cells_of
from webapp.services.filtering.filters import (
    CONDITIONS,
    Condition,
    Filter,
    FilterColumn,
    Form,
    describe_filter,
    filters_to_query,
    make_filter,
    parse_filters,
    quarter_text,
    value_text,
)
from webapp.services.segmenting import selections
from webapp.services.segmenting.selections import Selection
from webapp.ui.components import Child, aria, button, hidden_text, icon
from webapp.ui.format import currency_sign, number
from webapp.ui.forms import date_input, dialog, field, select, text_input
from webapp.ui.places import address
from webapp.ui.segments_ui import asked_version

MOST_QUICK = 3
_TELLING = (Role.INCOME, Role.SPEND, Role.RECENCY_DAYS, Role.AGE, Role.BIRTH_YEAR, Role.ENROLLED_ON, Role.PURCHASES, Role.CATEGORY)
"""Roles whose columns people reach for first."""
_WORDS = {
    Condition.AT_LEAST: "is at least",
    Condition.AT_MOST: "is at most",
    Condition.BETWEEN: "is between",
    Condition.QUARTER: "is in the",
    Condition.ONE_OF: "is one of",
    Condition.NONE_OF: "is none of",
    Condition.YES: "is yes",
    Condition.NO: "is no",
    Condition.CONTAINS: "contains",
    Condition.MISSING: "is missing",
}


def chosen_customers(view: View, *, segment: str | None = None) -> Selection:
    """What the filters in the visitor's address leave."""
    return selections.select_customers(
        view.session,
        view.actor,
        view.resources.store,
        view.dataset or "",
        view.query,
        version=asked_version(view.query),
        segment=segment,
    )


def here(view: View, **changes: object) -> str:
    """The visitor's address with `changes` in its query, each None leaving a part out; pages of a list begin anew."""
    asked: dict[str, Any] = {**view.query, "p": None, **changes}
    return address(view.actor.team_slug, view.dataset, view.page, view.item, **asked)


def search_of(href: str) -> str:
    """The query of an address, with its question mark, for callbacks that change the address."""
    return f"?{href.partition('?')[2]}"


def filter_bar(view: View, at: str, selection: Selection, *, lead: Sequence[Child] = ()) -> html.Div:
    """The row of chips; `at` tells the bars of the product apart, `lead` stands before the filters."""
    sign = currency_sign(selection.currency)
    on = [_chip_on(view, at, selection, place, sign) for place in range(len(selection.filters))]
    parts: list[Child] = [*lead]
    if lead:
        parts.append(html.Span(className="gap", **aria(hidden="true")))
    parts += on
    if not (selection.fixed and on):
        parts += [_add_chip(at, column.name, column.label) for column in quick_columns(selection)]
        parts.append(_add_chip(at, "", "Filter"))
    if on:
        parts.append(dcc.Link("Clear all" if len(on) > 1 else "Clear", href=here(view, f=None), className="sc-filter-clear"))
    said = f"{number(selection.count)} of {number(selection.total)} customers"
    parts.append(html.Span(said, className="sc-filter-count", role="status"))
    row = html.Div(parts, className="sc-chips sc-filters", role="group", **aria(label="Filters"))
    return html.Div([row, *_notes(selection)], className="sc-filter-bar")


def quick_columns(selection: Selection) -> list[FilterColumn]:
    """The most telling columns that nobody filters by yet, one of each role."""
    used = {each.column for each in selection.filters}
    found: dict[Role, FilterColumn] = {}
    for column in selection.columns:
        if column.source is not None and column.source.role in _TELLING:
            found.setdefault(column.source.role, column)
    return [found[role] for role in _TELLING if role in found and found[role].name not in used][:MOST_QUICK]


def filter_dialog(at: str) -> html.Div:
    """Where a filter is made; empty until it is opened, since the columns are read then."""
    confirm = button("Apply", kind="primary", type="submit", form=f"{at}-filter-form")
    form = dbc.Form(
        [html.Div(id=f"{at}-filter-body"), html.Div(id=f"{at}-filter-error", className="sc-field-error", role="alert")],
        id=f"{at}-filter-form",
        prevent_default_on_submit=True,
    )
    asking = dialog(f"{at}-filter", "Filter customers", form, confirm, cancel_id=f"{at}-filter-cancel")
    return html.Div([asking, dcc.Store(id=f"{at}-filter-edited")])


def dialog_body(at: str, selection: Selection, column: FilterColumn, each: Filter | None = None) -> list[Child]:
    """The list of columns, and what can be asked of `column`, filled from the filter that is changed."""
    names = {known.name: known.label for known in selection.columns}
    chooser = field("Column", select({"filter": at, "column": 0}, names, value=column.name))
    return [chooser, html.Div(column_fields(at, selection, column, each), id=f"{at}-filter-fields")]


def column_fields(at: str, selection: Selection, column: FilterColumn, each: Filter | None = None) -> list[Child]:
    """Kind of condition and values; for whoever chooses of fixed options, those."""
    if selection.fixed:
        sign = currency_sign(selection.currency)
        cells = {filters_to_query([cell]) or "": _cell_text(cell, column, selection, sign) for cell in cells_of(column)}
        chosen = filters_to_query([each]) if each else next(iter(cells), None)
        note = "Fixed groups, so that nobody can be singled out. Segments with fewer than ten customers in a group are held back."
        return [field("Which customers", select(_value_id(at, 0), cells, value=chosen), help_text=note)]
    offered = [word for word in CONDITIONS[column.form] if word is not Condition.QUARTER or column.facts.quartiles]
    chosen_condition = each.condition if each else offered[0]
    choices = {word.value: _condition_text(word, column) for word in offered}
    control = select({"filter": at, "condition": 0}, choices, value=chosen_condition.value)
    values = value_fields(at, selection, column, chosen_condition, each)
    return [field("Condition", control), html.Div(values, id=f"{at}-filter-values")]


def value_fields(at: str, selection: Selection, column: FilterColumn, condition: Condition, each: Filter | None = None) -> list[Child]:
    """The inputs that a condition needs, with what the column holds beside them."""
    given = each.values if each is not None and each.condition is condition else ()
    sign = currency_sign(selection.currency)
    if condition in (Condition.ONE_OF, Condition.NONE_OF):
        return [_word_list(at, column, given)]
    if condition is Condition.QUARTER:
        quarters = {str(place): quarter_text(column, place, sign) for place in (1, 2, 3, 4)}
        return [field("Quarter", select(_value_id(at, 0), quarters, value=given[0] if given else "1"))]
    if condition is Condition.CONTAINS:
        return [field("Text", text_input(_value_id(at, 0), value=given[0] if given else ""), help_text="Capitals make no difference.")]
    if condition not in (Condition.AT_LEAST, Condition.AT_MOST, Condition.BETWEEN):
        return []
    labels = ("From", "To") if condition is Condition.BETWEEN else ("Value",)
    inputs = [_bound_input(at, place, label, column, given[place] if given else "") for place, label in enumerate(labels)]
    facts = column.facts
    known = facts.low is not None and facts.high is not None
    span = f"From {value_text(facts.low, column, sign)} to {value_text(facts.high, column, sign)} in this data." if known else ""  # type: ignore[arg-type]
    return [html.Div(inputs, className="sc-filter-bounds"), html.Div(span, className="form-text sc-filter-span")]


def register_filters(callbacks: Callbacks, at: str, needs: Permission) -> None:
    """Declare the dialog's callbacks for the bar called `at`."""
    columns, conditions, values = ({"filter": at, part: ALL} for part in ("column", "condition", "value"))

    @callbacks.on(
        Output(f"{at}-filter", "is_open"),
        Output(f"{at}-filter-body", "children"),
        Output(f"{at}-filter-edited", "data"),
        Input({"filters": at, "open": ALL}, "n_clicks"),
        needs=needs,
        prevent_initial_call=True,
    )
    def open_dialog(view: View, _clicks: list[int | None]) -> Any:
        return show_dialog(view, at, ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None)

    @callbacks.on(Output(f"{at}-filter-fields", "children"), Input(columns, "value"), needs=needs, prevent_initial_call=True)
    def change_column(view: View, names: list[str]) -> Any:
        selection = chosen_customers(view)
        return column_fields(at, selection, _named(selection, names)) if names else no_update

    @callbacks.on(
        Output(f"{at}-filter-values", "children"),
        Input(conditions, "value"),
        State(columns, "value"),
        needs=needs,
        prevent_initial_call=True,
    )
    def change_condition(view: View, chosen: list[str], names: list[str]) -> Any:
        selection = chosen_customers(view)
        return value_fields(at, selection, _named(selection, names), Condition(chosen[0])) if chosen else no_update

    @callbacks.on(
        Output(f"{at}-filter", "is_open", allow_duplicate=True),
        Output(f"{at}-filter-error", "children"),
        Output("address", "search", allow_duplicate=True),
        Input(f"{at}-filter-form", "n_submit"),
        State(columns, "value"),
        State(conditions, "value"),
        State(values, "value"),
        State(f"{at}-filter-edited", "data"),
        needs=needs,
        prevent_initial_call=True,
    )
    def apply(view: View, submitted: int | None, *given: Any) -> Any:
        return apply_filter(view, *given) if submitted else (no_update, no_update, no_update)

    callbacks.clientside(
        ClientsideFunction("shell", "openDialog"),
        Output(f"{at}-filter", "is_open", allow_duplicate=True),
        Input(f"{at}-filter-cancel", "n_clicks"),
        prevent_initial_call=True,
    )


def show_dialog(view: View, at: str, pressed: Mapping[str, Any] | None) -> tuple[Any, Any, Any]:
    """Open the dialog for a new filter of the pressed column ("" for the first), or to change the filter with the pressed number."""
    if pressed is None:
        return no_update, no_update, no_update
    selection, what = chosen_customers(view), pressed["open"]
    if not selection.columns:
        return no_update, no_update, no_update
    if isinstance(what, int):
        if not 0 <= what < len(selection.filters):
            return no_update, no_update, no_update
        each = selection.filters[what]
        return True, dialog_body(at, selection, _named(selection, [each.column]), each), what
    telling = quick_columns(selection) or [*selection.columns]
    column = _named(selection, [str(what)]) if what else telling[0]
    return True, dialog_body(at, selection, column), None


def apply_filter(
    view: View, names: Sequence[str], conditions: Sequence[str], values: Sequence[Any], edited: int | None
) -> tuple[Any, Any, Any]:
    """Put the filter into the address, in place of the one that is changed; what is wrong with it is said in the dialog."""
    selection = chosen_customers(view)
    try:
        made = _typed_filter(selection, _named(selection, names), conditions, values)
    except ValueError as error:
        text = str(error)
        return no_update, text[:1].upper() + text[1:], no_update
    kept = [each for place, each in enumerate(selection.filters) if place != edited and not selection.fixed]
    place = edited if edited is not None and not selection.fixed else len(kept)
    filters = [*kept[:place], made, *kept[place:]]
    return False, "", search_of(here(view, f=filters_to_query(filters)))


def _typed_filter(selection: Selection, column: FilterColumn, conditions: Sequence[str], values: Sequence[Any]) -> Filter:
    """ValueError says what is wrong."""
    if not selection.fixed:
        return make_filter(column, conditions[0] if conditions else "", list(_flat(values)))
    found = parse_filters({"f": str(values[0]) if values else ""}, selection.columns).filters
    if not found or found[0] not in cells_of(column):
        raise ValueError("Choose one of the groups.")
    return found[0]


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        yield from value if isinstance(value, list) else (value,)


def _named(selection: Selection, names: Sequence[str]) -> FilterColumn:
    """The column that the first of `names` names, the first one where there is none such."""
    return next((column for column in selection.columns if column.name in names[:1]), selection.columns[0])


def _chip_on(view: View, at: str, selection: Selection, place: int, sign: str) -> html.Span:
    text = describe_filter(selection.filters[place], selection.columns, sign)
    rest = [each for number_, each in enumerate(selection.filters) if number_ != place]
    change = html.Button(text, id={"filters": at, "open": place}, type="button", title="Change this filter")
    cross = [icon("x", tone="x"), hidden_text(f"Remove the filter {text}")]
    remove = dcc.Link(cross, href=here(view, f=filters_to_query(rest)), className="sc-filter-x", title="Remove this filter")
    return html.Span([change, remove], className="sc-chip on sc-filter")


def _add_chip(at: str, name: str, label: str) -> html.Button:
    words: list[Child] = [icon("plus"), label, hidden_text(": add a filter")] if name else [icon("plus"), label]
    return html.Button(words, id={"filters": at, "open": name}, type="button", className="sc-chip add")


def _notes(selection: Selection) -> list[Child]:
    notes: list[Child] = [html.P([icon("info-circle"), text], className="sc-filter-note", role="alert") for text in selection.problems]
    if selection.held:
        which = "One segment is" if len(selection.held) == 1 else f"{len(selection.held)} segments are"
        text = f"{which} held back: a group of fewer than ten customers could be told from the figures. Marketers see them."
        notes.append(html.P([icon("shield-lock"), text], className="sc-filter-note"))
    return notes


def _condition_text(condition: Condition, column: FilterColumn) -> str:
    if column.form is Form.DATE:
        return {Condition.AT_LEAST: "is on or after", Condition.AT_MOST: "is on or before"}.get(condition, _WORDS[condition])
    return "there is none" if column.form is Form.SEGMENT and condition is Condition.MISSING else _WORDS[condition]


def _cell_text(cell: Filter, column: FilterColumn, selection: Selection, sign: str) -> str:
    if cell.condition is Condition.QUARTER:
        text = quarter_text(column, int(cell.values[0]), sign)
        return text[:1].upper() + text[1:]
    if cell.condition is Condition.ONE_OF:
        return cell.values[0]
    return {Condition.YES: "Yes", Condition.NO: "No"}.get(cell.condition, describe_filter(cell, selection.columns))


def _value_id(at: str, place: int) -> dict[str, Any]:
    return {"filter": at, "value": place}


def _bound_input(at: str, place: int, label: str, column: FilterColumn, value: str) -> html.Div:
    if column.form is Form.DATE:
        return field(label, date_input(_value_id(at, place), value=value or None))
    # Text with a numeric keyboard, for a field of type number hides from us what it cannot read.
    return field(label, text_input(_value_id(at, place), value=value, inputmode="decimal", max_length=24))


def _word_list(at: str, column: FilterColumn, given: Sequence[str]) -> html.Fieldset:
    """Every word with how many have it; what is chosen and no longer there stays, so that it can be taken away."""
    options: list[dict[str, Any]] = [{"value": value, "label": text} for value, text in column.choices.items()]
    if not options:
        counted = _folded(column)
        words = [*counted, *(word for word in given if word not in counted)]
        options = [{"value": word, "label": [word, html.Span(number(counted.get(word, 0)), className="n")]} for word in words]
    beyond = column.facts.distinct > len(column.facts.words)
    note = [html.Div("The commonest words. Others are found with “contains”.", className="form-text")] if beyond else []
    chooser = dbc.Checklist(id=_value_id(at, 0), options=options, value=list(given), class_name="sc-filter-words")
    return html.Fieldset([html.Legend("Values", className="form-label"), chooser, *note], className="sc-field")


def _folded(column: FilterColumn) -> dict[str, int]:
    """The column's words with their counts, those that are counted with another word added to it."""
    folds = column.source.folds if column.source else {}
    counted: dict[str, int] = {}
    for word, count in column.facts.words:
        counted[folds.get(word, word)] = counted.get(folds.get(word, word), 0) + count
    return counted
