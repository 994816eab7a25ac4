"""The Customers page, and the filter chips that it shares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from dash import no_update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, overview_of, stranger_to, walk, words
from tests.webapp.working import Shop, open_shop
from webapp.edge import Display, Resources, View
from webapp.models import MemberRole
from webapp.pages import customers as page
from webapp.pages.customers import columns
from webapp.pages.customers.ids import FILTERS, Ids
from webapp.pages.customers.parts import show_bar, show_body, show_head
from webapp.services.errors import Forbidden, NotFound
from webapp.ui import filters
from webapp.ui.customer_grid import common_columns, page_rows


def visit(shop: Shop, session: Any, role: MemberRole = MemberRole.ADMIN, *, narrow: bool = False, **query: str) -> View:
    return Visitor(shop, role, Display(narrow=narrow)).view(session, "customers", **query)


def asked(search: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(search.lstrip("?")).items()}


def grid_of(content: Any) -> Any:
    return next(part for part in walk(content) if getattr(part, "id", None) == Ids.GRID)


def test_the_head_says_whose_customers_these_are_and_offers_the_selection(shop: Shop) -> None:
    with shop.reading() as session:
        head = show_head(visit(shop, session, f="income~ge~40000", q="york", sort="income", desc="1", cols="city"))
    assert "180 customers of Customers in the segments of version 1." in words(head)
    export = next(link for link in links(head) if "/customers.csv" in link)
    assert export.startswith(f"/t/{TEAM}/{DATASET}/customers.csv?")
    assert asked(export.partition("?")[2]) == {"f": "income~ge~40000", "q": "york", "sort": "income", "desc": "1"}


def test_the_bar_counts_and_its_crosses_lead_to_fewer_filters(shop: Shop) -> None:
    with shop.reading() as session:
        bar = show_bar(visit(shop, session, f="income~ge~40000*city~in~York", q="york", p="3"))
    shown = words(bar)
    assert "Income at least 40,000" in shown
    assert "City: York" in shown
    assert " of 180 customers" in shown
    kept = [asked(link.partition("?")[2]) for link in links(bar)]
    assert {"f": "city~in~York", "q": "york"} in kept
    assert {"f": "income~ge~40000", "q": "york"} in kept
    assert {"q": "york"} in kept  # clear all
    assert {"filters": FILTERS, "open": "spend_total"} in ids(bar)
    assert {"filters": FILTERS, "open": "income"} not in ids(bar)


def test_a_filter_that_cannot_be_used_is_named_and_the_page_works(shop: Shop) -> None:
    with shop.reading() as session:
        view = visit(shop, session, f="nothing~ge~1")
        assert "The filter “nothing~ge~1” cannot be used" in words(show_bar(view))
        assert page_rows(view, {"startRow": 0, "endRow": 20})["rowCount"] == 180


def test_the_grid_shows_common_columns_first_or_those_of_the_address(shop: Shop) -> None:
    with shop.reading() as session:
        usual = grid_of(show_body(visit(shop, session)))
        chosen = grid_of(show_body(visit(shop, session, cols="city~income~nothing", sort="income", desc="1")))
    names = [definition["field"] for definition in usual.columnDefs]
    assert names[:5] == ["customer_key", "segment_name", "confidence", "spend_total", "income"]
    assert [definition["field"] for definition in chosen.columnDefs] == ["customer_key", "income", "city"]
    assert [definition.get("sort") for definition in chosen.columnDefs] == [None, "desc", None]


def test_rows_carry_marks_and_follow_the_address(shop: Shop) -> None:
    style = overview_of(shop).styles[0]
    with shop.reading() as session:
        answer = page_rows(visit(shop, session, f=f"segment_key~in~{style.key}"), {"startRow": 0, "endRow": 5})
    assert {row["segment_name"] for row in answer["rowData"]} == {style.name}
    assert {row["segment_name_mark"] for row in answer["rowData"]} == {f"s{style.slot} m{style.slot}"}
    assert all(row["runner_up_mark"] for row in answer["rowData"])
    assert all("." in row["confidence"] for row in answer["rowData"])


def test_on_a_phone_there_is_a_list_with_pages(shop: Shop) -> None:
    with shop.reading() as session:
        content = show_body(visit(shop, session, narrow=True, p="2", sort="income"))
        last = show_body(visit(shop, session, narrow=True, p="8"))
    assert "26 to 50 of 180" in words(content)
    assert [asked(link.partition("?")[2]).get("p") for link in links(content) if "/customers?" in link] == [None, "3"]
    assert Ids.GRID not in ids(content)
    assert "176 to 180 of 180" in words(last)


def test_nobody_fits_and_nobody_is_there_yet(shop: Shop, sqlite_resources: Resources) -> None:
    with shop.reading() as session:
        content = show_body(visit(shop, session, q="zzzz", f="income~ge~1"))
    assert "Nobody fits" in words(content)
    assert "this search and these filters" in words(content)
    empty = open_shop(sqlite_resources)
    with empty.writing() as session:
        from webapp.services.data.datasets import ensure_dataset

        ensure_dataset(session, empty.actor, "Customers")
    with empty.reading() as session:
        view = visit(empty, session)
        assert "No customers yet" in words(show_body(view))
        assert show_bar(view) == []
        assert "Export" not in words(show_head(view))
        assert "Import customers" not in words(show_body(visit(empty, session, MemberRole.MARKETER)))


def test_roles_and_teams(shop: Shop) -> None:
    with shop.reading() as session:
        view = visit(shop, session)
        for show in (show_head, show_bar, show_body):
            with pytest.raises(NotFound):
                show(stranger_to(shop, view))
        with pytest.raises(Forbidden):
            page_rows(visit(shop, session, MemberRole.VIEWER), {"startRow": 0, "endRow": 5})


def test_search_and_columns_only_change_the_address(shop: Shop) -> None:
    with shop.reading() as session:
        view = visit(shop, session, f="income~ge~1", p="4")
        assert asked(page.search(view, 1, [" York "])) == {"f": "income~ge~1", "q": "York"}
        assert asked(page.search(view, 1, [""])) == {"f": "income~ge~1"}
        assert page.search(view, None, ["York"]) is no_update
        is_open, boxes = page.open_columns(view, 1)
        assert is_open
        assert "is always shown" in words(boxes)
        assert asked(page.choose_columns(view, 1, [["city", "nothing", "income"]])[1])["cols"] == "income~city"
        every = columns.read_columns(view)
        common = [column.name for column in common_columns(every[1:])]
        assert "cols" not in asked(page.choose_columns(view, 1, [common])[1])


def test_the_dialog_offers_what_a_column_holds(shop: Shop) -> None:
    with shop.reading() as session:
        view = visit(shop, session, f="city~in~York")
        is_open, body, edited = filters.show_dialog(view, FILTERS, {"filters": FILTERS, "open": "income"})
        assert (is_open, edited) == (True, None)
        assert "in this data." in words(body)
        _, body, edited = filters.show_dialog(view, FILTERS, {"filters": FILTERS, "open": 0})
        assert edited == 0
        boxes = next(part for part in walk(body) if getattr(part, "id", None) == {"filter": FILTERS, "value": 0})
        assert {option["value"] for option in boxes.options} == {"Leeds", "York", "Bath"}
        assert boxes.value == ["York"]
        assert filters.show_dialog(view, FILTERS, None) == (no_update,) * 3
        assert filters.show_dialog(view, FILTERS, {"filters": FILTERS, "open": 7}) == (no_update,) * 3


def test_applying_a_filter_adds_or_replaces_it_and_says_what_is_wrong(shop: Shop) -> None:
    with shop.reading() as session:
        view = visit(shop, session, f="city~in~York*income~ge~5", q="x")
        added = filters.apply_filter(view, ["visits"], ["bt"], ["2", "5"], None)
        assert added[:2] == (False, "")
        assert asked(added[2]) == {"f": "city~in~York*income~ge~5*visits~bt~2|5", "q": "x"}
        changed = filters.apply_filter(view, ["city"], ["ni"], [["Bath", "Leeds"]], 0)
        assert asked(changed[2])["f"] == "city~ni~Bath|Leeds*income~ge~5"
        assert filters.apply_filter(view, ["income"], ["ge"], ["much"], None) == (no_update, "Its value is no number.", no_update)


def test_a_viewer_is_offered_fixed_groups_and_told_what_is_held_back(shop: Shop) -> None:
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.VIEWER).view(session, "segments", f="income~q~1")
        selection = filters.chosen_customers(view)
        _, body, _ = filters.show_dialog(view, FILTERS, {"filters": FILTERS, "open": "income"})
        bar = filters.filter_bar(view, FILTERS, replace(selection, held=("a1", "b2")))
        applied = filters.apply_filter(view, ["city"], [], ["city~in~York"], None)
        refused = filters.apply_filter(view, ["city"], [], ["city~has~Y"], None)
    assert "so that nobody can be singled out" in words(body)
    assert "2 segments are held back" in words(bar)
    assert not any(isinstance(each, dict) and each.get("open") == "" for each in ids(bar))  # one filter at a time
    assert asked(applied[2]) == {"f": "city~in~York"}
    assert refused == (no_update, "Choose one of the groups.", no_update)
