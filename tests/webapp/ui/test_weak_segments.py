"""Which segments keep a version from being planned on as a whole, and what to do with them."""

from __future__ import annotations

import pytest

from webapp.ui.segments_ui import Holding, weak_segments_words

FIRM = [Holding("Big spenders", 0.4, 0.95), Holding("Deal seekers", 0.5, None)]


def test_the_segments_that_do_not_hold_are_named_with_what_to_do() -> None:
    found = [*FIRM, Holding("Wine lovers", 0.041, 0.62)]
    assert weak_segments_words("none", True, found) == (
        "What does not hold: Wine lovers (4.1% of customers, comes back 0.62 of 1). Plan on the other segments, and count those customers "
        "to their runner-up segments."
    )


@pytest.mark.parametrize(
    ("word", "separated", "found"),
    [
        ("useful", True, [*FIRM, Holding("Wine lovers", 0.041, 0.9)]),
        ("none", False, [*FIRM, Holding("Wine lovers", 0.041, 0.9)]),
        ("none", True, FIRM),
        ("none", True, [FIRM[0], Holding("A", 0.3, 0.5), Holding("B", 0.3, 0.5)]),
    ],
    ids=["a good verdict", "a shapeless whole", "nothing weak", "most of them weak"],
)
def test_else_nothing_is_added(word: str, separated: bool, found: list[Holding]) -> None:
    assert weak_segments_words(word, separated, found) == ""
