"""Segments of earlier champions that come back: over a detour, under people's words, and never alike another one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from segmentation.lineage import Fate
from tests.webapp.conftest import Prepare
from tests.webapp.followed import campaign, correct, keys, opened, promote, read, tag, take_back
from tests.webapp.working import Shop
from webapp.edge import Resources
from webapp.models import ModelVersion, Segment, VersionStatus
from webapp.services.segmenting import segment_history, segments
from webapp.services.segmenting.segment_history import Happening


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    """Three segments of 70, 50 and 30 customers, the champion."""
    return prepare_sqlite(opened)


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
