"""Explore: its tabs, what they say where something is missing, and cut points that stand in the address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from dash import no_update
from dash.development.base_component import Component

from tests.webapp.exploring import explored_csv, make_explored_shop
from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Display, Resources
from webapp.models import MemberRole
from webapp.pages import explore
from webapp.pages.explore.ids import CUT
from webapp.pages.explore.where import Where


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


@pytest.fixture(scope="module")
def full(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A team whose customers have everything that the page shows; tests only look."""
    made = make_explored_shop(sqlite_template, tmp_path_factory.mktemp("explored"))
    yield made
    made.resources.engine.dispose()


def seen(shop: Shop, search: str = "", role: MemberRole = MemberRole.VIEWER) -> tuple[Component, list[Any]]:
    with shop.reading() as session:
        return explore.show_explore(look(shop, session, f"{HERE}/explore", search=search, role=role))


def body(shop: Shop, search: str = "", role: MemberRole = MemberRole.VIEWER) -> str:
    return words(seen(shop, search, role)[1])


def charts(content: Any) -> dict[str, Any]:
    """Figures by the id of their card."""
    return {part.id.removesuffix("-graph"): part.figure for part in walk(content) if type(part).__name__ == "Graph"}


def inputs(content: Any, measure: str) -> list[Any]:
    return [part for part in walk(content) if getattr(part, "id", None) and isinstance(part.id, dict) and part.id.get("measure") == measure]


def test_before_the_first_import_the_next_step_is_taught(shop: Shop) -> None:
    shop.import_file("nothing")
    head, content = seen(shop, role=MemberRole.ANALYST)
    assert "before anybody groups them" in words(head)
    assert "No customers yet" in words(content)
    assert links(content) == [f"{HERE}/data"]
    assert links(seen(shop)[1]) == []
    assert "Ask an analyst" in body(shop)


def test_distributions_come_first_and_need_no_segments(full: Shop) -> None:
    head, content = seen(full)
    assert "240 customers" in words(head)
    assert set(charts(content)) == {"distributions", "distributions-of-parts", "categories"}
    assert "City" in words(content)
    assert [part.className for part in walk(content) if "nav-link" in str(getattr(part, "className", ""))].index("nav-link active") == 0


def test_every_tab_is_an_address_and_an_unknown_one_the_first(full: Shop) -> None:
    tabs = [part for part in walk(seen(full, "?tab=rfm")[1]) if "nav-link" in str(getattr(part, "className", ""))]
    assert [tab.href for tab in tabs] == [f"{HERE}/explore{query}" for query in ("", "?tab=outcomes", "?tab=rfm")]
    assert [tab.className for tab in tabs][2] == "nav-link active"
    assert set(charts(seen(full, "?tab=nonsense")[1])) == set(charts(seen(full)[1]))


def test_what_goes_with_an_outcome_comes_strongest_first(full: Shop) -> None:
    _, content = seen(full, "?tab=outcomes")
    assert "most of all spend" in words(content)
    assert "need not be cause and effect" in words(content)
    rows = [words(part) for part in walk(content) if type(part).__name__ == "Tr"][1:]
    listed = [row for row in rows if "Clear" in row or "May be chance" in row]
    assert listed[0].startswith("Spend")
    assert len(listed) > 5
    assert "Response: " in words(content)


def test_measure_and_outcome_are_chosen_by_the_address(full: Shop) -> None:
    _, content = seen(full, "?tab=outcomes&measure=city&outcome=accepted")
    assert "Accepted: no clear link with city" in words(content)
    assert set(charts(content)["outcome-rates"].layout.yaxis.ticktext) == {"York", "Leeds", "Bath"}
    picked = [words(part) for part in walk(content) if getattr(part, "className", None) == "pick"]
    assert len(picked) == 1
    assert picked[0].startswith("City")
    chosen = [words(part) for part in walk(content) if getattr(part, "className", None) == "sc-chip on"]
    assert chosen[0].startswith("Accepted")
    assert f"{HERE}/explore?tab=outcomes&outcome=accepted&measure=spend" in links(content)
    assert "Nothing clearly goes with “Accepted”" in words(content)


def test_sensitive_columns_are_marked(full: Shop) -> None:
    assert "Gender Sensitive" in body(full, "?tab=outcomes")
    heads = [note.text for note in charts(seen(full)[1])["categories"].layout.annotations]
    assert heads == ["City", "Gender (sensitive)"]


def test_without_an_outcome_it_is_said_how_to_mark_one(shop: Shop) -> None:
    lines = [line.rsplit(",", 1)[0] for line in customers_csv((40,)).splitlines()]
    shop.import_file("\n".join(lines))
    assert "No column is marked as an outcome" in body(shop, "?tab=outcomes")
    assert links(seen(shop, "?tab=outcomes", MemberRole.ANALYST)[1])[-1] == f"{HERE}/data"


def test_an_outcome_that_happened_to_nobody_is_said_to_have_nothing_to_compare(shop: Shop) -> None:
    shop.import_file(explored_csv(60).replace(",1\n", ",0\n"))
    assert "“Response” happened to 0 of 60 customers" in body(shop, "?tab=outcomes&outcome=response")


