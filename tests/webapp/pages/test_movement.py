"""Movement: what dominates, figures that add up, every flow's way to its customers, and the page's states."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from dash import no_update
from dash.development.base_component import Component

from segmentation.movement import Causes, Moves
from tests.webapp.looking import HERE, hear, look
from tests.webapp.months import DAYS, V1, V2, counted
from tests.webapp.pages.segment_shop import links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import customers as customers_page
from webapp.pages import movement, segment
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.segmenting.movements import Asked, MovementReport
from webapp.ui import moving
from webapp.ui.filters import chosen_customers
from webapp.ui.moving import cause_sentence, cause_verb, causes_words, read_token


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


@pytest.fixture
def report(shop: Shop) -> MovementReport:
    return counted(shop, *DAYS)


def shown(shop: Shop, search: str = "", role: MemberRole = MemberRole.ADMIN) -> tuple[Component, list[Any]]:
    with shop.reading() as session:
        return movement.show_page(look(shop, session, f"{HERE}/movement", search=search, role=role))


def test_the_champions_last_two_days_are_shown_unless_others_are_named(shop: Shop, report: MovementReport) -> None:
    text = words(shown(shop))
    assert "Mostly customers joined or left" in text
    assert "12 customers joined, 1 left; 4 changed segment: 4 by what they did, 0 because the model changed." in text
    assert "From version 1 (31 Jan 2026) to 28 Feb 2026 by version 1" in text
    assert "12" in text
    assert [part for part in walk(shown(shop)) if "sc-listed" in str(getattr(part, "className", ""))]
    assert words(shown(shop, f"?m={report.id}")) == text
    assert words(shown(shop, "?from=v1&to=s2")) == text


@pytest.mark.parametrize(
    ("joined", "own", "model", "words"),
    [
        (97, 33, 0, "Mostly customers joined or left: 97 customers joined, 0 left; 33 changed segment: 33 by what they did, 0 because"),
        (3, 33, 8, "Mostly the customers moved: "),
        (3, 8, 33, "Mostly the model moved: "),
        (30, 1, 33, "About as much the model moved as customers joined or left: "),
        (0, 0, 0, "Nobody joined, left or changed segment."),
    ],
)
def test_the_headline_weighs_the_parts_that_the_table_does(report: MovementReport, joined: int, own: int, model: int, words: str) -> None:
    came, moved = Moves(((0, own), (0, 0)), (joined, 0), (0, 0)), Moves(((0, 0), (model, 0)), (0, 0), (0, 0))
    split = replace(
        report.customers,
        before=(own, model),
        after=(joined + model, own),
        total=came,
        customers=came,
        model=moved,
        causes=Causes(own, model, 0, 0),
    )
    found = replace(report, customers=split)
    assert cause_sentence(found).startswith(words)
    if words.startswith("Mostly"):  # all of it happened in the first segment
        assert cause_verb(found, 0) == words.partition(":")[0].lower()


@pytest.mark.parametrize(
    ("causes", "words"),
    [
        (
            Causes(30, 668, 4, 6),
            "702 changed segment: 30 by what they did, 668 because the model changed, 4 by both. 6 more moved and were put",
        ),
        (
            Causes(1, 0, 0, 1),
            "1 changed segment: 1 by what they did, 0 because the model changed. 1 more moved and was put back by the model.",
        ),
        (Causes(0, 0, 0, 2), "nobody changed segment. 2 more moved and were put back by the model."),
    ],
)
def test_the_parts_of_the_headline_add_up_to_who_changed(causes: Causes, words: str) -> None:
    assert causes_words(causes).startswith(words)


def test_versions_say_which_part_is_the_models(shop: Shop) -> None:
    found = counted(shop, V1, V2)
    assert found.customers.model is not None
    text = words(shown(shop, "?from=v1&to=v2"))
    assert "because the model changed" in text
    assert "Model moved" in text


def test_every_link_leads_to_as_many_customers_as_its_figure_says(shop: Shop, report: MovementReport) -> None:
    """In the table of segments, whose figures are links."""
    _, body = shown(shop)
    figures = [part for part in walk(body) if "f=moved" in str(getattr(part, "href", "")) and re.fullmatch(r"[\d,]+", words(part))]
    assert len(figures) >= 4
    for link in figures:
        path, _, search = link.href.partition("?")
        with shop.reading() as session:
            assert chosen_customers(look(shop, session, path, search=f"?{search}")).count == int(words(link).replace(",", ""))
    assert report.watched
    watch = next(part for part in walk(body) if words(part) == "See all of them" and isinstance(part, Component))
    with shop.reading() as session:
        path, _, search = watch.href.partition("?")
        view = look(shop, session, path, search=f"?{search}")
        assert chosen_customers(view).count == report.watched
        assert "On the way down: in a segment of lower spend or close to one of lower spend" in words(customers_page.show_bar(view))


def test_a_flow_is_named_in_the_filters_of_the_grid(shop: Shop, report: MovementReport) -> None:
    _, body = shown(shop)
    href = next(link for link in links(body) if "customers?" in link and "moved-was" in link and "new" in link)
    path, _, search = href.partition("?")
    with shop.reading() as session:
        text = words(customers_page.show_bar(look(shop, session, path, search=f"?{search}")))
    assert "Then (31 Jan 2026, v1): not a customer" in text
    assert "Now (28 Feb 2026, v1): " in text
    assert report.listed == 2


@pytest.mark.parametrize("unit", ["customers", "percent", "value"])
def test_units_are_an_address_away(shop: Shop, report: MovementReport, unit: str) -> None:
    _, body = shown(shop, f"?unit={unit}")
    text = words(body)
    assert {"customers": "Change in customers", "percent": "Share of the row's customers", "value": "Change in spend"}[unit] in text
    assert any("unit=value" in link for link in links(body)) or unit == "value"
    assert report.spend is not None


def test_marketers_export_and_viewers_see_no_tab(shop: Shop, report: MovementReport) -> None:
    _, body = shown(shop, role=MemberRole.MARKETER)
    assert any("customers.csv?" in link and report.id in link for link in links(body))
    with shop.reading() as session:
        path = f"{HERE}/segments/{report.groups[0].key}"
        view = look(shop, session, path, search="?tab=movement", role=MemberRole.VIEWER)
        assert "Viewers see segments, not people" in words(segment.show_tab(view))
        assert segment.movement.show_moved(view) is None
    with pytest.raises(Forbidden):
        shown(shop, role=MemberRole.VIEWER)


def test_the_segments_tab_says_who_came_and_who_went(shop: Shop) -> None:
    with shop.reading() as session:
        found = movement.show_page(look(shop, session, f"{HERE}/movement"))
    assert "Not counted yet" in words(found)
    report = counted(shop, *DAYS)
    total = report.customers.total
    for at, style in enumerate(report.groups):
        with shop.reading() as session:
            card = segment.movement.show_moved(look(shop, session, f"{HERE}/segments/{style.key}", search="?tab=movement"))
        text = words(card)
        if total.joined[at] or total.moved_in(at) or total.moved_out(at) or total.left[at]:
            assert f"{report.customers.before[at]} customers then, {report.customers.after[at]} now" in text
        else:
            assert "Nobody came, nobody went" in text


def test_counting_can_be_asked_for_and_asked_for_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(monkeypatch)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/movement")
        assert moving.count_pressed(view, None) is no_update
        assert moving.count_pressed(view, {"before": "x", "after": "v1"}) is no_update
        assert moving.count_pressed(view, {"before": "v1", "after": "v1s2"}) is not no_update
    assert "Being counted" in words(shown(shop))


def test_states_without_a_second_day(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv())
    assert "Nobody has a segment yet" in words(shown(shop))
    shop.recluster(k=3)
    assert "One snapshot and one champion only" in words(shown(shop))
    shop.recluster(k=2)
    assert "One snapshot and one champion only" in words(shown(shop)), "a try that never was champion is nobody's before or after"
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 2)
    assert "Not counted yet" in words(shown(shop))


def test_what_is_missing_is_said(shop: Shop) -> None:
    assert "There is no version 9" in words(shown(shop, "?from=v9&to=v1"))
    assert "There is no snapshot 8" in words(shown(shop, "?from=s8&to=s1"))
    assert "There is no such movement" in words(shown(shop, "?m=0123"))


def test_strangers_find_nothing(shop: Shop, report: MovementReport) -> None:
    with shop.reading() as session:
        view = replace(look(shop, session, f"{HERE}/movement", search=f"?m={report.id}"), actor=shop.stranger)
        with pytest.raises(NotFound):
            moving.count_pressed(view, {"before": "v1", "after": "v2"})
        with pytest.raises(NotFound):
            movement.show_page(view)


@pytest.mark.parametrize(
    ("text", "asked"), [("v3", Asked(3)), ("s5", Asked(None, 5)), ("v3s5", Asked(3, 5)), ("", None), ("x", None), ("v", None), (None, None)]
)
def test_moments_are_read_from_addresses(text: str | None, asked: Asked | None) -> None:
    assert read_token(text) == asked
