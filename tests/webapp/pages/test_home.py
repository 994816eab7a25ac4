"""Home leads from nothing to a tagged campaign, with one primary action at each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from dash import dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import delete

from segmentation.pipeline import SegmentModel
from tests.webapp.looking import HERE, look
from tests.webapp.pages.segment_shop import ids, links, overview_of, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.edge import Display, Resources
from webapp.models import MemberRole, SegmentTrace
from webapp.pages import home
from webapp.pages.home.figures import shares_title
from webapp.services import samples
from webapp.services.planning import campaigns
from webapp.services.segmenting import traces
from webapp.services.work import jobs
from webapp.ui import sample
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
    assert "Load the sample" in words(content)
    assert "You confirm with it" in words(content)


def test_a_viewer_is_told_who_can_import(shop: Shop) -> None:
    content = seen(shop, "/t/north-market", MemberRole.VIEWER)
    assert primaries(content) == []
    assert "analyst" in words(content)
    assert "sample" not in words(content).lower()


def test_an_analyst_is_not_told_that_a_click_confirms_anything(shop: Shop) -> None:
    text = words(seen(shop, "/t/north-market", MemberRole.ANALYST))
    assert "Load the sample" in text
    assert "confirm with it" not in text


def test_a_team_that_has_the_sample_is_led_to_it(shop: Shop) -> None:
    with shop.writing() as session:
        samples.request_sample(session, shop.actor)
    with shop.reading() as session:
        content = sample.sample_card(look(shop, session, "/t/north-market/new"), at="new")
    assert links(content) == ["/t/north-market/sample-shop"]
    assert "Load" not in words(content)


def test_while_the_sample_is_made_home_says_how_far_that_is(shop: Shop) -> None:
    with shop.writing() as session:
        samples.request_sample(session, shop.actor)
    content = seen(shop, "/t/north-market/sample-shop")
    assert "Making the sample: Sample shop" in words(content)
    assert primaries(content) == []
    with shop.writing() as session:
        jobs.cancel_job(session, shop.actor, samples.request_sample(session, shop.actor).job_id or "")
    assert primaries(seen(shop, "/t/north-market/sample-shop")) == ["Load the sample"]


def test_one_click_asks_for_the_sample_and_leads_there(shop: Shop) -> None:
    with shop.writing() as session:
        view = look(shop, session, "/t/north-market")
        assert sample.load(view, None) is no_update
        assert sample.load(view, 1) == sample.load(view, 2) == "/t/north-market/sample-shop"


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
    assert "2 of 5 done, about 2 minutes left" in words(content)


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
        assert f"{style.name} {segment.evidence[0].label} {segment.evidence[0].text}" in text  # under the name: a column has no room
    assert f"{HERE}/segments/{overview.styles[0].key}" in links(content)
    assert primaries(content) == ["Import customers", "Look at it"]


def steps_seen(shop: Shop, role: MemberRole = MemberRole.ADMIN, search: str = "", **display: Any) -> Any:
    with shop.reading() as session:
        view = replace(look(shop, session, HERE, search=search, role=role), display=Display(**display))
        return home.show_home(view)[0]


def test_who_has_looked_at_a_segment_plans_its_campaign_with_everything_filled_in(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    assert "3 of 5 done, about a minute left" in words(steps_seen(shop))
    elsewhere = steps_seen(shop, looked_at="north-market/other")
    assert "3 of 5 done" in words(elsewhere)
    content = steps_seen(shop, looked_at="north-market/customers")
    assert "4 of 5 done" in words(content)
    assert primaries(content)[-1] == "Plan the campaign"
    best = max(zip(overview_of(shop).profiles.segments, overview_of(shop).styles, strict=True), key=lambda pair: pair[0].outcomes[0].rate)[
        1
    ]
    assert any("/campaigns?new=1" in link and f"segment={best.key}" in link and "name=" in link for link in links(content))


def test_the_checklist_ends_with_a_tag(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    key = overview_of(shop).styles[0].key
    with shop.writing() as session:
        made = campaigns.create_campaign(session, shop.actor, "customers", name="Spring", channel="email", starts_on=date(2026, 3, 1))
    assert "3 of 5 done" in words(seen(shop))
    with shop.writing() as session:
        campaigns.tag_segment(session, shop.actor, "customers", made.id, key)
    assert "Get to your first campaign" not in words(seen(shop))
    assert "5 of 5 done" in words(steps_seen(shop, search="?steps=1"))


def test_steps_that_were_put_away_stay_away_until_they_are_asked_for(shop: Shop) -> None:
    shop.import_file(customers_csv())
    assert "Get to your first campaign" not in words(steps_seen(shop, steps_away=True))
    assert "Get to your first campaign" in words(steps_seen(shop, search="?steps=1", steps_away=True))


def test_what_a_role_cannot_do_is_not_offered(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    assert primaries(seen(shop, role=MemberRole.VIEWER)) == ["Look at it"]
    assert primaries(seen(shop, role=MemberRole.MARKETER)) == ["Look at it"]
    acts = {name["type"] for name in ids(seen(shop, role=MemberRole.MARKETER)) if isinstance(name, dict)}
    assert acts == {"home-put-away", "home-steps-away"}
    viewer = steps_seen(shop, MemberRole.VIEWER, looked_at="north-market/customers")
    assert primaries(viewer) == []
    assert not any("/campaigns?new" in link for link in links(viewer))


def test_two_days_show_how_shares_and_sizes_changed(shop: Shop) -> None:
    shop.import_file(customers_csv((60, 60, 60)), as_of=date(2026, 1, 31))
    shop.recluster(k=3)
    assert "joined" not in words(seen(shop))
    more = "\n".join(customers_csv((0, 0, 20), seed=4, first=500).splitlines()[1:])
    shop.import_file(f"{customers_csv((60, 60, 60))}{more}\n", as_of=date(2026, 2, 28))
    content = seen(shop)
    text = words(content)
    assert "20 joined since 31 Jan 2026" in text
    assert "Customers 200" in text
    assert "Segments, spend and outcomes are those of version 1, as of 31 Jan 2026 with 180 customers." in text
    assert text.count("Version 1: 180 customers, 31 Jan 2026") == 3  # spend, outcome and stability
    assert "+20 since 31 Jan 2026" in text
    assert "180 customers then, 200 now" in text
    assert "fell from 33% to 30%;" in text
    assert "rose from 33% to 40%" in text
    assert "joined since" not in words(seen(shop, role=MemberRole.VIEWER))
    graphs = [part for part in walk(content) if isinstance(part, dcc.Graph)]
    assert [len(graph.figure.data) for graph in graphs] == [3]
    # Of the tiles, the number of customers has two days; what the champion says ends with its own day.
    assert sum(getattr(part, "className", "") == "sc-spark" for part in walk(content) if isinstance(part, html.Div)) == 1
    shop.recluster(k=3, promote=True)
    content = seen(shop)
    assert "Version 2 is the champion." in words(content)
    assert "180 customers, 31 Jan" not in words(content)
    assert "those of version" not in words(content)
    assert sum(getattr(part, "className", "") == "sc-spark" for part in walk(content) if isinstance(part, html.Div)) == 3


def test_while_it_is_counted_the_place_says_so_and_fills_afterwards(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    with shop.writing() as session:
        session.execute(delete(SegmentTrace))
        traces.count_again(session, shop.actor, "customers")
    waiting = words(seen(shop))
    assert "Being counted" in waiting
    assert "Waiting for a worker" in waiting
    run_jobs(shop.resources)
    assert "Being counted" not in words(seen(shop))


def test_what_could_not_be_counted_is_counted_by_a_click(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    with shop.writing() as session:
        session.execute(delete(SegmentTrace))
    assert "Not counted yet" in words(seen(shop))
    assert "Count them" in words(seen(shop))
    assert "Count them" not in words(seen(shop, role=MemberRole.MARKETER))
    with shop.writing() as session:
        assert home.count_clicked(look(shop, session, HERE), None) is no_update
        assert home.count_clicked(look(shop, session, HERE), 1) == 1
    run_jobs(shop.resources)
    assert "Not counted yet" not in words(seen(shop))


def test_a_new_champion_says_what_became_of_the_segments(shop: Shop) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    shop.recluster(k=3, seed=5, promote=True)
    text = words(seen(shop))
    assert "What changed since version 1" in text
    assert "All three segments continued from version 1. Names, colours and tags were carried over." in text
    shop.recluster(k=2, promote=True)
    text = words(seen(shop))
    assert "continued from version 2" in text
    assert "Tags of a retired segment stay on it." in text
    with shop.reading() as session:
        found = traces.find_succession(session, shop.actor, "customers")
    assert found is not None
    (gone,) = found.retired
    assert f"retired: {gone.name} (most of them are in {found.into[gone.key].name} now)" in text
    compared = f"{HERE}/compare?a=2&b=3"
    assert compared in links(seen(shop))
    assert compared not in links(seen(shop, role=MemberRole.VIEWER))


def test_no_figure_is_scored_to_show_home(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    monkeypatch.setattr(SegmentModel, "features", lambda *_: pytest.fail("Home scores customers"))
    monkeypatch.setattr(type(shop.resources.store), "read_bytes", lambda *_: pytest.fail("Home reads files"))
    monkeypatch.setattr(type(shop.resources.store), "verified_path", lambda *_: pytest.fail("Home reads files"))
    assert "customers" in words(seen(shop))


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
