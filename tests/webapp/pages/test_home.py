"""Home leads from nothing to a tagged campaign, with one primary action at each step."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from dash import html, no_update
from dash.development.base_component import Component

from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, overview_of, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import home
from webapp.pages.home.figures import shares_title
from webapp.services import campaigns
from webapp.ui.places import Place


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


def seen(shop: Shop, path: str = HERE, role: MemberRole = MemberRole.ADMIN) -> Any:
    with shop.reading() as session:
        return home.show_home(look(shop, session, path, role=role))[0]


def primaries(content: Any) -> list[str]:
    return [words(part) for part in walk(content) if isinstance(part, Component) and "btn-primary" in str(getattr(part, "className", ""))]


def test_a_team_without_data_is_led_to_the_import(shop: Shop) -> None:
    content = seen(shop, "/t/north-market")
    assert "Welcome to North Market" in words(content)
    assert primaries(content) == ["Import customers"]
    assert links(content) == ["/t/north-market/new"]


def test_a_viewer_is_told_who_can_import(shop: Shop) -> None:
    content = seen(shop, "/t/north-market", MemberRole.VIEWER)
    assert primaries(content) == []
    assert "analyst" in words(content)


def test_a_team_with_data_goes_to_its_first_dataset(shop: Shop) -> None:
    shop.import_file(customers_csv(), dataset="Beta")
    shop.import_file(customers_csv(), dataset="Alpha")
    with shop.reading() as session:
        assert home.show_home(look(shop, session, "/t/north-market")) == (no_update, "/t/north-market/alpha")


def test_after_the_import_the_next_step_is_to_find_segments(shop: Shop) -> None:
    shop.import_file(customers_csv())
    content = seen(shop)
    assert primaries(content) == ["Find segments"]
    assert "180 customers" in words(content)
    assert "1 of 4 done" in words(content)


def test_the_champion_is_shown_with_its_real_figures(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    overview = overview_of(shop)
    content = seen(shop)
    text = words(content)
    assert f"{sum(segment.outcomes[0].hits for segment in overview.profiles.segments)} customers; by segment" in text
    for style, segment in zip(overview.styles, overview.profiles.segments, strict=True):
        assert style.name in text
        assert str(segment.size) in text
    assert f"{HERE}/segments/{overview.styles[0].key}" in links(content)
    assert primaries(content) == ["Import customers", "Create a campaign"]


def test_the_checklist_ends_with_a_tag(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    key = overview_of(shop).styles[0].key
    with shop.writing() as session:
        made = campaigns.create_campaign(session, shop.actor, "customers", name="Spring", channel="email", starts_on=date(2026, 3, 1))
    half_way = seen(shop)
    assert "3 of 4 done" in words(half_way)
    assert any("?tab=campaigns" in link for link in links(half_way))
    assert "respond most" in words(half_way)
    with shop.writing() as session:
        campaigns.tag_segment(session, shop.actor, "customers", made.id, key)
    assert "Get to your first campaign" not in words(seen(shop))


def test_what_a_role_cannot_do_is_not_offered(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    assert primaries(seen(shop, role=MemberRole.VIEWER)) == []
    assert primaries(seen(shop, role=MemberRole.MARKETER)) == ["Create a campaign"]
    assert not any(isinstance(name, dict) for name in ids(seen(shop, role=MemberRole.MARKETER)))


def test_the_finding_in_the_title_is_true(shop: Shop) -> None:
    shop.import_file(customers_csv((90, 60, 30)))
    shop.recluster(k=3)
    overview = overview_of(shop)
    best = max(overview.profiles.segments, key=lambda segment: segment.value_share or 0.0)
    name = overview.styles[overview.profiles.segments.index(best)].name
    assert shares_title(overview) == f"{name}: {best.share:.0%} of customers bring {best.value_share:.0%} of spend"


def test_without_spend_nothing_is_said_about_it(shop: Shop) -> None:
    lines = [
        "ID,Income,Visits",
        *(f"{number},{20_000 + number * 400 + (number > 60) * 90_000},{number % 7 + (number > 60) * 9}" for number in range(1, 121)),
    ]
    shop.import_file("\n".join(lines) + "\n")
    assert shop.recluster(k=2).status == "ready"
    text = words(seen(shop))
    assert "spend" not in text.lower()
    assert "2 segments of 120 customers" in text


@pytest.mark.parametrize("place", [Place("n"), Place("n", "c")])
def test_the_layout_waits_in_its_final_shape(place: Place) -> None:
    layout = home.layout(place)
    assert [part.children for part in walk(layout) if isinstance(part, html.H1)] == ["Home"]
    assert any(part.to_plotly_json()["props"].get("aria-busy") for part in walk(layout) if isinstance(part, html.Div))
