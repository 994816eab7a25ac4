"""Addresses that are built are the ones that are understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.ui import places

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda name: name not in ("new", "home", ".", "..")
)


@given(team=NAMES, dataset=NAMES, page=NAMES, item=NAMES, version=st.integers(1, 99))
def test_what_is_built_is_read_back(team: str, dataset: str, page: str, item: str, version: int) -> None:
    path, _, search = places.address(team, dataset, page, item, v=version).partition("?")
    assert places.parse_path(path, f"?{search}") == places.Place(team, dataset, page, item, {"v": str(version)})


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (places.team_address("north"), places.Place("north")),
        (places.new_address("north"), places.Place("north", page="new")),
        (places.home_address("north", "c"), places.Place("north", "c")),
        (places.data_address("north", "c"), places.Place("north", "c", "data")),
        (places.import_address("north", "c", "7"), places.Place("north", "c", "imports", "7")),
        (places.segment_address("north", "c", "k"), places.Place("north", "c", "segments", "k")),
        (places.jobs_address("north", "c"), places.Place("north", "c", "jobs")),
    ],
)
def test_short_addresses(address: str, place: places.Place) -> None:
    assert places.parse_path(address) == place


def test_queries_leave_out_what_is_unknown() -> None:
    assert places.segment_address("n", "c", "k", version=3) == "/t/n/c/segments/k?v=3"
    assert places.segments_address("n", "c") == "/t/n/c/segments"
    assert places.customers_csv_address("n", "c", "k", version=2) == "/t/n/c/segments/k/customers.csv?v=2"


def test_a_name_with_a_slash_stays_one_part() -> None:
    assert places.data_address("n", "a/b") == "/t/n/a%2Fb/data"
