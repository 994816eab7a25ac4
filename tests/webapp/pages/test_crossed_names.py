"""Where names crossed, pages say so and offer the names that the evidence says."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update
from sqlalchemy import select

from tests.webapp.pages.segment_shop import DATASET, Visitor, ids, overview_of, words
from tests.webapp.working import Shop
from webapp.models import MemberRole, Segment
from webapp.pages import compare, home
from webapp.pages import segment as page
from webapp.pages.segment import history
from webapp.services.segmenting import segment_history, segments
from webapp.services.segmenting.segment_history import Happening
from webapp.ui import evidence_names


@pytest.fixture
def crossed(shop: Shop) -> Shop:
    """The first two segments have each other's name by what a version before said."""
    first, second, _ = overview_of(shop).styles
    with shop.writing() as session:
        known = {each.key: each for each in session.scalars(select(Segment))}
        known[first.key].name, known[second.key].name = second.name, first.name
    return shop


def names(shop: Shop) -> list[str]:
    return [style.name for style in overview_of(shop).styles]


def evidence(shop: Shop) -> list[str]:
    return [each.name for each in overview_of(shop).profiles.segments]


def button_for(at: str, version: int, segment: str = "") -> dict[str, Any]:
    return {"type": f"{at}-names-open", "version": version, "segment": segment}


def seen_home(shop: Shop, role: MemberRole = MemberRole.ADMIN) -> Any:
    with shop.reading() as session:
        return home.show_home(Visitor(shop, role).view(session, "home"))[0]


@pytest.mark.parametrize(("role", "able"), [(MemberRole.VIEWER, False), (MemberRole.MARKETER, False), (MemberRole.ANALYST, True)])
def test_home_says_it_to_everybody_and_offers_it_to_who_may(crossed: Shop, role: MemberRole, able: bool) -> None:
    content, (a, b, _) = seen_home(crossed, role), evidence(crossed)
    assert f"The evidence of version 1 calls {b} “{a}” and {a} “{b}”." in words(content)
    assert (button_for("home", 1) in ids(content)) is able
    assert (evidence_names.WHO in words(content)) is not able


def test_names_that_are_what_the_evidence_says_need_no_hint(shop: Shop) -> None:
    assert "have crossed" not in words(seen_home(shop))


def test_names_that_the_team_chose_all_of_are_as_it_wants_them(shop: Shop) -> None:
    (first, second, _), (a, b, _) = overview_of(shop).styles, evidence(shop)
    for key, name in ((first.key, "Between"), (second.key, a), (first.key, b)):
        with shop.writing() as session:
            segments.rename_segment(session, shop.actor, DATASET, key, name)
    assert "have crossed" not in words(seen_home(shop))


def test_compare_says_it_of_both_versions_and_offers_it_for_the_later_one(crossed: Shop) -> None:
    crossed.recluster(k=3, seed=4)
    with crossed.reading() as session:
        body = compare.show_body(Visitor(crossed).view(session, "compare", a="1", b="2"))
    assert words(body).count("Names of segments have crossed") == 2
    assert button_for("compare", 2) in ids(body)
    assert button_for("compare", 1) not in ids(body)


def test_the_dialog_shows_every_change_and_makes_it(crossed: Shop, said: list[Any]) -> None:
    a, b, c = evidence(crossed)
    key = overview_of(crossed).styles[0].key
    with crossed.writing() as session:
        view = Visitor(crossed).view(session, "segments", key)
        head = page.show_head(view)
        assert "the name of another segment of this version" in words(head)
        assert button_for("segment", 1, key) in ids(head)
        is_open, body, _, seen = evidence_names.open_names(view, button_for("segment", 1, key))
        assert is_open is True
        assert f"{b} {a} {a} {b}" in words(body)
        assert "your team chose" not in words(body)
        assert evidence_names.use_names(view, 1, seen) == (False, "")
    assert names(crossed) == [a, b, c]
    assert "2 segments have the name that the evidence says" in words(said)
    with crossed.reading() as session:
        view = Visitor(crossed).view(session, "segments", key)
        assert evidence_names.open_names(view, button_for("segment", 1, key)) == (no_update,) * 4
    assert "by now" in words(said)


def test_the_dialog_says_which_names_the_team_chose_and_that_the_champion_shows_them_too(crossed: Shop) -> None:
    crossed.recluster(k=3, seed=4)
    third = overview_of(crossed).styles[2].key
    with crossed.writing() as session:
        segments.rename_segment(session, crossed.actor, DATASET, third, "Weekend families")
        _, body, _, _ = evidence_names.open_names(Visitor(crossed).view(session, "compare"), button_for("compare", 2, third))
    assert "1 name that would go is one that your team chose" in words(body)
    assert "Weekend families Chosen by your team" in words(body)
    assert "Version 1, the champion, shows them too" in words(body)


def test_a_refusal_stays_in_the_dialog(crossed: Shop) -> None:
    with crossed.writing() as session:
        view = Visitor(crossed).view(session, "home")
        _, _, _, seen = evidence_names.open_names(view, button_for("home", 1))
        segments.rename_segment(session, crossed.actor, DATASET, overview_of(crossed).styles[1].key, "Regulars")
        is_open, message = evidence_names.use_names(view, 1, seen)
    assert is_open is no_update
    assert "Somebody changed one of these names meanwhile" in message
    assert names(crossed)[1] == "Regulars"


def test_history_tells_the_act_and_takes_all_of_it_back(crossed: Shop) -> None:
    before, key = names(crossed), overview_of(crossed).styles[0].key
    with crossed.writing() as session:
        view = Visitor(crossed).view(session, "segments", key, tab="history")
        _, _, _, seen = evidence_names.open_names(view, button_for("home", 1))
        evidence_names.use_names(view, 1, seen)
    a, b, _ = evidence(crossed)
    with crossed.writing() as session:
        view = Visitor(crossed).view(session, "segments", key, tab="history")
        tab = words(page.show_tab(view))
        assert f"Renamed from “{b}” to “{a}”, and in the same act “{a}” to “{b}”" in tab
        assert "Restore 2 names" in tab
        entries = segment_history.show_history(session, crossed.actor, DATASET, key)
        entry = next(each for each in entries if each.what is Happening.RENAMED)
        assert history.restore(view, {"type": "segment-restore", "at": entry.at.isoformat()}) is not no_update
    assert names(crossed) == before
