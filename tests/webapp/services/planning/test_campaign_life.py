"""Copies, the archive and back, the end of a draft, and the history of a campaign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.webapp.conftest import Prepare
from tests.webapp.planned import DATASET, KEYS, Planned, open_planned
from webapp.models import MemberRole
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.planning import campaign_life as life
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary, clean_note

ODD = ("<script>alert(1)</script>", "=HYPERLINK(1)", "🎄 sale", "عرض الشتاء")


@pytest.fixture
def shop(prepare: Prepare) -> Planned:
    return prepare(open_planned)


@pytest.fixture
def quick(prepare_sqlite: Prepare) -> Planned:
    return prepare_sqlite(open_planned)


def act(shop: Planned, what: Callable[..., Any], campaign: CampaignSummary) -> Any:
    with shop.writing() as session:
        return what(session, shop.actor, DATASET, campaign.id)


def events(shop: Planned, campaign: CampaignSummary) -> list[life.CampaignEvent]:
    with shop.reading() as session:
        return list(life.list_events(session, shop.actor, DATASET, campaign.id))


def test_a_campaign_is_made_with_its_tags_and_note(shop: Planned) -> None:
    made = shop.plan("Spring", KEYS[0], KEYS[2], KEYS[0], note="  one\r\ntwo\n")
    assert (made.note, [tag.segment_key for tag in made.tags], made.customers) == ("one\ntwo", [KEYS[0], KEYS[2]], 140)
    with shop.writing() as session, pytest.raises(NotFound):
        campaigns.create_campaign(session, shop.actor, DATASET, name="Other", channel="email", segments=["nothing"])
    with shop.reading() as session:
        assert [each.name for each in campaigns.list_campaigns(session, shop.actor, DATASET)] == ["Spring"]


@pytest.mark.parametrize("text", ODD)
def test_every_text_comes_back_as_it_was_typed(shop: Planned, text: str) -> None:
    assert (shop.again(made := shop.plan(text, note=f"{text}\n{text}")).name, made.note) == (text, f"{text}\n{text}")


@pytest.mark.parametrize("note", ["x" * 2001, "a\x00b", "a\x07b", "a\ud800b"])
def test_a_note_that_is_no_text_or_too_long_is_refused(quick: Planned, note: str) -> None:
    with pytest.raises(Invalid) as refusal:
        quick.plan(note=note)
    assert refusal.value.details == {"field": "note"}


def test_lines_of_a_note_end_alike() -> None:
    assert clean_note("a\r\nb\rc\n\n") == "a\nb\nc"


def test_a_copy_is_a_draft_without_dates_under_its_own_name(shop: Planned) -> None:
    dates = {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 9), "status": "running"}
    first = shop.plan("Spring", KEYS[0], KEYS[1], channel="post", note="By hand", **dates)
    shop.retire(KEYS[1])
    copy = act(shop, life.duplicate_campaign, first)
    assert (copy.name, copy.channel, copy.note, copy.status) == ("Spring (copy)", "post", "By hand", "draft")
    assert (copy.starts_on, copy.ends_on, [tag.segment_key for tag in copy.tags]) == (None, None, [KEYS[0]])
    assert act(shop, life.duplicate_campaign, first).name == "Spring (copy 2)"
    assert shop.again(first).status == "running"
    assert events(shop, copy)[0].origin == "Spring"


def test_the_copy_of_a_long_name_still_fits(quick: Planned) -> None:
    names = {act(quick, life.duplicate_campaign, quick.plan("x" * 120)).name}
    assert {len(name) for name in names} == {120}
    assert all(name.endswith("… (copy)") for name in names)


@pytest.mark.parametrize("status", ["draft", "planned", "running", "done"])
def test_what_is_archived_comes_back_to_where_it_stood(shop: Planned, status: str) -> None:
    campaign = shop.plan("Spring", KEYS[0], status=status)
    assert act(shop, life.archive_campaign, campaign).status == "archived"
    assert act(shop, life.archive_campaign, campaign).status == "archived"
    back = act(shop, life.restore_campaign, campaign)
    assert (back.status, len(back.tags)) == (status, 1)
    assert act(shop, life.restore_campaign, campaign).status == status
    assert [event.action for event in events(shop, campaign)][:2] == ["campaign.restored", "campaign.archived"]


def test_one_that_was_never_set_aside_by_hand_comes_back_as_a_draft(quick: Planned) -> None:
    assert act(quick, life.restore_campaign, quick.plan(status="archived")).status == "draft"


def test_only_a_draft_without_segments_can_be_deleted(shop: Planned) -> None:
    draft, tagged, planned = shop.plan("Draft"), shop.plan("Tagged", KEYS[0]), shop.plan("Planned", status="planned")
    assert [life.may_delete(each) for each in (draft, tagged, planned)] == [True, False, False]
    for kept in (tagged, planned):
        with pytest.raises(Conflict, match="Archive this campaign"):
            act(shop, life.delete_campaign, kept)
    act(shop, life.delete_campaign, draft)
    with pytest.raises(NotFound):
        shop.again(draft)
    assert shop.again(tagged) == tagged


def test_the_history_says_who_changed_what(shop: Planned) -> None:
    campaign = shop.plan("Spring", KEYS[0], note="secret plan")
    values = {"name": "Summer", "channel": "email", "starts_on": date(2026, 6, 1), "ends_on": None, "status": "draft"}
    with shop.writing() as session:
        campaigns.change_campaign(session, shop.member(MemberRole.MARKETER), DATASET, campaign.id, **values, note="new")  # type: ignore[arg-type]
    with shop.writing() as session:  # nothing changes, so nothing is written down
        campaigns.change_campaign(session, shop.actor, DATASET, campaign.id, **values)  # type: ignore[arg-type]
    changed, tagged, created = events(shop, campaign)
    assert (changed.by, changed.changes) == (
        "marketer@north.example",
        {"name": ("Spring", "Summer"), "note": (), "starts_on": (None, "2026-06-01")},
    )
    assert (tagged.action, tagged.segment) == ("campaign.tagged", "Loyal families")
    assert (created.action, created.by) == ("campaign.created", shop.actor.name)
    assert "secret" not in str(events(shop, campaign))
    assert shop.again(campaign).note == "new"


ACTS = (life.duplicate_campaign, life.archive_campaign, life.restore_campaign, life.delete_campaign)


@pytest.mark.parametrize("what", [*ACTS, life.list_events])
def test_strangers_find_nothing_and_viewers_only_look(quick: Planned, what: Callable[..., Any]) -> None:
    campaign = quick.plan()
    with quick.writing() as session, pytest.raises(NotFound):
        what(session, quick.stranger, DATASET, campaign.id)
    for role in (MemberRole.VIEWER, MemberRole.MARKETER):
        with quick.writing() as session:
            if role == MemberRole.VIEWER and what in ACTS:
                with pytest.raises(Forbidden):
                    what(session, quick.member(role), DATASET, campaign.id)
            else:
                what(session, quick.member(role), DATASET, campaign.id)
