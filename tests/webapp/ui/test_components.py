"""Parts of pages: what screen readers get, and that colour never stands alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dash import dcc, html

import webapp
from segmentation import palette
from tests.webapp.pages.segment_shop import walk, words
from webapp.ui import components, forms, tables

ASSETS = Path(webapp.__file__).parent / "assets"


def test_a_page_has_one_heading_and_its_primary_action_last() -> None:
    head = components.page_head("Models", "Two versions.", [None, components.button("Other"), components.button("Main", kind="primary")])
    assert [part.children for part in walk(head) if isinstance(part, html.H1)] == ["Models"]
    assert [part.children for part in walk(head) if isinstance(part, html.Button)][-1] == ["Main"]


def test_where_one_is_ends_in_the_page_itself() -> None:
    trail = [
        part
        for part in walk(components.page_head("x", crumbs=[("Data", "/d"), ("Import", None)]))
        if isinstance(part, dcc.Link | html.Span)
    ]
    assert trail[0].href == "/d"
    assert trail[1].to_plotly_json()["props"]["aria-current"] == "page"


@pytest.mark.parametrize("tone", ["good", "warn", "bad", "info"])
def test_a_coloured_badge_has_an_icon_and_a_word(tone: components.Tone) -> None:
    shown = components.badge("Word", tone)
    assert any(isinstance(part, html.I) for part in walk(shown))
    assert words(shown) == "Word"


def test_pairs_of_colour_and_symbol_are_distinct_and_match_the_figures() -> None:
    pairs = [(components.slot_class(slot), components.symbol_class(slot)) for slot in range(1, palette.SLOTS + 1)]
    assert len(set(pairs)) == palette.SLOTS
    for slot, (colour, symbol) in enumerate(pairs, start=1):
        assert colour == f"s{palette.colour_index(slot) + 1}"
        assert palette.SYMBOLS[int(symbol[1:]) - 1] == palette.symbol(slot)


def test_every_symbol_and_colour_has_its_style() -> None:
    marks, tokens = (ASSETS / "ui_marks.css").read_text(), (ASSETS / "tokens.css").read_text()
    for place in range(1, len(palette.SYMBOLS) + 1):
        assert re.search(rf"^\.m{place} {{ --m-edge: url\(.*--m-fill: url\(", marks, re.MULTILINE)
        assert f".s{place} {{" in tokens


def test_a_verdict_says_which_reasons_speak_for_it() -> None:
    shown = components.segment_verdict("none", "No natural segments", "Why.", [(True, "one"), (False, "two")])
    assert shown.className == "sc-verdict neutral"
    labels = [part.to_plotly_json()["props"].get("aria-label") for part in walk(shown) if isinstance(part, html.I)]
    assert labels[1:] == ["For", "Against"]


def test_a_download_is_a_plain_link_and_a_page_is_not() -> None:
    assert isinstance(components.button("CSV", href="/x.csv", download=""), html.A)
    assert isinstance(components.button("Data", href="/t/n/c/data"), dcc.Link)


def test_share_bars_are_on_one_scale() -> None:
    widths = [part.style["width"] for part in walk(components.bar_pair(0.25, 0.5, 1)) if isinstance(part, html.I)]
    assert widths == ["25.0%", "50.0%"]
    assert "spend" not in words(components.bar_pair(0.25, None, 1))


def test_fields_are_labelled_and_say_what_is_optional() -> None:
    shown = forms.field("Why", forms.text_input("why"), help_text="Kept.", error_id="why-error", optional=True)
    label = next(part for part in walk(shown) if isinstance(part, html.Label))
    assert words(label).split() == ["Why", "(optional)"]
    assert any(getattr(part, "id", None) == "why" for part in walk(label))
    assert any(getattr(part, "role", None) == "alert" for part in walk(shown))


def test_tables_align_numbers_and_mark_rows() -> None:
    columns: list[tables.Column[int]] = [tables.Column("Name", str), tables.Column("Amount", str, numeric=True, wide=True)]
    shown = tables.table(columns, [1, 2, 3], caption="Things", pick=lambda item: item == 2, look=lambda item: item == 3)
    rows = [part for part in walk(shown) if isinstance(part, html.Tr)]
    assert [row.className for row in rows[1:]] == [None, "pick", "look"]
    assert [cell.className for cell in rows[1].children] == [None, "num sc-hide-sm"]
    assert next(part for part in walk(shown) if isinstance(part, html.Caption)).children == "Things"


def test_a_listed_table_shows_all_of_a_row_on_a_phone_beside_the_heads() -> None:
    columns = [tables.Column("Name", str), tables.Column("Size", str, numeric=True, wide=True), tables.Column("Acts", str, hide_head=True)]
    shown = tables.table(columns, ["a"], caption="Things", listed=True)
    cells = [part for part in walk(shown) if isinstance(part, html.Td)]
    assert [getattr(cell, "data-label", None) for cell in cells] == ["Name", "Size", None]
    assert not [cell for cell in cells if "sc-hide-sm" in (getattr(cell, "className", None) or "")]
    assert "sc-listed" in next(part for part in walk(shown) if isinstance(part, html.Table)).className.split()


def test_a_meter_stays_in_its_bar() -> None:
    assert [part.style for part in walk(tables.meter(1.7, "170%")) if isinstance(part, html.I)] == [{"width": "100.0%"}]
