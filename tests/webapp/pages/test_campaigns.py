"""The Campaigns list and the Campaign page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from dash import no_update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, options, overview_of, stranger_to, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.pages import campaign as one
from webapp.pages import campaigns as page
from webapp.services import campaigns, versions
from webapp.services.campaigns import CampaignSummary
from webapp.services.errors import Forbidden, NotFound
from webapp.ui import untag
from webapp.ui.campaign_form import FIELDS

VALUES = ["Summer preview", "email", "planned", "2026-06-01", "2026-06-14"]


def planned(shop: Shop, name: str = "Spring post", status: str = "draft") -> CampaignSummary:
    with shop.writing() as session:
        return campaigns.create_campaign(session, shop.actor, DATASET, name=name, channel="post", status=status)


def show(shop: Shop, campaign: CampaignSummary) -> CampaignSummary:
    with shop.reading() as session:
        return campaigns.show_campaign(session, shop.actor, DATASET, campaign.id)


def tag(shop: Shop, campaign: CampaignSummary, place: int = 0) -> Any:
    with shop.writing() as session:
        return campaigns.tag_segment(session, shop.actor, DATASET, campaign.id, overview_of(shop).styles[place].key)


def test_the_empty_list_teaches_the_next_step_that_the_role_may_take(shop: Shop) -> None:
    with shop.reading() as session:
        _, able = page.show_campaigns(Visitor(shop, MemberRole.MARKETER).view(session, "campaigns"))
        _, viewer = page.show_campaigns(Visitor(shop, MemberRole.VIEWER).view(session, "campaigns"))
    assert "No campaign yet" in words(able)
    assert {"type": page.Ids.OPEN, "at": "empty"} in ids(able)
    assert "No campaign yet" in words(viewer)
    assert not ids(viewer)
    assert links(viewer) == [f"/t/{TEAM}/{DATASET}/segments"]


def test_the_list_shows_each_campaign_with_its_segments(shop: Shop) -> None:
    first, _ = planned(shop, "<i>First</i>", "running"), planned(shop, "Second")
    tie = tag(shop, first)
    with shop.reading() as session:
        head, body = page.show_campaigns(Visitor(shop).view(session, "campaigns"))
    assert "2 campaigns, 1 running. 1 has no segment yet." in words(head)
    assert "<i>First</i> Post no dates yet Running" in words(body)
    assert tie.segment_name in words(body)
    assert f"/t/{TEAM}/{DATASET}/campaigns/{first.id}" in links(body)


def test_the_status_in_the_address_filters_and_archived_ones_stand_aside(shop: Shop) -> None:
    for name, status in (("Run", "running"), ("Plan", "planned"), ("Old", "archived")):
        planned(shop, name, status)
    shown = {}
    with shop.reading() as session:
        for status in ("", "planned", "archived", "done", "nonsense"):
            _, body = page.show_campaigns(Visitor(shop).view(session, "campaigns", status=status))
            shown[status] = {name for name in ("Run", "Plan", "Old") if name in words(body[1]).split()}
    assert shown == {"": {"Run", "Plan"}, "planned": {"Plan"}, "archived": {"Old"}, "done": set(), "nonsense": {"Run", "Plan"}}


def test_a_new_campaign_leads_to_its_page(shop: Shop, said: list[Any]) -> None:
    with shop.writing() as session:
        address, marks, _ = page.create_campaign(Visitor(shop, MemberRole.MARKETER).view(session, "campaigns"), 1, VALUES)
    with shop.reading() as session:
        (made,) = campaigns.list_campaigns(session, shop.actor, DATASET)
    assert address == f"/t/{TEAM}/{DATASET}/campaigns/{made.id}"
    assert not any(marks)
    assert (made.name, made.channel, made.status) == ("Summer preview", "email", "planned")
    assert (made.starts_on, made.ends_on) == (date(2026, 6, 1), date(2026, 6, 14))
    assert "Summer preview is created" in words(said)


@pytest.mark.parametrize(
    ("place", "value", "field"), [(0, "", "name"), (1, "pigeon", "channel"), (2, "lost", "status"), (4, "2026-05-01", "ends_on")]
)
def test_a_refused_campaign_says_why_at_the_field(shop: Shop, place: int, value: str, field: str) -> None:
    values = [value if at == place else typed for at, typed in enumerate(VALUES)]
    with shop.writing() as session:
        address, marks, sentences = page.create_campaign(Visitor(shop).view(session, "campaigns"), 1, values)
    assert address is no_update
    assert [name for name, wrong in zip(FIELDS, marks, strict=True) if wrong] == [field]
    assert sentences[FIELDS.index(field)]


def test_a_viewer_cannot_create(shop: Shop) -> None:
    with shop.writing() as session, pytest.raises(Forbidden):
        page.create_campaign(Visitor(shop, MemberRole.VIEWER).view(session, "campaigns"), 1, VALUES)


def test_details_are_a_form_for_whoever_may_change_them(shop: Shop) -> None:
    campaign = planned(shop)
    with shop.reading() as session:
        able, viewer = (Visitor(shop, role).view(session, "campaigns", campaign.id) for role in (MemberRole.MARKETER, MemberRole.VIEWER))
        assert one.Ids.FORM in ids(one.show_details(able))
        assert one.Ids.ARCHIVE in ids(one.show_head(able))
        assert not ids(one.show_details(viewer))
        assert not ids(one.show_head(viewer))
        assert "Spring post" in words(one.show_details(viewer))


def test_saved_details_are_stored_and_a_taken_name_is_refused_at_its_field(shop: Shop) -> None:
    campaign, other = planned(shop), planned(shop, "Other")
    with shop.writing() as session:
        marks, _, changed = one.save_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1, VALUES)
    assert not any(marks)
    assert changed is not no_update
    assert show(shop, campaign).name == "Summer preview"
    with shop.writing() as session:
        marks, sentences, changed = one.save_campaign(Visitor(shop).view(session, "campaigns", other.id), 1, VALUES)
    assert marks[0]
    assert "already" in sentences[0]
    assert changed is no_update
    assert show(shop, other).name == "Other"


def test_archiving_keeps_the_tags(shop: Shop) -> None:
    campaign = planned(shop)
    tag(shop, campaign)
    with shop.writing() as session:
        one.archive_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1)
    assert show(shop, campaign).status == "archived"
    assert len(show(shop, campaign).tags) == 1
    with shop.reading() as session:
        assert one.Ids.ARCHIVE not in ids(one.show_head(Visitor(shop).view(session, "campaigns", campaign.id)))


def test_segments_are_added_listed_and_offered_once(shop: Shop) -> None:
    campaign, styles = planned(shop), overview_of(shop).styles
    with shop.writing() as session:
        one.add_tag(Visitor(shop).view(session, "campaigns", campaign.id), 1, styles[1].key)
    with shop.reading() as session:
        card = one.show_segments(Visitor(shop).view(session, "campaigns", campaign.id))
    assert f"/t/{TEAM}/{DATASET}/segments/{styles[1].key}/customers.csv" in links(card)
    assert options(card, one.Ids.CHOICE) == [styles[0].name, styles[2].name]
    assert str(overview_of(shop).profiles.segments[1].size) in words(card)


def test_a_viewer_sees_segments_but_takes_and_changes_nothing(shop: Shop) -> None:
    campaign = planned(shop)
    tie = tag(shop, campaign)
    with shop.reading() as session:
        card = one.show_segments(Visitor(shop, MemberRole.VIEWER).view(session, "campaigns", campaign.id))
    assert tie.segment_name in words(card)
    assert not ids(card)
    assert not any(link.endswith(".csv") for link in links(card))


def test_a_tag_is_removed_after_a_question(shop: Shop, said: list[Any]) -> None:
    campaign = planned(shop)
    tie = tag(shop, campaign)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "campaigns", campaign.id)
        is_open, question, asked = untag.ask_untag(view, {"untag": "campaign", "tag": tie.id})
        assert untag.ask_untag(view, None) == (no_update, no_update, no_update)
    assert is_open
    assert asked == tie.id
    assert campaign.name in question
    assert tie.segment_name in question
    with shop.writing() as session:
        assert untag.untag(Visitor(shop).view(session, "campaigns", campaign.id), 1, asked) == (False, tie.id)
    assert show(shop, campaign).tags == ()
    assert "no longer tagged" in words(said)
    with shop.writing() as session, pytest.raises(NotFound):
        untag.untag(Visitor(shop).view(session, "campaigns", campaign.id), 1, tie.id)


def test_a_retired_segment_is_marked_and_leads_nowhere(shop: Shop) -> None:
    campaign = planned(shop)
    ties = [tag(shop, campaign, place) for place in range(3)]
    number = shop.recluster(k=2).number
    with shop.writing() as session:
        versions.promote_version(session, shop.actor, DATASET, number)
    with shop.reading() as session:
        card = one.show_segments(Visitor(shop).view(session, "campaigns", campaign.id))
    retired = [tie for tie in show(shop, campaign).tags if tie.retired]
    assert len(ties) == 3
    assert retired
    assert "Retired" in words(card)
    assert not any(retired[0].segment_key in link for link in links(card))


def test_a_campaign_of_another_team_is_not_found(shop: Shop) -> None:
    campaign = planned(shop)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "campaigns", campaign.id)
        stranger = stranger_to(shop, view)
        for show_part in (one.show_head, one.show_details, one.show_segments):
            with pytest.raises(NotFound):
                show_part(stranger)
