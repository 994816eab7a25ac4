"""Campaigns, and tags that outlive the versions they were made on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, MemberRole
from webapp.services.errors import Forbidden, Invalid, NotFound
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting import segments

SPRING = {"channel": "email", "starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 30), "status": "planned"}


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv((50, 50, 50)))
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


@pytest.fixture
def bare(sqlite_resources: Resources) -> Shop:
    opened = open_shop(sqlite_resources)
    opened.import_file("Id,Income\n1,5\n")
    return opened


def keys(shop: Shop, version: int | None = None) -> list[str]:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers", version=version)
    assert overview is not None
    return [style.key for style in overview.styles]


def create(shop: Shop, name: str = "Spring", **changes: object) -> CampaignSummary:
    with shop.writing() as session:
        return campaigns.create_campaign(session, shop.actor, "customers", name=name, **{**SPRING, **changes})  # type: ignore[arg-type]


def test_a_tag_is_made_once_shown_and_removed(shop: Shop) -> None:
    campaign = create(shop, "  Spring ")
    assert (campaign.name, campaign.tags) == ("Spring", ())
    key = keys(shop)[1]
    with shop.writing() as session:
        tag = campaigns.tag_segment(session, shop.actor, "customers", campaign.id, key)
    with shop.writing() as session:
        assert campaigns.tag_segment(session, shop.actor, "customers", campaign.id, key) == tag
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        assert overview is not None
        assert overview.tags == {other: int(other == key) for other in keys(shop)}
        detail = segments.show_segment(session, shop.actor, "customers", key)
        assert detail.campaigns == (campaigns.show_campaign(session, shop.actor, "customers", campaign.id),)
        assert [(tag.segment_name, tag.slot, tag.retired) for tag in detail.campaigns[0].tags] == [
            (detail.style.name, detail.style.slot, False)
        ]
        assert campaigns.list_campaigns(session, shop.actor, "customers", segment=keys(shop)[0]) == ()
    with shop.writing() as session:
        campaigns.untag_segment(session, shop.actor, "customers", tag.id)
        assert campaigns.show_campaign(session, shop.actor, "customers", campaign.id).tags == ()
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("campaign.")).order_by(AuditEvent.at)).all()
    assert actions == ["campaign.created", "campaign.tagged", "campaign.untagged"]


def test_tags_survive_a_recluster_and_are_marked_when_their_segment_retires(shop: Shop) -> None:
    campaign = create(shop)
    before = keys(shop)
    with shop.writing() as session:
        for key in before:
            campaigns.tag_segment(session, shop.actor, "customers", campaign.id, key)
    shop.recluster(k=2, promote=True)
    kept = set(keys(shop))
    with shop.reading() as session:
        tags = campaigns.show_campaign(session, shop.actor, "customers", campaign.id).tags
    assert {tag.segment_key: tag.retired for tag in tags} == {key: key not in kept for key in before}
    assert any(tag.retired for tag in tags)
    assert not all(tag.retired for tag in tags)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "Winter"}, "name"),
        ({"channel": "pigeon"}, "channel"),
        ({"status": "lost"}, "status"),
        ({"ends_on": date(2026, 3, 31)}, "ends_on"),
    ],
)
def test_what_cannot_be_taken_is_named(bare: Shop, changes: dict[str, object], field: str) -> None:
    create(bare, "Winter")
    with pytest.raises(Invalid) as refusal:
        create(bare, **{"name": "Spring", **changes})
    assert refusal.value.details["field"] == field
    with bare.reading() as session:
        assert [campaign.name for campaign in campaigns.list_campaigns(session, bare.actor, "customers")] == ["Winter"]


def test_changing_replaces_every_field_and_keeps_names_apart(bare: Shop) -> None:
    create(bare, "Winter")
    campaign = create(bare)
    values = {"name": "Summer", "channel": "post", "starts_on": None, "ends_on": None, "status": "done"}
    with bare.writing() as session:
        changed = campaigns.change_campaign(session, bare.actor, "customers", campaign.id, **values)  # type: ignore[arg-type]
    assert (changed.name, changed.channel, changed.starts_on, changed.ends_on, changed.status) == tuple(values.values())
    with bare.writing() as session, pytest.raises(Invalid):
        campaigns.change_campaign(session, bare.actor, "customers", campaign.id, **{**values, "name": "Winter"})  # type: ignore[arg-type]


def test_strangers_find_nothing_and_viewers_change_nothing(shop: Shop) -> None:
    campaign, key = create(shop), keys(shop)[0]
    with shop.writing() as session:
        tag = campaigns.tag_segment(session, shop.actor, "customers", campaign.id, key)
    viewer, values = shop.member(MemberRole.VIEWER), {"name": "X", **SPRING}
    acts = (
        lambda session, actor: campaigns.create_campaign(session, actor, "customers", **values),
        lambda session, actor: campaigns.change_campaign(session, actor, "customers", campaign.id, **values),
        lambda session, actor: campaigns.tag_segment(session, actor, "customers", campaign.id, key),
        lambda session, actor: campaigns.untag_segment(session, actor, "customers", tag.id),
    )
    reads = (
        lambda session, actor: campaigns.list_campaigns(session, actor, "customers"),
        lambda session, actor: campaigns.show_campaign(session, actor, "customers", campaign.id),
    )
    for act in acts:
        with shop.writing() as session, pytest.raises(Forbidden):
            act(session, viewer)
    for act in (*acts, *reads):
        with shop.writing() as session, pytest.raises(NotFound):
            act(session, shop.stranger)


def test_ids_of_another_team_do_not_work_under_ones_own_dataset(shop: Shop) -> None:
    campaign, key = create(shop), keys(shop)[0]
    with shop.writing() as session:
        tag = campaigns.tag_segment(session, shop.actor, "customers", campaign.id, key)
    theirs = Shop(shop.resources, shop.stranger, shop.actor)
    theirs.import_file("Id,Income\n1,5\n")
    own = create(theirs)
    with shop.writing() as session:
        with pytest.raises(NotFound):
            campaigns.show_campaign(session, shop.stranger, "customers", campaign.id)
        with pytest.raises(NotFound):
            campaigns.tag_segment(session, shop.stranger, "customers", own.id, key)
        with pytest.raises(NotFound):
            campaigns.untag_segment(session, shop.stranger, "customers", tag.id)
