"""How the segments of a version follow those before it, in words; the word of a person, which stays; and what becomes of tags."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from segmentation.lineage import Fate
from tests.webapp.conftest import Prepare
from tests.webapp.followed import campaign, correct, keys, opened, promote, read, tag, take_back
from tests.webapp.working import Shop
from webapp.models import AuditEvent, LineageCorrection, MemberRole, ModelVersion
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.segmenting import lineages, segment_history, segments
from webapp.services.segmenting.segment_history import Happening


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    """Three segments of 70, 50 and 30 customers, the champion."""
    return prepare_sqlite(opened)


@pytest.fixture
def shop_on_both(prepare: Prepare) -> Shop:
    return prepare(opened)


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
