"""In which order the parts of order lines count."""

from __future__ import annotations

import pytest

from webapp.merging import MergeMode
from webapp.services.data.feeding import Feeding


@pytest.mark.parametrize(
    ("came", "counts"),
    [
        ("a b", "a b"),
        ("a b a", "b a"),
        ("a a", "a"),
        ("a b a+", "a b a+"),
        ("a b a+ b+ a+", "a b b+ a+"),
        ("a b a+ a", "b a"),
        ("a b c=", "c="),
        ("a= b a", "b a"),
    ],
)
def test_a_part_counts_where_it_came_last(came: str, counts: str) -> None:
    """`+` marks a file that only adds, `=` one that replaces."""
    modes: dict[str, MergeMode] = {"": "update", "+": "append", "=": "replace"}
    fed = Feeding("orders")
    for each in came.split():
        fed = Feeding("orders", fed.and_part(each[0], modes[each[1:]]))
    assert fed.parts == tuple((each[0], modes[each[1:]]) for each in counts.split())
