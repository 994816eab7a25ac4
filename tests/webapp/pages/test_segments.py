"""The Segments page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from dash import no_update
from sqlalchemy import update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, overview_of, stranger_to, walk, words
from tests.webapp.working import Shop, customers_csv, import_file, open_shop
from webapp.edge import Display, Resources, parse_path, unit_of_work
from webapp.models import MemberRole, ModelVersion
from webapp.pages import segments as page
from webapp.services.errors import NotFound
from webapp.services.filtering import filtering
from webapp.services.modelling import versions
from webapp.services.segmenting import segments
from webapp.services.segmenting.filtered_segments import show_filtered


def test_head_counts_the_segments_and_names_the_smallest(shop: Shop) -> None:
    with shop.reading() as session:
        head, _, _ = page.show_segments_page(Visitor(shop).view(session, "segments"))
    smallest = min(profile.size for profile in overview_of(shop).profiles.segments)
    assert words(head).startswith("Segments Three segments in version 1.")
    assert f"the smallest has {smallest}." in words(head)


def test_cards_show_every_segment_with_its_size_and_lead_to_it(shop: Shop) -> None:
    with shop.reading() as session:
        _, bar, body = page.show_segments_page(Visitor(shop).view(session, "segments"))
    overview = overview_of(shop)
    for style, profile in zip(overview.styles, overview.profiles.segments, strict=True):
        assert style.name in words(body)
        assert f"{profile.size} customers" in words(body)
        assert [links(part).count(f"/t/{TEAM}/{DATASET}/segments/{style.key}") for part in (bar, body)] == [1, 1]  # chip and card


def test_a_card_warns_where_the_evidence_calls_a_segment_by_the_name_of_another(shop: Shop) -> None:
    first, second, _ = overview_of(shop).styles
    for style, name in ((first, "Weekend families"), (second, first.name)):
        with shop.writing() as session:
            segments.rename_segment(session, shop.actor, DATASET, style.key, name)
    with shop.reading() as session:
        _, _, body = page.show_segments_page(Visitor(shop).view(session, "segments"))
    assert words(body).count("This version’s evidence says") == 1
    assert f"Weekend families This version’s evidence says “{first.name}”" in words(body)


@pytest.mark.parametrize(
    ("role", "may_export", "may_recluster"),
    [(MemberRole.VIEWER, False, False), (MemberRole.MARKETER, True, False), (MemberRole.ANALYST, True, True)],
)
def test_head_offers_what_the_role_may_do(shop: Shop, role: MemberRole, may_export: bool, may_recluster: bool) -> None:
    with shop.reading() as session:
        head, _, _ = page.show_segments_page(Visitor(shop, role).view(session, "segments"))
    assert (f"/t/{TEAM}/{DATASET}/segments/all/customers.csv" in links(head)) is may_export
    assert ("Re-cluster" in words(head)) is may_recluster


def test_figures_are_drawn_in_the_visitors_theme(shop: Shop) -> None:
    with shop.reading() as session:
        light = page.show_figures(Visitor(shop).view(session, "segments"))
        dark = page.show_figures(Visitor(shop, display=Display("dark")).view(session, "segments"))
    assert len(light) == len(page.PLOTS)
    assert figure_text(light) != figure_text(dark)


def figure_text(cards: object) -> str:
    return json.dumps([part.figure.to_plotly_json() for part in walk(list(cards)) if hasattr(part, "figure")], default=str)  # type: ignore[call-overload]


def test_no_figure_is_drawn_for_places_that_are_about_to_go(shop: Shop) -> None:
    place = parse_path(f"/t/{TEAM}/{DATASET}/segments")
    assert place is not None
    assert not set(ids(page.layout(place))) & set(page.PLOTS)
    with shop.reading() as session:
        body = page.show_segments_page(Visitor(shop).view(session, "segments"))[2]
    assert set(page.PLOTS) <= set(ids(body))


def test_a_typed_name_is_text_in_cards_and_is_escaped_in_figures(shop: Shop) -> None:
    hostile = '<a href="//evil">Meat & more</a> %{x}'
    key = overview_of(shop).styles[0].key
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, DATASET, key, hostile)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "segments")
        _, _, body = page.show_segments_page(view)
        cards = page.show_figures(view)
    assert hostile in words(body)
    assert "<a href" not in figure_text(cards)
    assert "%{x}" not in figure_text(cards)
    assert "&lt;a href=" in figure_text(cards)
    assert hostile in words(list(cards))  # the table beside the figure shows what was typed


def test_an_older_version_is_shown_as_such_and_its_links_stay_in_it(shop: Shop) -> None:
    assert shop.recluster(k=2).number == 2
    with shop.reading() as session:
        head, bar, body = page.show_segments_page(Visitor(shop).view(session, "segments", v="2"))
    assert "Two segments in version 2" in words(head)
    assert "Version 2 is not the champion" in words(bar)
    assert any(link.endswith("?v=2") for link in links(body))
    assert any(link.endswith("customers.csv?v=2") for link in links(head))


def test_a_version_that_is_not_there_is_not_found(shop: Shop) -> None:
    with shop.reading() as session, pytest.raises(NotFound):
        page.show_segments_page(Visitor(shop).view(session, "segments", v="99"))


def test_another_team_finds_nothing(shop: Shop) -> None:
    with shop.reading() as session:
        view = stranger_to(shop, Visitor(shop).view(session, "segments"))
        with pytest.raises(NotFound):
            page.show_segments_page(view)


def test_without_customers_the_next_step_is_an_import(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    import_file(sqlite_resources, shop.actor, "", dataset="Customers")  # refused, so the dataset stays empty
    with shop.reading() as session:
        _, _, body = page.show_segments_page(Visitor(shop).view(session, "segments"))
        _, _, viewed = page.show_segments_page(Visitor(shop, MemberRole.VIEWER).view(session, "segments"))
    assert "No customers yet" in words(body)
    assert f"/t/{TEAM}/{DATASET}/data" in links(body)
    assert "No customers yet" in words(viewed)
    assert not links(viewed)


def test_with_customers_the_next_step_is_the_first_fit_which_then_shows_its_progress(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((5, 5)))
    with shop.reading() as session:
        _, _, body = page.show_segments_page(Visitor(shop).view(session, "segments"))
    assert "10 customers are here." in words(body)
    assert "Find segments" in words(body)
    with unit_of_work(sqlite_resources) as session:
        versions.request_recluster(session, shop.actor, DATASET)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "segments")
        _, _, body = page.show_segments_page(view)
        assert page.Ids.FIRST_FIT in ids(body)
        assert "Finding the first segments" in words(body)
        assert "Waiting for a worker" in words(page.show_first_fit(view))


def test_the_verdict_none_is_an_answer_before_the_cards(shop: Shop) -> None:
    overview = overview_of(shop)
    with shop.reading() as session:
        report = versions.show_report(session, shop.actor, DATASET, 1)
    none = replace(overview, version=replace(overview.version, verdict="none"))
    shown = words(page.no_segments_verdict(none, report))
    assert report.verdict.headline in shown
    assert all(reason.text in shown for reason in report.verdict.reasons)
    assert page.no_segments_verdict(overview, report) is None


def filtered_page(shop: Shop, f: str, role: MemberRole = MemberRole.ADMIN) -> tuple[Any, Any, list[Any]]:
    """Bar, body and figures under filters."""
    with shop.reading() as session:
        view = Visitor(shop, role).view(session, "segments", f=f)
        _, bar, body = page.show_segments_page(view)
        return bar, body, list(page.show_figures(view))


def test_a_filter_works_on_chips_cards_and_all_figures(shop: Shop) -> None:
    bar, body, figures = filtered_page(shop, "income~ge~40000")
    with shop.reading() as session:
        found = show_filtered(session, shop.actor, shop.resources.store, DATASET, {"f": "income~ge~40000"})
    assert found is not None
    left = found.overview.profiles
    assert f"{left.customers} of 180 customers" in words(bar)
    for segment in found.segments:
        size = segment.profile.size if segment.profile else 0
        assert f"{segment.style.short_name} {size}" in words(bar)
        assert (f"{segment.style.name} {size} customers" in words(body)) is bool(size)
    assert all(f"{left.customers} of 180 customers" in words(figure) for figure in figures if hasattr(figure, "id"))
    gone = [segment.style.name for segment in found.segments if segment.state == "empty"]
    assert all(f"Nobody is left in {name}" in words(body) for name in gone[:1])


def test_titles_of_figures_are_found_anew(shop: Shop) -> None:
    _, _, whole = filtered_page(shop, "")
    _, _, left = filtered_page(shop, "income~ge~40000")
    titles = [[part.children for part in walk(figures) if type(part).__name__ == "H2"] for figures in (whole, left)]
    assert titles[0][1] != titles[1][1]  # how much spend which customers bring


def test_nobody_left_is_said_once_with_one_way_back(shop: Shop) -> None:
    bar, body, figures = filtered_page(shop, "income~ge~9000000")
    assert "No customer is left" in words(body)
    assert f"/t/{TEAM}/{DATASET}/segments" in links(body)
    assert "0 of 180 customers" in words(bar)
    assert figures == [no_update] * 4


def test_one_segment_alone_is_compared_to_nobody(shop: Shop) -> None:
    key = overview_of(shop).styles[0].key
    _, _, figures = filtered_page(shop, f"segment_key~in~{key}")
    said = [words(figure) for figure in figures]
    assert "One segment is left" in said[0]
    assert "One segment brings all of the spend" in said[1]
    assert "No spend and recency in this data" in said[2]  # the data has none, with filters or without


def test_a_version_made_before_measures_were_kept_offers_a_new_one(shop: Shop) -> None:
    with shop.writing() as session:
        session.execute(update(ModelVersion.__table__).values(measures_digest=None))
    bar, body, _ = filtered_page(shop, "income~ge~40000")
    viewed, _, _ = filtered_page(shop, "", MemberRole.VIEWER)
    assert "made before measures of customers were kept" in words(bar)
    assert "Re-cluster:" in words(bar)
    assert "Re-cluster:" not in words(viewed)
    assert "60 customers" in words(body)


def test_what_a_viewer_may_not_see_is_named_without_figures(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "suppressed_groups", lambda *_: frozenset({0, 1}))
    bar, body, figures = filtered_page(shop, "income~q~4", MemberRole.VIEWER)
    first = overview_of(shop).styles[0]
    assert f"{first.short_name} held back" in words(bar)
    assert f"Held back for groups under ten: {first.name}" in words(body)
    assert first.name not in words(figures)


def test_a_figure_that_fails_leaves_the_others_standing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any, **_options: Any) -> None:
        raise FloatingPointError

    monkeypatch.setitem(page.PLOTS, page.Ids.VALUE, fails)
    _, _, figures = filtered_page(shop, "")
    assert ["could not be drawn" in words(figure) for figure in figures] == [False, False, True, False]


def test_viewers_are_told_that_they_see_the_champion(shop: Shop) -> None:
    shop.recluster(k=2)
    with shop.reading() as session:
        head, bar, body = page.show_segments_page(Visitor(shop, MemberRole.VIEWER).view(session, "segments", v="2"))
        figures = page.show_figures(Visitor(shop, MemberRole.VIEWER).view(session, "segments", v="2"))
        other, _, _ = page.show_segments_page(Visitor(shop, MemberRole.MARKETER).view(session, "segments", v="2"))
    assert (bar, body) == ([], [])
    assert "Viewers see the champion's segments" in words(head)
    assert "marketer" in words(head)
    assert f"/t/{TEAM}/{DATASET}/segments" in links(head)
    assert all(each is no_update for each in figures)
    assert "Viewers see" not in words(other)
