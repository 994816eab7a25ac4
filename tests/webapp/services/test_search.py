"""Search: what fits, in which order, and what nobody else's search finds."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole, ModelVersion, Segment, VersionSegment
from webapp.services.errors import NotFound
from webapp.services.modelling.promotions import promote_version
from webapp.services.planning import campaigns
from webapp.services.search import MOST, Found, best, search_everything
from webapp.services.segmenting import segments
from webapp.services.segmenting.audience_choices import Choice
from webapp.services.segmenting.audiences import archive_audience, save_audience


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv())
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


def find(shop: Shop, text: str, *, role: MemberRole = MemberRole.ADMIN, dataset: str | None = "customers") -> Found:
    with shop.reading() as session:
        return search_everything(session, shop.member(role), dataset, text)


def plan(shop: Shop, *names: str) -> None:
    with shop.writing() as session:
        for name in names:
            campaigns.create_campaign(session, shop.actor, "customers", name=name, channel="email")


def freeze(shop: Shop, *names: str) -> list[str]:
    """Audiences of those names over everybody; their ids."""
    with shop.writing() as session:
        return [save_audience(session, shop.actor, shop.resources.store, "customers", Choice({}), name=name).id for name in names]


def first_key(shop: Shop) -> str:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
    assert overview is not None
    return overview.styles[0].key


def rename(shop: Shop, name: str) -> str:
    key = first_key(shop)
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, "customers", key, name)
    return key


def test_the_same_name_comes_first_then_beginnings_then_the_rest(shop: Shop) -> None:
    plan(shop, "Late spring", "Offspring", "Springtime", "Spring", "Autumn")
    assert [hit.name for hit in find(shop, "spring").campaigns] == ["Spring", "Springtime", "Late spring", "Offspring"]


def test_signs_that_databases_read_as_anything_are_letters(shop: Shop) -> None:
    plan(shop, "100% cotton", "100 days", "a_b", "aXb")
    assert [hit.name for hit in find(shop, "100%").campaigns] == ["100% cotton"]
    assert [hit.name for hit in find(shop, "a_b").campaigns] == ["a_b"]
    assert find(shop, "%").customers == ()
    assert find(shop, "_").customers == ()
    assert find(shop, "\\").customers == ()


@pytest.mark.parametrize("text", ["", "  ", "\x00", "\n\t"])
def test_nothing_asked_finds_nothing(shop: Shop, text: str) -> None:
    assert find(shop, text) == Found()


def test_characters_that_a_database_cannot_hold_are_left_out(shop: Shop) -> None:
    assert find(shop, "1\x007").customers == ()
    assert find(shop, "17\x00").customers[0] == "17"


def test_case_and_accents_do_not_matter(shop: Shop) -> None:
    plan(shop, "Café-Wochen ÜBER")
    assert [hit.name for hit in find(shop, "uber cafe").campaigns] == ["Café-Wochen ÜBER"]


def test_audiences_are_found_by_name_in_every_role_live_ones_first(shop: Shop) -> None:
    gone, live = freeze(shop, "Spring mail", "Spring mail of Leeds")
    with shop.writing() as session:
        archive_audience(session, shop.actor, "customers", gone)
    for role in MemberRole:
        found = find(shop, "spring mail", role=role).audiences
        assert [(hit.id, hit.live) for hit in found] == [(gone, False), (live, True)], "the same name comes first"
    assert [hit.id for hit in find(shop, "spring").audiences] == [live, gone]
    assert find(shop, "autumn").audiences == ()


def test_a_group_has_five_hits_at_most(shop: Shop) -> None:
    plan(shop, *(f"Mail {number}" for number in range(MOST + 3)))
    assert len(find(shop, "mail").campaigns) == MOST


def test_customers_are_found_by_the_beginning_of_their_key_for_roles_that_see_rows(shop: Shop) -> None:
    assert find(shop, "17", role=MemberRole.MARKETER).customers == ("17", "170", "171", "172", "173")
    assert find(shop, "17", role=MemberRole.VIEWER).customers == ()
    assert find(shop, "Leeds").customers == ()  # what else is known of them is not looked at


def test_keys_are_found_without_regard_to_case(shop: Shop) -> None:
    shop.import_file("Id,Income\nAb-1,5\nab-2,6\n", dataset="Letters")
    assert find(shop, "AB", dataset="letters").customers == ("Ab-1", "ab-2")


def test_a_segment_is_found_by_its_own_name_and_by_that_from_evidence(shop: Shop) -> None:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
    assert overview is not None
    evident = overview.styles[0].name
    key = rename(shop, "Loyal friends")
    for text in ("loyal", evident):
        assert (key, "Loyal friends") in {(hit.style.key, hit.style.name) for hit in find(shop, text).segments}
    assert find(shop, "loyal").segments[0].version is None


def test_a_segment_that_the_champion_has_not_says_which_version_has_it(shop: Shop) -> None:
    rename(shop, "Old friends")
    shop.recluster(k=2)
    [hit] = find(shop, "old friends").segments
    assert (hit.version, hit.earlier) == (None, False)  # version 1 is still the champion
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 2)
        segment = session.scalars(select(Segment.id).where(Segment.chosen_name == "Old friends")).one()
        second = session.scalars(select(ModelVersion.id).where(ModelVersion.number == 2)).one()
        session.execute(delete(VersionSegment).where(VersionSegment.version_id == second, VersionSegment.segment_id == segment))
    [hit] = find(shop, "old friends").segments
    assert (hit.version, hit.earlier) == (1, True)
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 1)
        session.execute(delete(VersionSegment).where(VersionSegment.version_id != second, VersionSegment.segment_id == segment))
        session.add(VersionSegment(version_id=second, cluster=7, team_id=shop.actor.team_id, segment_id=segment, size=1))
    [hit] = find(shop, "old friends").segments
    assert (hit.version, hit.earlier) == (2, False)


def test_a_segment_that_cannot_be_opened_is_not_found(shop: Shop) -> None:
    rename(shop, "Gone")
    with shop.writing() as session:
        session.execute(delete(VersionSegment))
    assert find(shop, "gone").segments == ()


def test_datasets_are_found_from_everywhere_and_the_rest_only_in_a_dataset(shop: Shop) -> None:
    plan(shop, "Customers' day")
    found = find(shop, "customers", dataset=None)
    assert [hit.slug for hit in found.datasets] == ["customers"]
    assert found.campaigns == found.segments == found.customers == found.audiences == ()


def test_another_team_finds_nothing_and_cannot_name_the_dataset(shop: Shop) -> None:
    plan(shop, "Secret plan")
    with shop.reading() as session:
        assert search_everything(session, shop.stranger, None, "customers") == Found()
        with pytest.raises(NotFound):
            search_everything(session, shop.stranger, "customers", "secret")


def test_a_second_dataset_of_the_same_team_keeps_its_own(shop: Shop) -> None:
    plan(shop, "Secret plan")
    freeze(shop, "Secret list")
    shop.import_file("Id,Income\nx1,5\n", dataset="Other")
    found = find(shop, "secret", dataset="other")
    assert (found.campaigns, found.audiences, find(shop, "17", dataset="other").customers) == ((), (), ())


def test_every_word_has_to_fit() -> None:
    names = ["Young web browsers", "Web buyers", "Browsers"]
    assert best(names, lambda name: [name], "web brow") == ["Young web browsers"]
    assert best(names, lambda name: [name], "nothing") == []
