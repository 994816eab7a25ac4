"""How the segments of a version follow those before it, in words; the word of a person, which stays; and what becomes of tags."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from segmentation.lineage import Fate
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import AuditEvent, LineageCorrection, MemberRole, ModelVersion, Segment, VersionStatus
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling import promotions
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting import lineages, segment_history, segments
from webapp.services.segmenting.lineages import VersionLineage
from webapp.services.segmenting.segment_history import Happening

FILE = customers_csv((70, 50, 30))


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    """Three segments of 70, 50 and 30 customers, the champion."""
    return prepare_sqlite(opened)


@pytest.fixture
def shop_on_both(prepare: Prepare) -> Shop:
    return prepare(opened)


def opened(resources: Resources) -> Shop:
    shop = open_shop(resources)
    shop.import_file(FILE)
    shop.recluster(k=3)
    return shop


def keys(shop: Shop, version: int) -> dict[str, int]:
    """Segments of a version with their sizes, in cluster order."""
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers", version=version)
    assert overview is not None
    return {style.key: profile.size for style, profile in zip(overview.styles, overview.profiles.segments, strict=True)}


def read(shop: Shop, version: int) -> VersionLineage:
    with shop.reading() as session:
        found = lineages.show_lineage(session, shop.actor, "customers", version)
    assert found is not None
    return found


def correct(shop: Shop, version: int, key: str, continues: str | None) -> VersionLineage:
    with shop.writing() as session:
        return lineages.correct_lineage(session, shop.actor, "customers", version, key, continues=continues)


def promote(shop: Shop, number: int) -> None:
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, "customers", number)


def tag(shop: Shop, name: str, key: str) -> None:
    with shop.writing() as session:
        campaigns.create_campaign(session, shop.actor, "customers", name=name, channel="email", segments=[key])


def campaign(shop: Shop, name: str) -> CampaignSummary:
    with shop.reading() as session:
        return next(each for each in campaigns.list_campaigns(session, shop.actor, "customers") if each.name == name)


def test_a_first_version_follows_none(shop: Shop) -> None:
    with shop.reading() as session:
        assert lineages.show_lineage(session, shop.actor, "customers", 1) is None
    with pytest.raises(Conflict, match="nothing to correct"):
        correct(shop, 1, next(iter(keys(shop, 1))), None)


def test_the_lineage_says_in_words_what_became_of_every_segment(shop_on_both: Shop) -> None:
    shop = shop_on_both
    shop.recluster(k=3, seed=4)
    lineage = read(shop, 2)
    assert (lineage.version, lineage.reference) == (2, 1)
    assert {link.kind for link in lineage.links} == {Fate.CONTINUED}
    assert {style.key for style in lineage.choices} == set(keys(shop, 1)) == set(keys(shop, 2))
    sizes = keys(shop, 1)
    for link in lineage.links:
        assert link.current is not None
        assert link.current == link.previous
        assert link.text == f"{link.current.name}: {link.shared} of its {sizes[link.current.key]} customers are in it again."
    shop.recluster(k=2)
    merged = next(link for link in read(shop, 3).links if link.kind is Fate.MERGED)
    assert merged.current is not None
    assert merged.previous is not None
    assert merged.text.startswith(f"{merged.previous.name} was merged into {merged.current.name}: ")
    shop.recluster(k=4)
    split = next(link for link in read(shop, 4).links if link.kind is Fate.SPLIT)
    assert split.current is not None
    assert split.previous is not None
    assert split.text.startswith(f"{split.current.name} was split off from {split.previous.name}: ")


def test_a_correction_gives_the_segment_to_another_cluster_and_the_other_one_its_own(shop: Shop) -> None:
    shop.recluster(k=3, seed=4)
    first, second, third = keys(shop, 2)
    lineage = correct(shop, 2, first, second)
    after = list(keys(shop, 2))
    assert (after[0], after[2]) == (second, third)
    assert after[1] not in keys(shop, 1)
    assert [link.by for link in lineage.links[:3]] == ["person", "customers", "customers"]
    assert (lineage.links[0].corrected_by, lineage.links[1].kind) == (shop.actor.name, Fate.SPLIT)
    assert len(set(after)) == 3
    with shop.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "version.lineage_corrected")).one()
        assert event.subject == "customers/2"
        assert event.details == {"segment": first, "continues": second, "before": first, "followed": [2]}
    correct(shop, 2, second, first)
    assert list(keys(shop, 2)) == [first, after[1], third]
    correct(shop, 2, after[1], second)
    assert list(keys(shop, 2)) == [first, second, third], "all as it was found"


def test_a_cluster_that_was_its_own_returns_to_what_it_was(shop: Shop) -> None:
    shop.recluster(k=4)
    split = next(link for link in read(shop, 2).links if link.kind is Fate.SPLIT)
    assert split.current is not None
    assert split.previous is not None
    before = list(keys(shop, 2))
    correct(shop, 2, split.current.key, split.previous.key)
    assert split.current.key not in keys(shop, 2)
    correct(shop, 2, split.previous.key, None)
    assert keys(shop, 2).keys() >= {split.current.key}
    assert list(keys(shop, 2))[before.index(split.current.key)] == split.current.key


def test_to_accept_what_was_found_is_to_say_it(shop: Shop) -> None:
    shop.recluster(k=3, seed=4)
    key = next(iter(keys(shop, 2)))
    lineage = correct(shop, 2, key, key)
    assert lineage.links[0].by == "person"
    assert list(keys(shop, 2)) == [link.current.key for link in lineage.links if link.current]
    with shop.reading() as session:
        assert len(session.scalars(select(LineageCorrection)).all()) == 1


def test_versions_made_before_and_after_the_correction_follow(shop: Shop) -> None:
    shop.recluster(k=3, seed=4, promote=True)
    shop.recluster(k=3, seed=5, promote=True)
    sizes = keys(shop, 2)
    first, second, _ = sizes
    swapped = {second if key == first else key for key in sizes}
    correct(shop, 2, first, second)
    by_size = {size: key for key, size in keys(shop, 3).items()}
    assert by_size[sizes[first]] == second, "made before: it was compared to version 2"
    correct(shop, 2, next(key for key in keys(shop, 2) if key not in swapped), first)
    assert {size: key for key, size in keys(shop, 3).items()} == {size: key for key, size in keys(shop, 2).items()}
    shop.recluster(k=3, seed=6)
    assert {size: key for key, size in keys(shop, 4).items()} == {size: key for key, size in keys(shop, 2).items()}


def test_the_same_question_is_answered_as_the_person_did(shop: Shop) -> None:
    """Version 2 was corrected and never promoted: version 3 is compared to version 1 again, and asks the same."""
    shop.recluster(k=3, seed=4)
    sizes = keys(shop, 2)
    first, second, _ = sizes
    correct(shop, 2, first, second)
    shop.recluster(k=3, seed=5)
    lineage = read(shop, 3)
    assert lineage.reference == 1
    by_size = {size: key for key, size in keys(shop, 3).items()}
    assert by_size[sizes[first]] == second
    assert [link.current.key for link in lineage.links if link.by == "person" and link.current] == [second]


def test_who_may_correct_and_what(shop: Shop) -> None:
    shop.recluster(k=3, seed=4)
    key = next(iter(keys(shop, 2)))
    for actor, refusal in (
        (shop.member(MemberRole.MARKETER), Forbidden),
        (shop.stranger, NotFound),
    ):
        with shop.writing() as session, pytest.raises(refusal):
            lineages.correct_lineage(session, actor, "customers", 2, key, continues=None)
    with shop.reading() as session, pytest.raises(Forbidden):
        lineages.show_lineage(session, shop.member(MemberRole.VIEWER), "customers", 2)
    for wrong in ({"key": "nothing", "continues": key}, {"key": key, "continues": "nothing"}):
        with pytest.raises(Invalid):
            correct(shop, 2, **wrong)


def test_a_merged_segment_keeps_its_tags_and_the_one_that_took_it_in_has_them_too(shop: Shop) -> None:
    tags = {f"For {key}": key for key in keys(shop, 1)}
    for name, key in tags.items():
        tag(shop, name, key)
    shop.recluster(k=2, promote=True)
    merged = next(link for link in read(shop, 2).links if link.kind is Fate.MERGED)
    assert merged.previous is not None
    assert merged.current is not None
    [kept] = campaign(shop, f"For {merged.previous.key}").tags
    assert (kept.segment_key, kept.retired, kept.retired_with, kept.merged) == (merged.previous.key, True, 2, True)
    assert [each.key for each in kept.successors] == [merged.current.key]
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        detail = segments.show_segment(session, shop.actor, "customers", merged.current.key)
    assert overview is not None
    assert overview.tags[merged.current.key] == 2
    assert overview.took_in == {merged.current.key: (merged.previous,)}
    assert {each.name for each in detail.campaigns} == {f"For {merged.current.key}", f"For {merged.previous.key}"}
    assert campaign(shop, f"For {merged.previous.key}").customers == 0, "a successor is offered, never assumed"


def test_a_split_keeps_tags_on_its_largest_part(shop: Shop) -> None:
    tags = {f"For {key}": key for key in keys(shop, 1)}
    for name, key in tags.items():
        tag(shop, name, key)
    shop.recluster(k=4, promote=True)
    split = next(link for link in read(shop, 2).links if link.kind is Fate.SPLIT)
    assert split.current is not None
    assert split.previous is not None
    sizes = keys(shop, 2)
    assert sizes[split.previous.key] >= sizes[split.current.key]
    for name, key in tags.items():
        [kept] = campaign(shop, name).tags
        assert (kept.segment_key, kept.retired, kept.customers) == (key, False, sizes[key])
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
    assert overview is not None
    assert overview.split_from == {split.current.key: split.previous}


def test_what_became_of_a_segment_is_told_across_versions_and_rollback_takes_it_back(shop: Shop) -> None:
    shop.recluster(k=4, promote=True)
    split = next(link for link in read(shop, 2).links if link.kind is Fate.SPLIT)
    assert split.current is not None
    assert split.previous is not None
    tag(shop, "Parts", split.current.key)
    shop.recluster(k=3, seed=1, promote=True)
    shop.recluster(k=3, seed=2, promote=True)
    [kept] = campaign(shop, "Parts").tags
    assert (kept.retired, kept.retired_with, kept.merged) == (True, 3, True)
    assert [each.key for each in kept.successors] == [split.previous.key]
    promote(shop, 2)
    [kept] = campaign(shop, "Parts").tags
    assert (kept.retired, kept.retired_with, kept.successors) == (False, None, ())


def test_the_history_of_a_segment_tells_where_it_came_from_and_what_it_took_in(shop: Shop) -> None:
    shop.recluster(k=4, promote=True)
    split = next(link for link in read(shop, 2).links if link.kind is Fate.SPLIT)
    shop.recluster(k=3, seed=1, promote=True)
    assert split.current is not None
    assert split.previous is not None
    with shop.reading() as session:
        part = segment_history.show_history(session, shop.actor, "customers", split.current.key)
        whole = segment_history.show_history(session, shop.actor, "customers", split.previous.key)
    told = {(entry.what, entry.version): entry for entry in (*part, *whole)}
    assert told[Happening.SPLIT_OFF, 2].after == split.previous.name
    assert told[Happening.MERGED, 3].after == split.previous.name
    assert told[Happening.TOOK_IN, 3].after == split.current.name
    assert (Happening.FOUND, 2) not in told


def take_back(shop: Shop, version: int, key: str) -> VersionLineage:
    with shop.writing() as session:
        return lineages.take_back_correction(session, shop.actor, "customers", version, key)


def test_a_correction_that_is_taken_back_leaves_what_was_found(shop_on_both: Shop) -> None:
    """The segment that lost its name to the correction has it again, and what was found has nobody's word on it."""
    shop = shop_on_both
    shop.recluster(k=3, seed=4)
    found, (first, second, third) = read(shop, 2), keys(shop, 2)
    correct(shop, 2, first, second)
    assert take_back(shop, 2, second) == found
    assert list(keys(shop, 2)) == [first, second, third]
    with pytest.raises(Conflict, match="nothing to take back"):
        take_back(shop, 2, first)
    with shop.reading() as session:
        assert session.scalars(select(LineageCorrection)).all() == []
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "version.lineage_taken_back")).one()
        assert (event.actor, event.subject, event.details) == (shop.actor.name, "customers/2", {"segment": second, "followed": [2]})


