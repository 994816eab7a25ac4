"""Slots and names of new segments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segmentation.palette import SYMBOLS
from webapp.services.modelling.identities import distinct_name, free_slot

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


@given(name=st.text(min_size=1, max_size=120), taken=st.sets(st.text(min_size=1, max_size=120).map(str.casefold)))
def test_a_distinct_name_is_not_taken_and_fits(name: str, taken: set[str]) -> None:
    for _ in range(3):
        found = distinct_name(name, taken)
        assert found.casefold() not in taken
        assert len(found) <= 120
        taken = taken | {found.casefold()}


def test_the_first_of_a_name_keeps_it() -> None:
    assert distinct_name("Big spenders", set()) == "Big spenders"
    assert distinct_name("Big spenders", {"big spenders", "big spenders 2"}) == "Big spenders 3"
