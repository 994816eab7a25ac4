"""Next best actions as pages show them: who may plan, and what a segment that somebody named looks like."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from segmentation.describing.actions import Action, ActionKind, next_actions
from tests.webapp.pages.segment_shop import DATASET, TEAM, Visitor, links, overview_of, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.ui.actions import action_list, actions_card

BUNDLES = Action(
    0, ActionKind.BUNDLES, "Test bundles on ", "", "Deal purchases 6.6 on average, the rest 2", "test bundles", ("deals",), 0.4
)
LESS = replace(BUNDLES, kind=ActionKind.WRITE_LESS, before="Write to ", after=" less often", plan="")


def plans(content: object) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(link).query) for link in links(content) if "new=1" in link]


def test_each_action_says_why_and_plans_a_campaign_for_its_segment(shop: Shop) -> None:
    overview = overview_of(shop)
    with shop.reading() as session:
        shown = action_list(Visitor(shop, MemberRole.MARKETER).view(session, "home"), overview, [BUNDLES])
    name, key = overview.styles[0].name, overview.styles[0].key
    assert words(shown).startswith(f"Test bundles on {name} Deal purchases 6.6 on average, the rest 2 Plan")
    assert plans(shown) == [{"new": ["1"], "segment": [key], "name": [f"{name}: test bundles"]}]
    assert f"/t/{TEAM}/{DATASET}/segments/{key}" in links(shown)


@pytest.mark.parametrize(("role", "action"), [(MemberRole.VIEWER, BUNDLES), (MemberRole.ADMIN, LESS)])
def test_there_is_no_button_for_who_cannot_plan_nor_for_doing_less(shop: Shop, role: MemberRole, action: Action) -> None:
    with shop.reading() as session:
        shown = action_list(Visitor(shop, role).view(session, "home"), overview_of(shop), [action])
    assert not plans(shown)
    assert "Deal purchases" in words(shown)


def test_a_name_that_looks_like_markup_is_text(shop: Shop) -> None:
    overview = overview_of(shop)
    styles = tuple(replace(style, name="<script>alert(1)</script>") for style in overview.styles)
    with shop.reading() as session:
        shown = action_list(Visitor(shop).view(session, "home"), replace(overview, styles=styles), [BUNDLES])
    assert "Test bundles on <script>alert(1)</script>" in words(shown)


def test_the_card_shows_what_the_library_advises_or_says_that_nothing_stands_out(shop: Shop) -> None:
    overview = overview_of(shop)
    advised = next_actions(overview.profiles)
    assert advised
    bare = tuple(replace(segment, differences=(), outcomes=()) for segment in overview.profiles.segments)
    with shop.reading() as session:
        view = Visitor(shop).view(session, "home")
        shown = words(actions_card(view, overview))
        empty = words(actions_card(view, replace(overview, profiles=replace(overview.profiles, segments=bare))))
    assert all(action.called(overview.styles[action.cluster].name) in shown for action in advised)
    assert "version 1's evidence" in shown
    assert "Nothing stands out" in empty