def test_other_words_stand_when_one_is_taken_back(shop: Shop) -> None:
    shop.recluster(k=3, seed=4)
    first, second, third = keys(shop, 2)
    correct(shop, 2, third, None)
    own = list(keys(shop, 2))[2]
    correct(shop, 2, first, second)
    lineage = take_back(shop, 2, second)
    assert list(keys(shop, 2)) == [first, second, own]
    assert [link.by for link in lineage.links[:3]] == ["customers", "customers", "person"]
    take_back(shop, 2, own)
    assert list(keys(shop, 2)) == [first, second, third]


def test_versions_made_since_follow_what_is_taken_back(shop: Shop) -> None:
    shop.recluster(k=3, seed=4, promote=True)
    shop.recluster(k=3, seed=5, promote=True)
    found = keys(shop, 3)
    first, second, _ = keys(shop, 2)
    correct(shop, 2, first, second)
    assert keys(shop, 3) != found
    take_back(shop, 2, second)
    assert keys(shop, 3) == found


def test_what_a_fit_found_and_nobody_kept_cannot_be_restored(shop: Shop) -> None:
    """As in a version that was corrected before corrections could be taken back."""
    shop.recluster(k=3, seed=4)
    first, second, _ = keys(shop, 2)
    correct(shop, 2, first, second)
    with shop.writing() as session:
        version = session.scalars(select(ModelVersion).where(ModelVersion.number == 2)).one()
        version.lineage = {name: value for name, value in version.lineage.items() if name != "found"}
    with pytest.raises(Conflict, match="not known any more"):
        take_back(shop, 2, second)
    assert next(iter(keys(shop, 2))) == second


