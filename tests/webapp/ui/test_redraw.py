"""Redrawing: a whole is another only where something beside its parts is, and its parts are found by their ids."""

from __future__ import annotations

from dash import html, no_update

from webapp.ui.components import button
from webapp.ui.redraw import outline, part_id, redrawn

NAME, COUNT = part_id("head", "name"), part_id("head", "count")


def head(name: str = "Loyal", count: int = 1, act: str = "Rename") -> html.Div:
    return html.Div(
        [html.H1(name, id=NAME), button(act, id="act"), html.Nav([html.A(["Tags ", html.Span(count, id=COUNT)], href="/tags")])]
    )


def test_what_stands_in_parts_makes_no_other_whole() -> None:
    assert outline(head("New", 5), "/here") == outline(head(), "/here")
    assert outline(head(act="Tag"), "/here") != outline(head(), "/here")
    assert outline(head(), "/there") != outline(head(), "/here")


def test_parts_come_in_the_order_that_they_are_asked_for_and_unknown_ones_stay() -> None:
    assert redrawn(head("New", 5), [COUNT, NAME, part_id("head", "gone"), part_id("other", "name"), "x"]) == [5, "New", *[no_update] * 3]
