"""The Segment page."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, options, overview_of, stranger_to, walk, words
from tests.webapp.working import Shop
from webapp.edge import Display
from webapp.models import MemberRole
from webapp.pages import segment as page
from webapp.pages.segment import campaigns as tab
from webapp.pages.segment import customers, profile, rename
from webapp.pages.segment.ids import Ids
from webapp.services import campaigns, segments
from webapp.services.campaigns import CampaignSummary
from webapp.services.customers import GridColumn
from webapp.services.errors import Forbidden, Invalid, NotFound
from webapp.ui.campaign_form import FIELDS, field_id

NEW_VALUES = [None, "Summer preview", "email", "planned", "2026-06-01", "2026-06-14"]


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
    assert f"Share of spend {mine.value_share:.0%}" in shown
    hits = sum(segment.outcomes[0].hits for segment in others)
    rest = hits / sum(segment.outcomes[0].customers for segment in others)
    assert f"the rest {rest:.0%}" in shown
    assert f"On the border {mine.border}" in shown


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


def test_profile_shows_each_rule_with_precision_and_recall(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        content = page.show_tab(Visitor(shop).view(session, "segments", key))
    rules = overview_of(shop).profiles.segments[0].rules
    assert rules
    for rule in rules:
        assert all(condition in words(content) for condition in rule.conditions)
        assert f"{rule.precision:.0%} are in the segment finds {rule.recall:.0%} of it" in words(content)


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
            customers.page_rows(view, {"startRow": 0, "endRow": 100})
    assert "Viewers see segments, not people" in words(content)
    assert Ids.GRID not in ids(content)


def test_the_grid_pages_and_sorts_on_the_server(shop: Shop, key: str) -> None:
    size = overview_of(shop).profiles.segments[0].size
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "segments", key)
        sort = [{"colId": "income", "sort": "desc"}]
        first = customers.page_rows(view, {"startRow": 0, "endRow": 20, "sortModel": sort})
        second = customers.page_rows(view, {"startRow": 20, "endRow": 40, "sortModel": sort})
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
        customers.page_rows(Visitor(shop).view(session, "segments", key), request_)


def test_the_grid_has_fewer_columns_on_a_phone_and_numbers_to_the_right(shop: Shop, key: str) -> None:
    with shop.reading() as session:
        wide = grid_of(page.show_tab(Visitor(shop).view(session, "segments", key, tab="customers")))
        narrow = grid_of(page.show_tab(Visitor(shop, display=Display(narrow=True)).view(session, "segments", key, tab="customers")))
    assert len(narrow.columnDefs) == customers.NARROW_COLUMNS < len(wide.columnDefs)
    by_field = {column["field"]: column for column in wide.columnDefs}
    assert "num" in by_field["income"]["cellClass"]
    assert "cellClass" not in by_field["city"]
    assert wide.rowModelType == "infinite"
    assert wide.dashGridOptions["cacheBlockSize"] == 100


def test_a_masked_column_offers_no_sorting() -> None:
    open_, masked = (GridColumn(name, name, "text", numeric=False, sortable=name == "city") for name in ("city", "email"))
    assert customers.column_definition(open_, first=False)["sortable"]
    assert not customers.column_definition(masked, first=False)["sortable"]


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
    assert options(form, field_id(tab.FORM, "campaign")) == [free.name]
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
        tab.tag_campaign(Visitor(shop).view(session, "segments", key), 1, tab.EXISTING, [campaign.id, "", "email", "draft", None, None])
    assert tagged(shop, key) == [campaign.name]


@pytest.mark.parametrize(
    ("how", "values", "field"),
    [
        (tab.NEW, [None, "  ", "email", "draft", None, None], "name"),
        (tab.NEW, [None, "Late", "email", "draft", "2026-06-14", "2026-06-01"], "ends_on"),
        (tab.NEW, [None, "Odd", "email", "draft", "yesterday", None], "starts_on"),
        (tab.NEW, [None, "Odd", "pigeon", "draft", None, None], "channel"),
        (tab.EXISTING, [None, "", "email", "draft", None, None], "campaign"),
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
            tab.tag_campaign(view, 1, tab.EXISTING, ["x", "", "email", "draft", None, None])


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
            assert rename.rename(Visitor(shop).view(session, "segments", key), 1, name)[0] is False
        with shop.reading() as session:
            assert segments.show_segment(session, shop.actor, DATASET, key).style.name == expected
    with shop.writing() as session:
        is_open, message, _ = rename.rename(Visitor(shop).view(session, "segments", key), 1, "x" * 200)
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
