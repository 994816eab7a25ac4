"""Slots and names of new segments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles
from segmentation.palette import SYMBOLS
from tests.webapp.working import Shop
from webapp.models import ModelVersion
from webapp.services.modelling import versions
from webapp.services.modelling.identities import Continuation, distinct_name, distinct_short_name, free_slot, segments_of, store_identities

SLOTS = st.sets(st.integers(1, 12))


@given(used=SLOTS, retired=SLOTS)
def test_a_free_slot_is_nobody_elses_and_fresh_where_one_is(used: set[int], retired: set[int]) -> None:
    slot = free_slot(used, retired)
    drawn = set(range(1, len(SYMBOLS) + 1))
    assert slot not in used
    if drawn - used - retired:
        assert slot == min(drawn - used - retired)
    elif drawn - used:
        assert slot == min(drawn - used)
    else:
        assert slot > len(SYMBOLS)


def test_a_new_segment_takes_no_look_that_one_long_gone_may_need_again() -> None:
    assert free_slot({1, 2}, {3}, {4}) == 5
    assert free_slot({1, 2}, {3}, set(range(1, 9))) == 4, "unless all are remembered"


@given(name=st.text(min_size=1, max_size=120), taken=st.sets(st.text(min_size=1, max_size=120).map(str.casefold)))
def test_a_distinct_name_is_not_taken_and_fits(name: str, taken: set[str]) -> None:
    for _ in range(3):
        found = distinct_name(name, taken)
        assert found.casefold() not in taken
        assert len(found) <= 120
        taken = taken | {found.casefold()}


@given(short=st.text(min_size=1, max_size=40), name=st.text(min_size=1, max_size=120), times=st.integers(1, 6))
def test_a_distinct_short_name_is_not_taken_and_fits(short: str, name: str, times: int) -> None:
    taken: set[str] = set()
    for _ in range(times):
        found = distinct_short_name(short, name, taken)
        assert found.casefold() not in taken
        assert len(found) <= 40
        taken.add(found.casefold())


def test_a_short_name_that_is_taken_gives_way_to_the_name_then_to_a_number() -> None:
    taken = {"high-spending"}
    assert distinct_short_name("Frequent", "Frequent visitors", taken) == "Frequent"
    assert distinct_short_name("High-spending", "High-spending families", taken) == "High-spending families"
    assert distinct_short_name("High-spending", "High-spending", taken) == "High-spending 2"


def test_new_segments_are_not_called_for_short_as_those_that_the_version_keeps(imported_shop: Shop) -> None:
    shop = imported_shop
    shop.recluster(k=3)
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3, anyway=True)
        first, pending = session.scalars(select(ModelVersion).order_by(ModelVersion.number))
        found = from_json(Profiles, first.profiles).segments
        kept = segments_of(session, shop.actor, first.id)[0]
        profiles = [replace(each, name=f"Name {at}", short_name=kept.short_name) for at, each in enumerate(found)]
        pairs = {0: 0} | dict.fromkeys(range(1, len(profiles)))
        store_identities(session, shop.actor, pending, profiles, Continuation(first.id, pairs), datetime.now(UTC))
        called = [each.short_name for each in segments_of(session, shop.actor, pending.id).values()]
    assert called == [kept.short_name, *(f"Name {at}" for at in range(1, len(profiles)))]


def test_no_new_segment_is_called_as_one_that_a_champion_had(imported_shop: Shop) -> None:
    """The first champion's segments, of which the version that the new one is compared to has none any more."""
    shop = imported_shop
    shop.recluster(k=3)
    shop.recluster(k=2)
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3, anyway=True)
        first, second, pending = session.scalars(select(ModelVersion).order_by(ModelVersion.number))
        remembered = {each.name for each in segments_of(session, shop.actor, first.id).values()}
        profiles = [replace(each, name=name) for each, name in zip(from_json(Profiles, first.profiles).segments, remembered, strict=True)]
        pairs = dict.fromkeys(range(len(profiles)))
        store_identities(session, shop.actor, pending, profiles, Continuation(second.id, pairs), datetime.now(UTC))
        called = {each.name for each in segments_of(session, shop.actor, pending.id).values()}
    assert called == {f"{name} 2" for name in remembered}


def test_the_first_of_a_name_keeps_it() -> None:
    assert distinct_name("Big spenders", set()) == "Big spenders"
    assert distinct_name("Big spenders", {"big spenders", "big spenders 2"}) == "Big spenders 3"