def test_who_may_take_back(shop: Shop) -> None:
    shop.recluster(k=3, seed=4)
    first, second, _ = keys(shop, 2)
    correct(shop, 2, first, second)
    for actor, refusal in ((shop.member(MemberRole.MARKETER), Forbidden), (shop.stranger, NotFound)):
        with shop.writing() as session, pytest.raises(refusal):
            lineages.take_back_correction(session, actor, "customers", 2, second)
    with pytest.raises(Invalid):
        take_back(shop, 2, "nothing")


def opened_after_a_detour(resources: Resources) -> Shop:
    """A champion of two segments between one of three and version 3, which has three again."""
    shop = opened(resources)
    shop.recluster(k=2, promote=True)
    shop.recluster(k=3, seed=4)
    return shop


@pytest.fixture
def detour(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(opened_after_a_detour)


@pytest.fixture
def detour_on_both(prepare: Prepare) -> Shop:
    return prepare(opened_after_a_detour)


def missing(shop: Shop, version: int) -> str:
    """The one segment of version 1 that the other version does not have."""
    (key,) = keys(shop, 1).keys() - keys(shop, version).keys()
    return key


def back(shop: Shop, version: int = 3) -> dict[str, int]:
    """The segments that came back with a version, with the versions that had them."""
    return {link.current.key: link.back for link in read(shop, version).links if link.current is not None and link.back is not None}


def test_a_segment_of_an_earlier_champion_comes_back_with_its_customers(detour_on_both: Shop) -> None:
    """After a detour over a champion that had not got it; then the team goes back to the first one, and everything is what it was."""
    shop = detour_on_both
    key, sizes = missing(shop, 2), keys(shop, 1)
    tag(shop, "Theirs", key)
    assert keys(shop, 3) == sizes
    link = next(each for each in read(shop, 3).links if each.current is not None and each.current.key == key)
    assert (link.kind, link.back, link.by) == (Fate.SPLIT, 1, "customers")
    assert link.current is not None
    size = f"{sizes[key]} of its {sizes[key]}"
    assert link.text == f"{link.current.name} is back: version 1 had it, and {size} customers then are in it again."
    assert back(shop) == {key: 1}
    promote(shop, 3)
    [kept] = campaign(shop, "Theirs").tags
    assert (kept.segment_key, kept.retired, kept.customers) == (key, False, sizes[key])
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        told = {(entry.what, entry.version) for entry in segment_history.show_history(session, shop.actor, "customers", key)}
    assert overview is not None
    assert (overview.back, overview.split_from) == ({key: 1}, {})
    assert {(Happening.FOUND, 1), (Happening.MERGED, 2), (Happening.CAME_BACK, 3)} <= told
    promote(shop, 1)
    assert keys(shop, 1) == sizes


def test_what_was_found_beside_the_champions_does_not_come_back(shop: Shop) -> None:
    """Nobody ever worked with the segments of a version that was never promoted."""
    shop.recluster(k=4)
    shop.recluster(k=4, seed=4)
    own = [keys(shop, number).keys() - keys(shop, 1).keys() for number in (2, 3)]
    assert all(own)
    assert not own[0] & own[1]


def test_it_comes_back_from_the_last_champion_that_had_it(detour: Shop) -> None:
    key = missing(detour, 2)
    promote(detour, 3)
    detour.recluster(k=2, seed=1, promote=True)
    detour.recluster(k=3, seed=5)
    assert back(detour, 5) == {key: 3}


def test_nothing_comes_back_from_a_champion_whose_labels_are_gone(shop: Shop) -> None:
    shop.recluster(k=2, promote=True)
    gone = missing(shop, 2)
    with shop.writing() as session:
        session.scalars(select(ModelVersion).where(ModelVersion.number == 1)).one().status = VersionStatus.REMOVED
    shop.recluster(k=3, seed=4)
    assert back(shop) == {}
    assert gone not in keys(shop, 3)


def test_a_person_says_that_nothing_came_back_and_takes_that_back(detour_on_both: Shop) -> None:
    shop = detour_on_both
    key, found = missing(shop, 2), keys(shop, 3)
    link = next(each for each in correct(shop, 3, key, None).links if each.by == "person")
    assert link.current is not None
    assert (link.back, link.current.key in keys(shop, 1)) == (None, False)
    assert back(shop) == {}
    shop.recluster(k=3, seed=5)
    assert back(shop, 4) == {}, "the same question has the same answer"
    take_back(shop, 3, link.current.key)
    assert keys(shop, 3) == found
    assert back(shop) == {key: 1}


def test_what_came_back_can_be_said_to_go_on_from_the_version_before(detour: Shop) -> None:
    key, found = missing(detour, 2), keys(detour, 3)
    other = next(iter(keys(detour, 2)))
    correct(detour, 3, key, other)
    assert keys(detour, 3)[other] == found[key]
    assert key not in keys(detour, 3)
    take_back(detour, 3, other)
    assert keys(detour, 3) == found


def test_what_came_back_follows_the_champion_that_had_it(shop: Shop) -> None:
    """The second version's part is corrected after the fourth had found it again; a word taken back leaves all as it was."""
    shop.recluster(k=4, promote=True)
    shop.recluster(k=3, seed=1, promote=True)
    shop.recluster(k=4)
    (part,) = keys(shop, 2).keys() - keys(shop, 1).keys()
    whole = next(link.previous.key for link in read(shop, 2).links if link.kind is Fate.SPLIT and link.previous)
    found = {number: keys(shop, number) for number in (2, 3, 4)}
    assert back(shop, 4) == {part: 2}
    correct(shop, 2, part, whole)
    assert keys(shop, 4)[whole] == found[4][part]
    assert set(keys(shop, 4)) == set(keys(shop, 2))
    assert whole not in keys(shop, 3), "the one that had its customers became another one"
    take_back(shop, 2, whole)
    assert {number: keys(shop, number) for number in (2, 3, 4)} == found


def test_no_version_has_a_segment_twice(detour: Shop) -> None:
    """The version before is said to have had the segment all along: then it is continued, and what came back is one of its own."""
    key, found = missing(detour, 2), keys(detour, 3)
    taken = next(each for each in keys(detour, 2) if keys(detour, 2)[each] != found.get(each))
    correct(detour, 2, taken, key)
    assert keys(detour, 3)[key] == found[taken]
    assert len(keys(detour, 3)) == len(found)
    assert back(detour) == {}
    take_back(detour, 2, key)
    assert keys(detour, 3) == found


def test_what_comes_back_takes_another_look_where_its_own_was_given_away(detour: Shop) -> None:
    """The champion's segments keep theirs, and the history tells of the change."""
    key = missing(detour, 2)
    other = next(iter(keys(detour, 2)))
    with detour.writing() as session:
        rows = {row.key: row for row in session.scalars(select(Segment))}
        rows[other].slot = rows[key].slot
    detour.recluster(k=3, seed=5)
    assert back(detour, 4) == {key: 1}
    with detour.reading() as session:
        overview = segments.show_segments(session, detour.actor, "customers", version=4)
        told = segment_history.show_history(session, detour.actor, "customers", key)
    assert overview is not None
    slots = {style.key: style.slot for style in overview.styles}
    assert len(set(slots.values())) == len(slots)
    assert slots[other] == rows[other].slot
    assert Happening.RECOLOURED in {entry.what for entry in told}
