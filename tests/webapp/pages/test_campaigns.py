"""The Campaigns list and the Campaign page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from dash import no_update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, options, overview_of, stranger_to, walk, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.pages import campaigns as page
from webapp.pages.campaign import acts, details, history, tags
from webapp.pages.campaign.ids import Ids
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling import promotions
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import untag
from webapp.ui.campaign_form import FIELDS
from webapp.ui.segments_ui import Where, segment_cards

VALUES = ["Summer preview", "email", "planned", "2026-06-01", "2026-06-14", "By hand"]


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
    assert "<i>First</i> No dates yet, Post" in words(body)  # the same as a list, for phones
    assert tie.segment_name in words(body)
    assert f"/t/{TEAM}/{DATASET}/campaigns/{first.id}" in links(body)


def test_the_status_in_the_address_filters_and_archived_ones_stand_aside(shop: Shop) -> None:
    for name, status in (("Run", "running"), ("Plan", "planned"), ("Old", "archived")):
        planned(shop, name, status)
    shown = {}
    with shop.reading() as session:
        for status in ("", "planned", "archived", "done", "nonsense"):
            _, body = page.show_campaigns(Visitor(shop).view(session, "campaigns", status=status))
            shown[status] = {name for name in ("Run", "Plan", "Old") if name in words(body[2:]).split()}
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
    assert made.note == "By hand"
    assert "Summer preview is created. Tag it" in words(said)


def test_a_new_campaign_is_tagged_to_the_segments_that_were_ticked(shop: Shop, said: list[Any]) -> None:
    styles = overview_of(shop).styles
    with shop.writing() as session:
        page.create_campaign(Visitor(shop).view(session, "campaigns"), 1, VALUES, [[styles[2].key, styles[0].key]])
    with shop.reading() as session:
        (made,) = campaigns.list_campaigns(session, shop.actor, DATASET)
    assert {tag.segment_key for tag in made.tags} == {styles[0].key, styles[2].key}
    assert styles[0].name in words(said)
    with shop.writing() as session, pytest.raises(NotFound):
        page.create_campaign(Visitor(shop).view(session, "campaigns"), 1, ["Other", *VALUES[1:]], [["nothing"]])


def test_a_link_that_proposes_a_campaign_opens_its_dialog_filled(shop: Shop) -> None:
    planned(shop)
    style, name = overview_of(shop).styles[1], "<b>Bundles</b> " + "x" * 150
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.MARKETER).view(session, "campaigns", new="1", segment=style.key, name=name)
        _, body = page.show_campaigns(view)
        _, plain = page.show_campaigns(Visitor(shop).view(session, "campaigns"))
        _, viewers = page.show_campaigns(replace(view, actor=shop.member(MemberRole.VIEWER)))
    dialog = body[-1]
    fields = {part.id["field"]: part for part in walk(dialog) if isinstance(getattr(part, "id", None), dict) and "field" in part.id}
    (boxes,) = [part for part in walk(dialog) if isinstance(getattr(part, "id", None), dict) and "choice" in part.id]
    assert (dialog.is_open, fields["name"].value, boxes.value) == (True, name[:120], [style.key])
    assert [option["value"] for option in boxes.options] == [each.key for each in overview_of(shop).styles]
    assert "Spring post" in words(body)  # the proposed segment filters nothing
    assert not plain[-1].is_open
    assert viewers[-1] is None


def test_the_address_filters_by_channel_and_segment_and_sorts(shop: Shop) -> None:
    with shop.writing() as session:
        for name, channel in (("Beta", "post"), ("alpha", "email"), ("Gamma", "email")):
            campaigns.create_campaign(session, shop.actor, DATASET, name=name, channel=channel)
    key = overview_of(shop).styles[0].key
    with shop.writing() as session:
        gamma = next(each for each in campaigns.list_campaigns(session, shop.actor, DATASET) if each.name == "Gamma")
        campaigns.tag_segment(session, shop.actor, DATASET, gamma.id, key)
    wanted = {
        ("channel", "email"): {"alpha", "Gamma"},
        ("channel", "pigeon"): {"alpha", "Beta", "Gamma"},
        ("segment", key): {"Gamma"},
        ("segment", "unknown"): set(),
    }
    with shop.reading() as session:
        for (name, value), expected in wanted.items():
            _, body = page.show_campaigns(Visitor(shop).view(session, "campaigns", **{name: value}))
            assert set(words(body[2:-1]).split()) & {"alpha", "Beta", "Gamma"} == expected, (name, value)
        for sort, first in (("name", "alpha"), ("-name", "Gamma"), ("channel", "Gamma"), ("-customers", "Gamma"), ("nonsense", "Gamma")):
            _, body = page.show_campaigns(Visitor(shop).view(session, "campaigns", sort=sort))
            found = [word for word in words(body[2:-1]).split() if word in ("alpha", "Beta", "Gamma")]
            assert found[0] == first, sort


def test_choices_keep_the_rest_of_the_address(shop: Shop) -> None:
    planned(shop)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "campaigns", tab="calendar", month="2026-12", status="draft", other="x")
        _, body = page.show_campaigns(view)
    home = f"/t/{TEAM}/{DATASET}/campaigns"
    assert f"{home}?tab=calendar&month=2027-01&status=draft" in links(body)
    assert f"{home}?tab=calendar&month=2026-12" in links(body)
    assert f"{home}?month=2026-12&status=draft" in links(body)


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
        assert Ids.FORM in ids(details.show_details(able))
        assert {Ids.ARCHIVE, Ids.DUPLICATE, Ids.DELETE_OPEN, Ids.DELETE} <= set(ids(details.show_head(able)))
        assert not ids(details.show_details(viewer))
        assert not ids(details.show_head(viewer))
        assert "Spring post" in words(details.show_details(viewer))


def test_saved_details_are_stored_and_a_taken_name_is_refused_at_its_field(shop: Shop) -> None:
    campaign, other = planned(shop), planned(shop, "Other")
    with shop.writing() as session:
        marks, _, changed = acts.save_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1, VALUES)
    assert not any(marks)
    assert changed is not no_update
    assert show(shop, campaign).name == "Summer preview"
    with shop.writing() as session:
        marks, sentences, changed = acts.save_campaign(Visitor(shop).view(session, "campaigns", other.id), 1, VALUES)
    assert marks[0]
    assert "already" in sentences[0]
    assert changed is no_update
    assert show(shop, other).name == "Other"


def test_archiving_keeps_the_tags(shop: Shop) -> None:
    campaign = planned(shop)
    tag(shop, campaign)
    with shop.writing() as session:
        acts.archive_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1)
    assert show(shop, campaign).status == "archived"
    assert len(show(shop, campaign).tags) == 1
    with shop.reading() as session:
        head = ids(details.show_head(Visitor(shop).view(session, "campaigns", campaign.id)))
    assert Ids.ARCHIVE not in head
    assert Ids.DELETE not in head
    assert Ids.RESTORE in head
    with shop.writing() as session:
        acts.restore_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1)
    assert show(shop, campaign).status == "draft"


def test_a_copy_leads_to_its_page_and_a_deleted_draft_to_the_list(shop: Shop, said: list[Any]) -> None:
    campaign = planned(shop)
    with shop.writing() as session:
        address = acts.duplicate_campaign(Visitor(shop).view(session, "campaigns", campaign.id), 1)
    copy = address.rpartition("/")[2]
    with shop.writing() as session:
        assert acts.delete_campaign(Visitor(shop).view(session, "campaigns", copy), 1) == f"/t/{TEAM}/{DATASET}/campaigns"
    assert "Spring post (copy) is deleted." in words(said)
    with shop.reading() as session:
        assert campaigns.list_campaigns(session, shop.actor, DATASET) == (campaign,)


def test_nothing_happens_before_a_button_is_pressed(shop: Shop) -> None:
    campaign = planned(shop)
    with shop.writing() as session:
        view = Visitor(shop).view(session, "campaigns", campaign.id)
        for act in (acts.archive_campaign, acts.restore_campaign, acts.duplicate_campaign, acts.delete_campaign):
            assert act(view, None) is no_update
    assert show(shop, campaign) == campaign


def test_reach_history_and_what_clashes_are_said_in_words(shop: Shop) -> None:
    days = {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 9), "status": "planned"}
    keys = [style.key for style in overview_of(shop).styles]
    with shop.writing() as session:
        first = campaigns.create_campaign(session, shop.actor, DATASET, name="First", channel="post", segments=keys[:2], **days)
        campaigns.create_campaign(session, shop.actor, DATASET, name="Second", channel="sms", segments=keys[1:], **days)
    with shop.reading() as session:
        view = Visitor(shop, MemberRole.VIEWER).view(session, "campaigns", first.id)
        warning, card, past = words(details.show_warning(view)), words(tags.show_segments(view)), words(history.show_history(view))
    name = overview_of(shop).styles[1].name
    assert f"Another campaign reaches {name} in the same days" in warning
    assert "Second , planned: 1 to 9 Dec 2026" in warning
    assert (
        f"Reaches {sum(segment.size for segment in overview_of(shop).profiles.segments[:2])} customers in 2 segments, nobody twice" in card
    )
    assert f"Tagged it to {name}" in past
    assert "Created it" in past


ODD = ("<script>alert(1)</script>", '=HYPERLINK("http://x")', "🎄 Winter", "عرض الشتاء")


@pytest.mark.parametrize("text", ODD)
def test_whatever_is_typed_is_shown_as_text_everywhere(shop: Shop, text: str) -> None:
    days = {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 9), "status": "planned"}
    key = overview_of(shop).styles[0].key
    with shop.writing() as session:
        made = campaigns.create_campaign(
            session, shop.actor, DATASET, name=text, note=f"{text}\nmore", channel="post", segments=[key], **days
        )
        campaigns.create_campaign(session, shop.actor, DATASET, name=f"{text} 2", channel="post", segments=[key], **days)
    viewer = Visitor(shop, MemberRole.VIEWER)
    with shop.reading() as session:
        view = viewer.view(session, "campaigns", made.id)
        shown = {
            "list": page.show_campaigns(viewer.view(session, "campaigns")),
            "calendar": page.show_campaigns(viewer.view(session, "campaigns", tab="calendar", month="2026-12")),
            "head": details.show_head(view),
            "details": details.show_details(view),
            "warning": details.show_warning(view),
        }
        segment = segment_cards(overview_of(shop), Where(TEAM, DATASET))
    for place, content in shown.items():
        assert text in words(content), place
        assert not [part for part in walk(content) if type(part).__name__ in ("Markdown", "DangerouslySetInnerHTML")], place
    assert text in words(segment)
    assert f"{text}\nmore" in [part for part in walk(shown["details"]) if isinstance(part, str)]


def test_segments_are_added_listed_and_offered_once(shop: Shop) -> None:
    campaign, styles = planned(shop), overview_of(shop).styles
    with shop.writing() as session:
        acts.add_tag(Visitor(shop).view(session, "campaigns", campaign.id), 1, styles[1].key)
    with shop.reading() as session:
        card = tags.show_segments(Visitor(shop).view(session, "campaigns", campaign.id))
    assert f"/t/{TEAM}/{DATASET}/segments/{styles[1].key}/customers.csv" in links(card)
    assert options(card, Ids.CHOICE) == [styles[0].name, styles[2].name]
    assert str(overview_of(shop).profiles.segments[1].size) in words(card)


def test_a_viewer_sees_segments_but_takes_and_changes_nothing(shop: Shop) -> None:
    campaign = planned(shop)
    tie = tag(shop, campaign)
    with shop.reading() as session:
        card = tags.show_segments(Visitor(shop, MemberRole.VIEWER).view(session, "campaigns", campaign.id))
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
        promotions.promote_version(session, shop.actor, DATASET, number)
    with shop.reading() as session:
        card = tags.show_segments(Visitor(shop).view(session, "campaigns", campaign.id))
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
        for show_part in (details.show_head, details.show_details, details.show_warning, tags.show_segments, history.show_history):
            with pytest.raises(NotFound):
                show_part(stranger)