def test_rfm_says_what_is_missing(shop: Shop) -> None:
    shop.import_file("ID,Spend_Wine,Visits\n" + "".join(f"{i},{i % 9},{i % 5}\n" for i in range(40)))
    text = body(shop, "?tab=rfm")
    assert "RFM needs more columns" in text
    assert "This data has spend only" in text


def test_rfm_shows_grid_groups_and_cut_points(full: Shop) -> None:
    _, content = seen(full, "?tab=rfm", MemberRole.MARKETER)
    assert set(charts(content)) == {"rfm-grid"}
    assert "Cut points at fifths of the customers" in words(content)
    for group in ("Champions", "Loyal", "At risk", "Lost"):
        assert group in words(content)
    assert [len(inputs(content, name)) for name in ("recency", "frequency", "monetary")] == [4, 4, 4]
    labels = [words(part) for part in walk(content) if type(part).__name__ == "Label"]
    assert "Days since last purchase, cut point 1" in labels


def test_cut_points_in_the_address_are_used(full: Shop) -> None:
    _, content = seen(full, "?tab=rfm&recency=10,40&monetary=50", MemberRole.MARKETER)
    assert [part.value for part in inputs(content, "recency")] == ["10", "40", "", ""]
    assert "5: up to 10, 3: 11 to 40, 1: over 40" in words(content)
    assert "5: over 50, 1: up to 50" in words(content)
    assert f"{HERE}/explore?tab=rfm" in links(content)  # the way back to fifths
    assert inputs(seen(full, "?tab=rfm&monetary=1234567.25", MemberRole.MARKETER)[1], "monetary")[0].value == "1234567.25"


def test_cut_points_that_cannot_be_are_explained_where_they_were_typed(full: Shop) -> None:
    _, content = seen(full, "?tab=rfm&recency=40,10", MemberRole.MARKETER)
    assert "must rise, but 40 is followed by 10" in words(content)
    assert [(part.value, part.invalid) for part in inputs(content, "recency")] == [("40", True), ("10", True), ("", True), ("", True)]
    assert not any(part.invalid for part in inputs(content, "frequency"))
    alerts = [part for part in walk(content) if getattr(part, "role", None) == "alert"]
    assert len(alerts) == 1
    for nonsense in ("?tab=rfm&recency=a,b,c,d,e,f", "?tab=rfm&recency=,,", "?tab=rfm&recency=1e999", "?tab=rfm&show=x&outcome=y"):
        assert "Champions" in body(full, nonsense)


def test_the_grid_shows_what_is_asked_for(full: Shop) -> None:
    assert "on average" in body(full, "?tab=rfm&show=spend") or "Mean spend, blue" in body(full, "?tab=rfm&show=spend")
    _, content = seen(full, "?tab=rfm&show=outcome&outcome=accepted")
    assert "Rate of accepted" in words(content)
    chosen = [words(part) for part in walk(content) if getattr(part, "className", None) == "sc-chip on"]
    assert chosen == ["Rate of “Accepted”", "Accepted"]


def test_applying_puts_the_cut_points_into_the_address(full: Shop) -> None:
    with full.reading() as session:
        view = look(full, session, f"{HERE}/explore", search="?tab=rfm&show=spend&monetary=5")
        assert explore.apply_cuts(view, None, [[1], [2], [3]]) is no_update
        search = explore.apply_cuts(view, 1, [[10, "40.5", None, ""], [None, "", None, None], []])
    assert search.startswith("?")
    assert parse_qs(search[1:]) == {"tab": ["rfm"], "show": ["spend"], "recency": ["10,40.5"], "monetary": ["5"]}


def test_words_from_a_file_are_drawn_as_they_are_and_never_as_markup(shop: Shop) -> None:
    shop.import_file(explored_csv(city="<b>%{x}</b>"))
    _, content = seen(shop)
    drawn = charts(content)["categories"]
    assert "<b>%{x}</b>" not in drawn.to_json()
    assert "&lt;b&gt;" in drawn.layout.yaxis.ticktext[0]
    table = next(part for part in walk(content) if getattr(part, "className", "") == "sc-table dense" and "Word" in words(part))
    assert "<b>%{x}</b>" in words(table)


def test_figures_are_drawn_for_theme_and_width(full: Shop) -> None:
    with full.reading() as session:
        view = look(full, session, f"{HERE}/explore", search="")
        narrow = type(view)(**{**view.__dict__, "display": Display("dark", narrow=True)})
        wide, phone = (charts(explore.show_explore(each)[1])["distributions"] for each in (view, narrow))
    assert wide.layout.height < phone.layout.height  # fewer panels abreast
    assert wide.layout.template.layout.font.color != phone.layout.template.layout.font.color


def test_the_page_waits_without_reading_anything() -> None:
    place = Where("north", "c", "distributions", None, None, None, {})
    assert "Reading the snapshot" in words(explore.layout(place))  # type: ignore[arg-type]
    assert (explore.PAGE.group, explore.PAGE.path, CUT) == ("Understand", "explore", "rfm-cut")


def test_viewers_read_the_usual_cut_points_and_choose_none(full: Shop) -> None:
    _, content = seen(full, "?tab=rfm&recency=10,40", MemberRole.VIEWER)
    assert inputs(content, "recency") == []
    assert "Choosing other cut points is for those who may see customers." in words(content)
    assert "5: up to 10" not in words(content)
