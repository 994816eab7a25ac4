"""The shell: which page answers where, what stands in the navigation, what the menus offer."""

from __future__ import annotations

from typing import Any

import pytest
from dash import dcc, html

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv
from webapp.models import MemberRole
from webapp.services.access import Permission
from webapp.ui import frame, shell
from webapp.ui.page import Page
from webapp.ui.places import Place, parse_path


def page(name: str, path: str, **changes: Any) -> Page:
    return Page(
        name=name, title=name.capitalize(), path=path, layout=lambda place: html.H1(place.page), register=lambda callbacks: None, **changes
    )


HOME = page("home", "home", group="", icon="house", team_wide=True)
LIST = page("segments", "segments", group="Understand", icon="grid")
ONE = page("segment", "segments", item=True, under="segments")
LOCKED = page("data", "data", group="Understand", icon="table", needs=Permission.IMPORT)
PAGES = (HOME, LIST, ONE, LOCKED)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/t/n", HOME),
        ("/t/n/c", HOME),
        ("/t/n/c/segments", LIST),
        ("/t/n/c/segments/7", ONE),
        ("/t/n/c/data/7", None),
        ("/t/n/c/nothing", None),
        ("/x", None),
    ],
)
def test_the_page_at_an_address(path: str, found: Page | None) -> None:
    assert shell.find_page(PAGES, parse_path(path)) is found


def test_the_router_shows_the_layout_the_title_and_the_name(shop: Shop) -> None:
    with shop.reading() as session:
        content, title, here = shell.show_page(look(shop, session, f"{HERE}/segments"), PAGES)
    assert words(content) == "segments"
    assert (title, here) == ("Segments · SmartCart Segments", "Segments")


def test_an_unknown_address_says_so(shop: Shop) -> None:
    with shop.reading() as session:
        content, title, _ = shell.show_page(look(shop, session, f"{HERE}/nothing"), PAGES)
    assert "There is no such page" in words(content)
    assert title.startswith("Nothing here")


def test_a_page_above_ones_role_is_refused_in_words(shop: Shop) -> None:
    with shop.reading() as session:
        content, title, _ = shell.show_page(look(shop, session, f"{HERE}/data", role=MemberRole.VIEWER), PAGES)
    shown = words(content)
    assert "It takes the analyst role; yours is viewer." in shown
    assert "You can read segments" in shown
    assert title.startswith("Data")


def test_the_shell_has_its_landmarks_and_what_the_edge_speaks_to() -> None:
    layout = shell.build_layout(PAGES)()
    kinds = [type(part) for part in walk(layout)]
    assert kinds.count(html.Main) == kinds.count(html.Header) == 1
    assert {"address", "display", "pulse", "notice", "page", "tick", "nudge", "recluster-dialog", "main"} <= {
        str(name) for name in ids(layout)
    }
    skip = next(part for part in walk(layout) if isinstance(part, html.A))
    assert (skip.href, skip.className) == ("#main", "sc-skip")
    assert next(part for part in walk(layout) if isinstance(part, dcc.Location)).refresh == "callback-nav"


def test_only_pages_that_exist_are_in_the_navigation_and_one_is_lit() -> None:
    shown = frame.navigation(PAGES, Place("n", "c", "segments", "7"), ONE, {"segments": "5"})
    items = [part.to_plotly_json()["props"] for part in walk(shown) if isinstance(part, html.A)]
    assert [item["href"] for item in items] == ["/t/n/c", "/t/n/c/segments", "/t/n/c/data"]
    assert [item.get("aria-current") for item in items] == [None, "page", None]
    assert all(item["title"] for item in items)


def test_without_a_dataset_only_pages_of_the_team_can_be_reached() -> None:
    assert [part.href for part in walk(frame.navigation(PAGES, Place("n"), HOME, {})) if isinstance(part, html.A)] == ["/t/n"]


def test_a_page_that_the_role_may_not_open_is_not_in_the_navigation(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.reading() as session:
        shown = {role: links(frame.show_frame(look(shop, session, HERE, role=role), HOME, PAGES)[0]) for role in MemberRole}
    assert f"{HERE}/data" not in shown[MemberRole.VIEWER] + shown[MemberRole.MARKETER]
    assert f"{HERE}/data" in shown[MemberRole.ANALYST]


@pytest.mark.parametrize(("path", "place"), [("/t/n/team", Place("n", page="team")), ("/t/n/c/team", Place("n", "c", "team"))])
def test_a_page_of_the_team_stands_with_and_without_a_dataset(path: str, place: Place) -> None:
    assert parse_path(path) == place


def test_the_context_names_dataset_and_version_and_counts_stand_in_the_navigation(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    shop.recluster(k=2)
    with shop.reading() as session:
        nav, _, context, user = frame.show_frame(look(shop, session, f"{HERE}/segments", search="?v=2"), LIST, PAGES)
    assert [part.children for part in walk(nav) if getattr(part, "className", "") == "end"] == ["3"]
    assert "v2" in words(context)
    assert f"{HERE}/segments" in links(context), "the champion's own address has no version in it"
    assert f"{HERE}/segments?v=2" in links(context)
    assert "Admin of North Market" in words(user)


def test_signing_out_is_a_form_that_posts(shop: Shop) -> None:
    with shop.reading() as session:
        menu = frame.user_menu(look(shop, session, HERE))
    form = next(part for part in walk(menu) if isinstance(part, html.Form))
    assert (form.action, form.method, form.className) == ("/logout", "POST", "sc-csrf")


def test_only_those_who_can_import_are_offered_a_new_dataset(shop: Shop) -> None:
    shop.import_file(customers_csv())
    with shop.reading() as session:
        menus = {
            role: links(frame.show_frame(look(shop, session, HERE, role=role), HOME, PAGES)[2])
            for role in (MemberRole.VIEWER, MemberRole.ANALYST)
        }
    assert "/t/north-market/new" in menus[MemberRole.ANALYST]
    assert "/t/north-market/new" not in menus[MemberRole.VIEWER]
