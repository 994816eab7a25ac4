"""Themes and marks: distinct pairs, exact values, contrast of text and edges."""

from __future__ import annotations

import pytest

from segmentation.palette import DARK, LIGHT, SLOTS, SYMBOLS, Theme, colour_index, symbol, theme


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted([luminance(first), luminance(second)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_theme_is_found_by_name() -> None:
    assert theme("light") is LIGHT
    assert theme("dark") is DARK
    with pytest.raises(ValueError, match="'light' or 'dark'"):
        theme("sepia")


def test_first_eight_slots_pair_colour_and_symbol_in_order() -> None:
    assert [symbol(slot) for slot in range(1, 9)] == list(SYMBOLS)
    assert [colour_index(slot) for slot in range(1, 9)] == list(range(8))
    assert (LIGHT.fill[0], LIGHT.fill[7], DARK.fill[1]) == ("#0072b2", "#767676", "#e9a61a")


def test_no_pair_of_colour_and_symbol_comes_twice() -> None:
    pairs = {(colour_index(slot), symbol(slot)) for slot in range(1, SLOTS + 1)}
    assert len(pairs) == SLOTS >= 20


@pytest.mark.parametrize("slot", [0, -1, SLOTS + 1])
def test_slots_outside_the_list_are_refused(slot: int) -> None:
    with pytest.raises(ValueError, match="Slots run from 1"):
        symbol(slot)
    with pytest.raises(ValueError, match="Slots run from 1"):
        colour_index(slot)


@pytest.mark.parametrize("each", [LIGHT, DARK], ids=lambda each: each.name)
def test_text_and_edges_stand_out_from_the_surface(each: Theme) -> None:
    for text in (each.font, each.ink, each.ticks, *each.label):
        assert contrast(text, each.surface) >= 4.5
    for edge in (*each.edge, each.rest):
        assert contrast(edge, each.surface) >= 3


@pytest.mark.parametrize("each", [LIGHT, DARK], ids=lambda each: each.name)
def test_every_list_has_a_colour_for_each_symbol(each: Theme) -> None:
    assert len(each.fill) == len(each.edge) == len(each.label) == len(SYMBOLS)
    assert len(set(each.fill)) == len(SYMBOLS)
    assert [stop for stop, _ in each.diverging][2] == 0.5
