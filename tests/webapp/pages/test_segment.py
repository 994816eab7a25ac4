"""The Segment page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dash import html, no_update

from segmentation.describing.profiles import Chance, Evidence, OutcomeRate, Rule, RuleSum, SpendLift
from tests.segmentation.made import made_world
from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, options, overview_of, stranger_to, walk, words
from tests.webapp.working import Shop
from webapp.edge import Display
from webapp.models import MemberRole
from webapp.pages import segment as page
from webapp.pages.segment import campaigns as tab
from webapp.pages.segment import evidence, profile, rename
from webapp.pages.segment.ids import PARTS, Ids
from webapp.services.browsing.customers import GridColumn
from webapp.services.errors import Forbidden, Invalid, NotFound
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting import segments
from webapp.services.segmenting.segment_looks import recolour_segment
from webapp.services.segmenting.segments import SegmentDetail, SegmentsOverview
from webapp.ui import format
from webapp.ui.campaign_form import FIELDS, field_id
from webapp.ui.customer_grid import column_definition, page_rows
from webapp.ui.redraw import part_id, redrawn
from webapp.ui.segments_ui import fact_text, stability_badge

NEW_VALUES = [None, "Summer preview", "email", "planned", "2026-06-01", "2026-06-14", "Note"]


@pytest.fixture
def key(shop: Shop) -> str:
    """The first segment's key."""
    return overview_of(shop).styles[0].key


def planned(shop: Shop, name: str = "Spring post") -> CampaignSummary:
    with shop.writing() as session:
        return campaigns.create_campaign(session, shop.actor, DATASET, name=name, channel="post")


def tagged(shop: Shop, key: str) -> list[str]:
    with shop.reading() as session:
        return [campaign.name for campaign in campaigns.list_campaigns(session, shop.actor, DATASET, segment=key)]


def test_head_says_who_they_are_with_figures_beside_the_rest(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        head = page.show_head(Visitor(shop).view(session, "segments", key))
    mine, *others = overview_of(shop).profiles.segments
    shown = words(head)
    assert overview_of(shop).styles[0].name in shown
    assert mine.persona in shown
    assert f"Customers {mine.size}" in shown
    assert mine.value_share is not None
    assert f"Share of spend {format.percent(mine.value_share)}" in shown
    hits = sum(segment.outcomes[0].hits for segment in others)
    rest = hits / sum(segment.outcomes[0].customers for segment in others)
    assert f"the rest {format.percent(rest)}" in shown
    assert f"On the border {mine.border}" in shown


def test_days_since_the_last_purchase_stand_beside_those_of_the_rest() -> None:
    world = made_world()
    profiles = world.profiles()
    overview = SegmentsOverview(None, profiles, (), {}, None)  # type: ignore[arg-type]
    detail = SegmentDetail(overview, 0, None, profiles.segments[0], "", ())  # type: ignore[arg-type]
    rest = world.table["recency_days"][world.assignments.label != 0].mean()
    shown = next(figure for figure in page.head.figures(detail) if figure.label == "Last purchase")
    assert shown.note == f"ago on average, the rest {rest:.0f}"


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (MemberRole.VIEWER, (False, False, False)),
        (MemberRole.MARKETER, (True, True, False)),
        (MemberRole.ANALYST, (True, True, True)),
    ],
)
def test_head_offers_what_the_role_may_do(shop: Shop, key: str, role: MemberRole, shown: tuple[bool, ...]) -> None:
    with shop.reading() as session:
        head = page.show_head(Visitor(shop, role).view(session, "segments", key))
    export = any(link.endswith(f"{key}/customers.csv") for link in links(head))
    assert (export, "Tag a campaign" in words(head), Ids.RENAME_OPEN in ids(head)) == shown


