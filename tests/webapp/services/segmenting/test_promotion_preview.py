"""A preview says what the promotion then does."""

from __future__ import annotations

import pytest

from segmentation.lineage import Fate
from tests.webapp.working import Shop
from webapp.models import Champion, MemberRole
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.planning.campaign_life import archive_campaign
from webapp.services.planning.campaigns import create_campaign, list_campaigns
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import archive_audience, list_audiences, save_audience
from webapp.services.segmenting.lineages import show_lineage
from webapp.services.segmenting.promotion_preview import PromotionPreview, preview_promotion
from webapp.services.segmenting.segments import rename_segment, show_segment, show_segments

DATASET = "customers"


@pytest.fixture
def shop(imported_shop: Shop) -> Shop:
    """Version 1 with three segments is the champion; 2 has two."""
    for k in (3, 2):
        imported_shop.recluster(k=k)
    return imported_shop


def sizes(shop: Shop, version: int) -> dict[str, int]:
    with shop.reading() as session:
        overview = show_segments(session, shop.actor, DATASET, version=version)
        assert overview is not None
        return {style.key: each.size for style, each in zip(overview.styles, overview.profiles.segments, strict=True)}


def preview(shop: Shop, number: int = 2) -> PromotionPreview:
    with shop.reading() as session:
        return preview_promotion(session, shop.actor, DATASET, number)


def test_every_segment_of_either_version_stands_once_with_its_customers(shop: Shop) -> None:
    before, after = sizes(shop, 1), sizes(shop, 2)
    found = preview(shop)
    assert {each.style.key: (each.before, each.after) for each in found.segments} == {
        key: (before.get(key), after.get(key)) for key in before | after
    }
    assert {each.style.key for each in found.of("retired")} == before.keys() - after.keys()
    assert {each.style.key for each in found.of("new")} == after.keys() - before.keys()
    assert {each.style.key for each in found.of("continued")} == after.keys() & before.keys()
    assert found.of("retired")
    with shop.reading() as session:
        lineage = show_lineage(session, shop.actor, DATASET, 2)
    assert lineage is not None
    assert {(each.style, each.into) for each in found.of("retired")} == {
        (link.previous, link.current) for link in lineage.links if link.kind is Fate.MERGED
    }
    assert (found.champion, found.version, found.snapshots, found.unplaced) == (1, 2, (1, 1), (0, 0))


def test_live_campaigns_are_named_where_they_reach_others_and_it_comes_true(shop: Shop) -> None:
    gone = preview(shop).of("retired")[0].style
    stays = preview(shop).of("continued")[0]
    with shop.writing() as session:
        create_campaign(session, shop.actor, DATASET, name="Spring", channel="email", segments=[gone.key])
        create_campaign(session, shop.actor, DATASET, name="Both", channel="email", segments=[gone.key, stays.style.key])
        create_campaign(session, shop.actor, DATASET, name="Untagged", channel="email")
        create_campaign(session, shop.actor, DATASET, name="Over", channel="email", segments=[gone.key], status="done")
        put_away = create_campaign(session, shop.actor, DATASET, name="Away", channel="email", segments=[gone.key])
        archive_campaign(session, shop.actor, DATASET, put_away.id)
    touched = {each.name: each for each in preview(shop).campaigns}
    assert touched.keys() == {"Spring", "Both"}
    assert (touched["Spring"].after, touched["Spring"].retired) == (0, (gone.name,))
    with shop.writing() as session:
        promote_version(session, shop.actor, DATASET, 2)
    with shop.reading() as session:
        reached = {each.name: each.customers for each in list_campaigns(session, shop.actor, DATASET)}
    assert {name: each.after for name, each in touched.items()} == {name: reached[name] for name in touched}


def test_without_a_champion_everything_is_new(imported_shop: Shop) -> None:
    imported_shop.recluster(k=3)
    with imported_shop.writing() as session:
        for pointer in session.query(Champion):
            session.delete(pointer)
    found = preview(imported_shop, 1)
    assert (found.champion, found.unplaced[0], {each.fate for each in found.segments}) == (None, None, {"new"})


def test_it_is_for_those_who_may_promote(shop: Shop) -> None:
    for actor, error in ((shop.member(MemberRole.MARKETER), Forbidden), (shop.stranger, NotFound)):
        with shop.reading() as session, pytest.raises(error):
            preview_promotion(session, actor, DATASET, 2)


def test_live_audiences_of_segments_that_change_are_named_and_keep_their_customers(shop: Shop) -> None:
    gone, stays = preview(shop).of("retired")[0].style, preview(shop).of("continued")[0].style
    store = shop.resources.store
    with shop.writing() as session:
        for name, keys in (("Of both", f"{gone.key}|{stays.key}"), ("Gone", gone.key), ("Away", gone.key)):
            choice = Choice({"f": f"segment_key~in~{keys}"})
            made = save_audience(session, shop.actor, store, DATASET, choice, name=name)
        save_audience(session, shop.actor, store, DATASET, Choice({"f": "city~in~Leeds"}), name="Of Leeds")
        archive_audience(session, shop.actor, DATASET, made.id)
    named = {each.name: each for each in preview(shop).audiences}
    assert set(named) == {"Of both", "Gone"}
    assert (named["Gone"].retired, named["Gone"].changed, named["Gone"].customers) == ((gone.name,), (), sizes(shop, 1)[gone.key])
    moved = preview(shop).of("continued")[0]
    assert named["Of both"].changed == ((stays.name,) if moved.before != moved.after else ())
    with shop.writing() as session:
        promote_version(session, shop.actor, DATASET, 2)
        assert {each.name: each.size for each in list_audiences(session, shop.actor, DATASET)}["Gone"] == named["Gone"].customers


def test_a_name_that_stays_beside_other_evidence_is_said_so(shop: Shop) -> None:
    stays = preview(shop).of("continued")[0].style
    with shop.writing() as session:
        rename_segment(session, shop.actor, DATASET, stays.key, "Weekend families")
    with shop.reading() as session:
        evidence = show_segment(session, shop.actor, DATASET, stays.key, version=2).profile.name
    assert {each.style.key: each.evidence for each in preview(shop).segments}[stays.key] == evidence
    with shop.writing() as session:
        rename_segment(session, shop.actor, DATASET, stays.key, evidence)
    assert {each.style.key: each.evidence for each in preview(shop).segments}[stays.key] is None
    assert all(each.evidence is None for each in preview(shop).segments if each.fate != "continued")


def test_a_name_that_the_team_chose_is_no_news_where_the_evidence_says_what_it_said(shop: Shop) -> None:
    shop.recluster(k=3, seed=1)
    with shop.reading() as session:
        first, third = (show_segments(session, shop.actor, DATASET, version=number) for number in (1, 3))
    assert first is not None
    assert third is not None
    said = {style.key: profile.name for style, profile in zip(first.styles, first.profiles.segments, strict=True)}
    again = {style.key: profile.name for style, profile in zip(third.styles, third.profiles.segments, strict=True)}
    same = next(key for key in said if again.get(key) == said[key])
    with shop.writing() as session:
        rename_segment(session, shop.actor, DATASET, same, "Weekend families")
    assert {each.style.key: each.evidence for each in preview(shop, 3).segments}[same] is None
