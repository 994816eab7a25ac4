"""What a team makes of a segment on its page: words, colour and symbol, notes, and the time line of all that happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from dash import no_update

from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, ids, links, overview_of, walk, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.pages import segment as page
from webapp.pages.segment import history, look, profile, rename
from webapp.pages.segment.ids import Ids
from webapp.services.segmenting import segments


@pytest.fixture
def key(shop: Shop) -> str:
    """The first segment's key."""
    return overview_of(shop).styles[0].key


def test_a_description_of_the_teams_own_stands_above_what_the_evidence_says(shop: Shop, key: str) -> None:
    with shop.writing() as session:
        assert rename.rename(Visitor(shop).view(session, "segments", key), 1, "", "They come back.")[0] is False
    with shop.reading() as session:
        head = words(page.show_head(Visitor(shop).view(session, "segments", key)))
        persona = segments.show_segment(session, shop.actor, DATASET, key).profile.persona
    assert head.index("They come back.") < head.index(persona)
    with shop.writing() as session:
        answer = rename.rename(Visitor(shop).view(session, "segments", key), 1, "Friends", "x" * 601)
    assert answer[0] is no_update
    assert "600" in answer[2]
    assert overview_of(shop).styles[0].name != "Friends"  # nothing of a refused form is stored


@pytest.mark.parametrize(("role", "able"), [(MemberRole.MARKETER, False), (MemberRole.ANALYST, True)])
def test_colour_and_symbol_are_changed_by_those_who_name_segments(shop: Shop, key: str, role: MemberRole, able: bool) -> None:
    with shop.reading() as session:
        head = page.show_head(Visitor(shop, role).view(session, "segments", key))
    assert (Ids.LOOK_OPEN in ids(head)) is able


def test_the_choice_of_a_look_says_what_each_means_and_swaps(shop: Shop, key: str) -> None:
    other = overview_of(shop).styles[1]
    with shop.reading() as session:
        opened, fields = look.open_look(Visitor(shop).view(session, "segments", key), 1)
        radios = next(part for part in walk(fields) if getattr(part, "id", None) == Ids.LOOK_CHOICE)
    said = {option["value"]: words(option["label"]) for option in radios.options}
    assert opened
    assert said[1] == "Blue circle now"
    assert said[2] == f"Orange square swaps with {other.name}"
    assert said[8] == "Grey hourglass free"
    with shop.writing() as session:
        assert look.choose_look(Visitor(shop).view(session, "segments", key), 1, 2) == (False, 2)
    assert [style.slot for style in overview_of(shop).styles[:2]] == [2, 1]


@pytest.mark.parametrize("slot", [None, "2", True])
def test_no_choice_of_a_look_changes_nothing(shop: Shop, key: str, slot: Any) -> None:
    with shop.writing() as session:
        look.choose_look(Visitor(shop).view(session, "segments", key), 1, slot)
    assert [style.slot for style in overview_of(shop).styles] == [1, 2, 3]


def history_of(shop: Shop, key: str, role: MemberRole = MemberRole.ADMIN) -> list[Any]:
    with shop.reading() as session:
        return page.show_tab(Visitor(shop, role).view(session, "segments", key, tab="history"))


def test_the_time_line_begins_where_the_segment_was_found(shop: Shop, key: str) -> None:
    content = history_of(shop, key)
    size = overview_of(shop).profiles.segments[0].size
    assert f"First found in version 1 , with {size} customers" in words(content)
    assert f"/t/{TEAM}/{DATASET}/models/1" in links(content)


def test_notes_are_text_and_their_author_can_remove_them(shop: Shop, key: str) -> None:
    hostile = "<img src=x onerror=alert(1)>\n=1+1"
    with shop.writing() as session:
        value, error, changed = history.add_note(Visitor(shop, MemberRole.MARKETER).view(session, "segments", key), 1, hostile)
    assert (value, error) == ("", "")
    remove = {"type": Ids.NOTE_REMOVE, "note": changed}
    assert remove in ids(history_of(shop, key, MemberRole.MARKETER))
    viewed = history_of(shop, key, MemberRole.VIEWER)
    quoted = [part.children for part in walk(viewed) if getattr(part, "className", "") == "sc-quoted"]
    assert quoted == [hostile]
    assert remove not in ids(viewed)
    assert Ids.NOTE_FORM not in ids(viewed)
    with shop.writing() as session:
        history.remove_note(Visitor(shop).view(session, "segments", key), remove)
    assert "A note was removed" in words(history_of(shop, key))


def test_an_empty_note_is_refused_at_its_field(shop: Shop, key: str) -> None:
    with shop.writing() as session:
        value, error, changed = history.add_note(Visitor(shop).view(session, "segments", key), 1, "  ")
    assert value is no_update
    assert changed is no_update
    assert "600" in error


def test_a_name_can_be_restored_from_the_time_line(shop: Shop, key: str) -> None:
    before = overview_of(shop).styles[0].name
    with shop.writing() as session:
        segments.rename_segment(session, shop.actor, DATASET, key, "Friends")
    content = history_of(shop, key)
    assert f"Renamed from “{before}” to “Friends”" in words(content)
    (pressed,) = [id for id in ids(content) if isinstance(id, dict) and id["type"] == Ids.RESTORE]
    assert pressed not in ids(history_of(shop, key, MemberRole.MARKETER))
    with shop.writing() as session:
        history.restore(Visitor(shop).view(session, "segments", key), pressed)
    assert overview_of(shop).styles[0].name == before
    assert pressed not in ids(history_of(shop, key))  # it is called that already


def test_the_border_leads_those_who_see_customers_to_them(shop: Shop, key: str) -> None:
    detail_border = replace(overview_of(shop).profiles.segments[0], border=3)
    with shop.reading() as session:
        view, viewer = (Visitor(shop, role).view(session, "segments", key) for role in (MemberRole.MARKETER, MemberRole.VIEWER))
        detail = replace(page.read_segment(view), profile=detail_border)
        found = page.head.border_address(view, detail, page.where_of(view))
        assert page.head.border_address(viewer, detail, page.where_of(viewer)) is None
    assert found is not None
    assert f"segment_key~in~{key}*confidence~le~0.5999" in unquote(found)


def test_a_figure_that_cannot_be_drawn_says_so_in_its_own_card(shop: Shop, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any, **_options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(profile.PLOTS, Ids.MIX, fails)
    with shop.reading() as session:
        differences, _, mix = page.profile.show_figures(Visitor(shop).view(session, "segments", key))
    assert "This chart could not be drawn" in words(mix)
    assert "Try again" in words(mix)
    assert "could not be drawn" not in words(differences)