def test_tabs_are_addresses_that_keep_the_version(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        head = page.show_head(Visitor(shop).view(session, "segments", key, v="1", tab="customers"))
    assert f"/t/{TEAM}/{DATASET}/segments/{key}?v=1&tab=campaigns" in links(head)
    active = [part for part in walk(head) if getattr(part, "className", "") == "nav-link active"]
    assert [words(part) for part in active] == [f"Customers {overview_of(shop).profiles.segments[0].size}"]


def test_profile_shows_each_rule_with_precision_recall_and_coverage(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        content = page.show_tab(Visitor(shop).view(session, "segments", key))
    mine = overview_of(shop).profiles.segments[0]
    assert mine.rules
    assert f"of whom {format.percent(mine.share)} are in the segment" in words(content)
    for rule in mine.rules:
        assert all(condition in words(content) for condition in rule.conditions)
        found = f"{format.percent(rule.precision)} are in the segment finds {format.percent(rule.recall)} of it {rule.customers} customers"
        assert f"{found}, {format.percent(rule.coverage)} of all" in words(content)


def test_rules_together_count_everybody_once_and_say_what_is_left() -> None:
    rules = (Rule(("no teenagers",), 0.8, 0.5, 100, 0.1), Rule(("income over 60,000",), 0.7, 0.4, 90, 0.09))
    text = words(evidence.rules_sum(rules, RuleSum(0.75, 0.85, 0.18, 180)))
    assert (
        text
        == "Together: 75% are in the segment , they find 85% of it and 18% of all customers . The other 15% of the segment needs the model."
    )
    assert words(evidence.rules_sum(rules[:1], RuleSum(0.8, 0.5, 0.1, 100))) == "The other 50% of the segment needs the model."
    assert "The other 10%" in words(evidence.rules_sum(rules, None))
    assert "all of it" in words(evidence.rules_sum(rules[:1], RuleSum(0.8, 1.0, 0.1, 100)))


RESPONDS = OutcomeRate(
    *("responded", "Responds", 217, 68, 0.31, 0.27, 0.35, 0.149, 2.1),
    chance=Chance(0.8, 1.2, 1.17),
    spend=SpendLift(2.0, 4, 0.8, 3),
    significant=True,
)


def test_an_outcome_stands_beside_the_rest_chance_and_spend() -> None:
    shown = words(evidence.outcome_row(RESPONDS, 0.12))
    assert shown == (
        "Responds More than chance 31% (27% to 35%) the rest 12% 2.1× the average A random group this size would show 0.8 to 1.2×. "
        "By spend alone, the best quarter of customers (the highest) shows 2.0×; the second highest, which most of them are in, 0.8×."
    )
    same = words(evidence.outcome_row(replace(RESPONDS, spend=SpendLift(2.0, 4, 2.0, 4)), 0.12))
    assert same.endswith("shows 2.0×; most of them are in it.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"significant": False}, "Within chance"),
        ({"lift": 0.4}, "Less than chance"),
        ({"significant": None, "chance": None, "spend": None}, ""),
    ],
)
def test_what_is_within_chance_is_said_and_what_was_not_tested_is_not_claimed(changes: dict[str, Any], said: str) -> None:
    shown = words(evidence.outcome_row(replace(RESPONDS, **changes), 0.12))
    assert [word for word in ("Within chance", "More than chance", "Less than chance") if word in shown] == ([said] if said else [])
    assert "31% (27% to 35%) the rest 12%" in shown


def test_outcomes_say_that_segments_were_found_without_them(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        shown = words(evidence.outcomes_card(segments.show_segment(session, shop.actor, DATASET, key)))
    mine = overview_of(shop).profiles.segments[0].outcomes[0]
    assert "found without any outcome" in shown
    assert mine.chance is not None
    assert f"would show {mine.chance.low:.1f} to {mine.chance.high:.1f}×" in shown
    assert "By spend alone" in shown
    assert "hold for all 3 segments at once" in shown


@pytest.mark.parametrize(
    ("stability", "word"), [(0.93, "Highly stable 0.93"), (0.80, "Stable 0.80"), (0.70, "Doubtful 0.70"), (0.31, "Unstable 0.31")]
)
def test_stability_is_a_word_with_its_term_on_hover(stability: float, word: str) -> None:
    badge = stability_badge(stability)
    assert badge is not None
    assert words(badge) == word
    assert "Jaccard" in badge.title
    assert stability_badge(None) is None


def test_evidence_shows_what_each_figure_is_to_be_compared_to(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        shown = words(page.show_head(Visitor(shop).view(session, "segments", key)))
    facts = overview_of(shop).profiles.segments[0].evidence
    assert facts
    for fact in facts:
        assert f"{fact.label} {fact.text} {fact.reference}".strip() in shown
        assert fact.reference or "average" in fact.text
    assert words(html.Span(fact_text(Evidence("With teenagers", "94%", "teens", "the rest 36%")))) == "With teenagers 94% the rest 36%"


def test_profile_draws_its_figures_for_a_phone_too(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        wide = profile.show_figures(Visitor(shop).view(session, "segments", key))
        narrow = profile.show_figures(Visitor(shop, display=Display("dark", narrow=True)).view(session, "segments", key))
    assert [card is None for card in wide] == [card is None for card in narrow]
    assert sum(hasattr(part, "figure") for part in walk(list(narrow))) >= 2


def test_a_viewer_gets_no_customers(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.VIEWER).view(session, "segments", key, tab="customers")
        content = page.show_tab(view)
        with pytest.raises(Forbidden):
            page_rows(view, {"startRow": 0, "endRow": 100}, segment=key)
    assert "Viewers see segments, not people" in words(content)
    assert Ids.GRID not in ids(content)


def test_the_grid_pages_and_sorts_on_the_server(shop: Shop, key: str) -> None:
    size = overview_of(shop).profiles.segments[0].size
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "segments", key)
        sort = [{"colId": "income", "sort": "desc"}]
        first = page_rows(view, {"startRow": 0, "endRow": 20, "sortModel": sort}, segment=key)
        second = page_rows(view, {"startRow": 20, "endRow": 40, "sortModel": sort}, segment=key)
    rows = [*first["rowData"], *second["rowData"]]
    incomes = [int(row["income"].replace(",", "")) for row in rows]
    assert first["rowCount"] == size
    assert len(rows) == 40
    assert incomes == sorted(incomes, reverse=True)
    assert len({row["customer_key"] for row in rows}) == 40


@pytest.mark.parametrize(
    "request_",
    [{"startRow": 0, "endRow": 100_000}, {"startRow": 5, "endRow": 5}, {"sortModel": [{"colId": "1; DROP TABLE", "sort": "asc"}]}],
)
def test_the_grid_asks_only_for_columns_and_blocks_that_there_are(shop: Shop, key: str, request_: dict[str, Any]) -> None:
    with shop.reading() as session, pytest.raises(Invalid):
        page_rows(Visitor(shop).view(session, "segments", key), request_, segment=key)


def test_on_a_phone_the_customers_of_a_segment_are_a_list_with_pages(shop: Shop, key: str) -> None:
    size = overview_of(shop).profiles.segments[0].size
    with shop.reading() as session:
        visitor = Visitor(shop, display=Display(narrow=True))
        content = page.show_tab(visitor.view(session, "segments", key, tab="customers", p="2"))
    assert Ids.GRID not in ids(content)
    assert len([link for link in links(content) if "/customer?key=" in link]) == 25
    assert f"26 to 50 of {size}" in words(content)


def test_the_grid_has_numbers_to_the_right_and_keys_that_lead_to_customers(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        wide = grid_of(page.show_tab(Visitor(shop).view(session, "segments", key, tab="customers")))
    assert wide.columnDefs[0]["cellRendererParams"]["base"] == f"/t/{TEAM}/{DATASET}/customer?key="
    by_field = {column["field"]: column for column in wide.columnDefs}
    assert "num" in by_field["income"]["cellClass"]
    assert "cellClass" not in by_field["city"]
    assert wide.rowModelType == "infinite"
    assert wide.dashGridOptions["cacheBlockSize"] == 100


def test_a_masked_column_offers_no_sorting() -> None:
    open_, masked = (GridColumn(name, name, "text", numeric=False, sortable=name == "city") for name in ("city", "email"))
    assert column_definition(open_, first=False)["sortable"]
    assert not column_definition(masked, first=False)["sortable"]


def grid_of(content: Any) -> Any:
    return next(part for part in walk(content) if getattr(part, "id", None) == Ids.GRID)


def test_without_a_tag_the_campaigns_tab_teaches_what_one_is(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        able = page.show_tab(Visitor(shop, MemberRole.MARKETER).view(session, "segments", key, tab="campaigns"))
        viewer = page.show_tab(Visitor(shop, MemberRole.VIEWER).view(session, "segments", key, tab="campaigns"))
    assert "No campaign yet" in words(able)
    assert {"type": Ids.TAG_OPEN, "at": "empty"} in ids(able)
    assert "No campaign yet" in words(viewer)
    assert not ids(viewer)


def test_the_dialog_offers_campaigns_that_are_not_tied_yet(shop: Shop, key: str) -> None:
    tied, free = planned(shop, "Tied"), planned(shop, "Free")
    with shop.writing() as session:
        campaigns.tag_segment(session, shop.actor, DATASET, tied.id, key)
        archived = campaigns.create_campaign(session, shop.actor, DATASET, name="Old", channel="post", status="archived")
    with shop.reading() as session:
        view = Visitor(shop).view(session, "segments", key)
        is_open, form = tab.open_tag_dialog(view, {"at": "head"})
        assert tab.open_tag_dialog(view, None) == (no_update, no_update)
    assert is_open
    assert options(form, field_id(tab.FORM, "campaign")) == ["Choose a campaign", free.name]
    assert archived.name not in words(form)


def test_a_new_campaign_is_made_and_tied_at_once(shop: Shop, key: str, said: list[Any]) -> None:
    with shop.writing() as session:
        is_open, marks, _, changed = tab.tag_campaign(
            Visitor(shop, MemberRole.MARKETER).view(session, "segments", key), 1, tab.NEW, NEW_VALUES
        )
    assert (is_open, any(marks)) == (False, False)
    assert changed
    assert tagged(shop, key) == ["Summer preview"]
    assert "Summer preview is tagged to" in words(said)


def test_an_existing_campaign_is_tied(shop: Shop, key: str) -> None:
    campaign = planned(shop)
    with shop.writing() as session:
        tab.tag_campaign(Visitor(shop).view(session, "segments", key), 1, tab.EXISTING, [campaign.id, "", "email", "draft", None, None, ""])
    assert tagged(shop, key) == [campaign.name]


@pytest.mark.parametrize(
    ("how", "values", "field"),
    [
        (tab.NEW, [None, "  ", "email", "draft", None, None, ""], "name"),
        (tab.NEW, [None, "Late", "email", "draft", "2026-06-14", "2026-06-01", ""], "ends_on"),
        (tab.NEW, [None, "Odd", "email", "draft", "yesterday", None, ""], "starts_on"),
        (tab.NEW, [None, "Odd", "pigeon", "draft", None, None, ""], "channel"),
        (tab.EXISTING, [None, "", "email", "draft", None, None, ""], "campaign"),
    ],
)
def test_a_refusal_is_said_at_its_field_and_nothing_is_stored(shop: Shop, key: str, how: str, values: list[Any], field: str) -> None:
    with shop.writing() as session:
        is_open, marks, sentences, _ = tab.tag_campaign(Visitor(shop).view(session, "segments", key), 1, how, values)
    marked = [name for name, wrong in zip(("campaign", *FIELDS), marks, strict=True) if wrong]
    assert is_open is no_update
    assert marked == [field]
    assert sentences[("campaign", *FIELDS).index(field)]
    assert tagged(shop, key) == []


def test_a_campaign_of_another_team_cannot_be_tied(shop: Shop, key: str) -> None:
    with shop.writing() as session:
        view = stranger_to(shop, Visitor(shop).view(session, "segments", key))
        with pytest.raises(NotFound):
            tab.tag_campaign(view, 1, tab.EXISTING, ["x", "", "email", "draft", None, None, ""])


def test_the_campaigns_tab_lists_campaigns_with_a_way_to_remove_each(shop: Shop, key: str) -> None:
    campaign = planned(shop, "<b>Bold</b> plan")
    with shop.writing() as session:
        tag = campaigns.tag_segment(session, shop.actor, DATASET, campaign.id, key)
    with shop.reading() as session:
        able = page.show_tab(Visitor(shop).view(session, "segments", key, tab="campaigns"))
        viewer = page.show_tab(Visitor(shop, MemberRole.VIEWER).view(session, "segments", key, tab="campaigns"))
    assert campaign.name in words(able)
    assert f"/t/{TEAM}/{DATASET}/campaigns/{campaign.id}" in links(able)
    assert {"untag": "segment", "tag": tag.id} in ids(able)
    assert not ids(viewer)


def test_renaming_reaches_the_head_and_an_empty_name_returns_to_the_evidence(shop: Shop, key: str) -> None:
    before = overview_of(shop).styles[0].name
    for name, expected in (("Our regulars", "Our regulars"), ("", before)):
        with shop.writing() as session:
            assert rename.rename(Visitor(shop).view(session, "segments", key), 1, name, "")[0] is False
        with shop.reading() as session:
            assert segments.show_segment(session, shop.actor, DATASET, key).style.name == expected
    with shop.writing() as session:
        is_open, message, _, _ = rename.rename(Visitor(shop).view(session, "segments", key), 1, "x" * 200, "")
    assert is_open is no_update
    assert "120" in message


def test_a_segment_that_the_version_has_not_is_not_found(shop: Shop) -> None:
    with shop.reading() as session, pytest.raises(NotFound):
        page.show_head(Visitor(shop).view(session, "segments", "00000000"))


def test_a_kept_name_that_the_evidence_no_longer_gives_says_so(shop: Shop, key: str) -> None:
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, DATASET, key, "Weekend families")
    with shop.reading() as session:
        detail = segments.show_segment(session, shop.actor, DATASET, key)
        assert f"evidence alone says “{detail.profile.name}”" in words(page.head.kept_name(detail))
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, DATASET, key, "")
    with shop.reading() as session:
        assert page.head.kept_name(segments.show_segment(session, shop.actor, DATASET, key)) is None


def test_viewers_read_a_segment_of_the_champion_only(shop: Shop, key: str) -> None:
    shop.recluster(k=3, seed=5)
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.VIEWER).view(session, "segments", key, v="2")
        assert "Viewers see the champion's segments" in words(page.show_head(view))
        assert page.show_tab(view) == []
        assert "Viewers see" not in words(page.show_head(Visitor(shop, MemberRole.VIEWER).view(session, "segments", key)))


def test_after_a_tag_or_another_name_the_head_stays_and_its_parts_change(shop: Shop, key: str) -> None:
    with shop.writing() as session:
        view = Visitor(shop).view(session, "segments", key)
        before, drawn = page.draw_head(view, None)
        campaigns.create_campaign(session, shop.actor, DATASET, name="Spring", channel="email", segments=[key])
        segments.rename_segment(session, shop.actor, DATASET, key, "Weekend families")
        assert page.draw_head(view, drawn) == (no_update, no_update)
        ids = [part_id(PARTS, name) for name in ("count-campaigns", "name", "crumb")]
        assert redrawn(page.show_head(view), ids) == ["1", "Weekend families", "Weekend families"]
        assert "Weekend families" not in words(before)
        elsewhere = replace(view, query={"tab": "customers"})
        assert page.draw_head(elsewhere, drawn)[0] is not no_update
        recolour_segment(session, shop.actor, DATASET, key, 5)
        assert page.draw_head(view, drawn)[0] is not no_update, "another colour is in more than its parts"
