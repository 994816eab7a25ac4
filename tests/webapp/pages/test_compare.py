"""Compare: which versions it takes, what it says of them, and its states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dash import html, no_update

from segmentation.lineage import Fate
from tests.webapp.looking import HERE, hear, look
from tests.webapp.months import counted
from tests.webapp.pages.segment_shop import links, listed, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.pages import compare
from webapp.pages.compare import correcting, parts
from webapp.pages.compare.parts import alike_words, matching_title
from webapp.services.errors import Forbidden, NotFound
from webapp.services.modelling import versions
from webapp.services.segmenting import compared, lineages
from webapp.services.segmenting.compared import VersionsCompared
from webapp.services.segmenting.movements import Uncounted
from webapp.ui import moving
from webapp.ui.format import day
from webapp.ui.terms import REPEATABILITY


@pytest.fixture
def shop(months_shop: Shop) -> Shop:
    return months_shop


def seen(shop: Shop, search: str = "") -> str:
    with shop.reading() as session:
        view = look(shop, session, f"{HERE}/compare", search=search)
        return words([compare.show_head(view), compare.show_body(view), compare.show_drift(view)])


def test_other_snapshots_are_counted_first_and_shown_then(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    said = hear(monkeypatch)
    assert "Not counted yet From version 1 (31 Jan 2026) to version 2 (28 Feb 2026)" in seen(shop)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/compare")
        assert moving.count_pressed(view, {"type": "compare-count", "before": "v1", "after": "v2"}) is not no_update
    assert said
    assert "Being counted" in seen(shop)
    run_jobs(shop.resources)
    text = seen(shop)
    assert "customers changed, and the model did" in text
    assert "149" in text or "customers of both in no segment" in text
    for part in ("How alike", "What became of it", "Figures side by side", "drifted beyond chance", "Shared information"):
        assert part in text


def test_one_snapshot_needs_no_counting_and_cannot_have_drifted(shop: Shop) -> None:
    shop.recluster(k=4)
    text = seen(shop, "?a=2&b=3")
    with shop.reading() as session:
        body = compare.show_body(look(shop, session, f"{HERE}/compare", search="?a=2&b=3"))
    assert listed(body) == ["What became of every segment"]
    assert "every difference is the model's" in text
    assert "so whatever differs is the model's doing" in text
    assert "v2" in text


def test_both_sides_have_their_segments_in_one_order_the_shared_ones_first(shop: Shop) -> None:
    shop.recluster(k=4)
    with shop.reading() as session:
        view = look(shop, session, f"{HERE}/compare", search="?a=3&b=2")
        found = compared.compare_versions(session, shop.actor, shop.resources.store, "customers", 3, 2)
        assert isinstance(found, VersionsCompared)
        later = replace(found.after, styles=found.after.styles[::-1])
        turned = replace(found, after=later, table=tuple(row[::-1] for row in found.table), matches=found.matches[::-1])
        flows, overlap = (each.figure for each in walk(parts.charts(view, turned)) if hasattr(each, "figure"))
        card = parts.matching_card(view, turned, None, None, lambda _: None)
    kept = [style.name for style in later.styles if style in found.before.styles]
    assert len(kept) > 1
    assert list(flows["data"][0]["node"]["customdata"])[: len(kept)] == kept
    assert all(name.startswith(said.rstrip("…")) for name, said in zip(kept, overlap["layout"]["yaxis"]["ticktext"], strict=False))
    diagonal = {each["text"] for each in overlap["layout"]["annotations"] if each["x"] == each["y"] < len(kept)}
    assert diagonal == {f"{each.shared:,}" for each in found.matches if each.fate is Fate.CONTINUED}
    assert {each["text"] for each in overlap["layout"]["annotations"]} == {f"{each:,}" for row in found.table for each in row}
    fates = [words(each) for each in walk(card) if "sc-badge" in str(getattr(each, "className", ""))]
    assert fates == sorted(fates, key=lambda each: each != "Continued")
    assert len(set(fates)) > 1


def test_every_figure_says_what_it_means(shop: Shop) -> None:
    counted(shop)
    text = seen(shop)
    assert REPEATABILITY.text in text
    assert "population stability index, PSI" in text
    with shop.reading() as session:
        view = look(shop, session, f"{HERE}/compare")
        content = [*compare.show_body(view), *compare.show_drift(view)]
    said = {words(part): getattr(part, "title", None) for part in walk(content) if isinstance(part, html.Th)}
    assert {"In sd", "PSI", "Chance gives", "What says so"} <= {head for head, title in said.items() if title}


def test_the_sides_are_the_champion_and_the_newest_unless_the_address_says_otherwise(shop: Shop) -> None:
    with shop.reading() as session:
        listed = versions.list_versions(session, shop.actor, "customers")

        def pair(search: str) -> tuple[int, int] | None:
            return compare.chosen_pair(look(shop, session, f"{HERE}/compare", search=search), listed)

        assert pair("") == (1, 2)
        assert pair("?a=2&b=1") == (2, 1)
        assert pair("?a=2") == (2, 1)
        assert pair("?b=2") == (1, 2)
        assert pair("?a=x&b=1") == (2, 1)
        assert compare.chosen_pair(look(shop, session, f"{HERE}/compare"), listed[1:]) is None


def test_all_measures_are_an_address_away(shop: Shop) -> None:
    shop.recluster(k=2)
    with shop.reading() as session:
        body = compare.show_body(look(shop, session, f"{HERE}/compare", search="?a=2&b=3"))
        more = next(link for link in links(body) if "all=1" in link)
        every = compare.show_body(look(shop, session, f"{HERE}/compare", search=f"?{more.partition('?')[2]}"))
    assert len(list(walk(every))) > len(list(walk(body)))


def test_versions_that_are_missing_or_not_ready_say_so(shop: Shop) -> None:
    assert "There is no version 9" in seen(shop, "?a=1&b=9")
    with shop.writing() as session:
        versions.request_recluster(session, shop.actor, "customers", k=3)
    assert "Version 3 is not ready yet" in seen(shop, "?a=1&b=3")


def test_one_version_is_not_enough(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv())
    assert "Nothing to compare yet" in seen(shop)
    shop.recluster(k=3)
    assert "A second version is needed" in seen(shop)


def test_strangers_find_nothing(shop: Shop) -> None:
    with shop.reading() as session:
        view = replace(look(shop, session, f"{HERE}/compare"), actor=shop.stranger)
        for body in (compare.show_head, compare.show_body, compare.show_drift):
            with pytest.raises(NotFound):
                body(view)


def test_viewers_are_shown_no_comparison(shop: Shop) -> None:
    counted(shop)
    with shop.reading() as session:
        view = look(shop, session, f"{HERE}/compare", role=MemberRole.VIEWER)
        for body in (compare.show_body, compare.show_drift):
            with pytest.raises(Forbidden):
                body(view)


@pytest.mark.parametrize(
    ("rand", "expected"), [(0.95, "almost the same"), (0.85, "much alike"), (0.7, "alike in the main"), (-0.1, "different")]
)
def test_agreement_in_words(rand: float, expected: str) -> None:
    assert alike_words(rand) == expected


def test_the_matches_are_counted_in_the_title(shop: Shop) -> None:
    counted(shop)
    text = seen(shop)
    assert "continued" in text
    assert matching_title((), {}) == ""


def test_a_person_says_which_segment_is_which_and_the_page_follows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(monkeypatch)
    counted(shop)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/compare", search="?a=1&b=2")
        assert "Accept or correct" in words(compare.show_body(view))
        lineage = lineages.show_lineage(session, shop.actor, "customers", 2)
        assert lineage is not None
        link = next(each for each in lineage.links if each.kind is Fate.CONTINUED)
        assert link.current is not None
        assert link.previous is not None
        assert "said so," not in words(compare.show_body(view))
        opened, form, version = correcting.open_dialog(view, {"type": "correct-open", "version": 2})
        assert (opened, version) == (True, 2)
        assert link.current.name in str(form)
        offered, chosen = correcting.goes_on_from(view, link.current.key, 2)
        assert (len(offered), chosen) == (len(lineage.choices) + 1, link.previous.key)
        assert correcting.correct(view, 1, link.current.key, "none", 2) == (False, "")
    with shop.reading() as session:
        found = compared.compare_versions(session, shop.actor, shop.resources.store, "customers", 1, 2)
        body = compare.show_body(look(shop, session, f"{HERE}/compare", search="?a=1&b=2"))
    assert not isinstance(found, Uncounted)
    rows = [words(part) for part in walk(body) if isinstance(part, html.Tr)]
    (told,) = (row for row in rows if f"{view.actor.name} said so, {day(datetime.now(UTC))}" in row)
    assert told.startswith("New")
    assert link.previous.key not in {match.after.key for match in found.matches if match.fate is Fate.CONTINUED and match.after}


def test_refusals_of_a_correction_stay_in_the_dialog(shop: Shop) -> None:
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/compare")
        stays, message = correcting.correct(view, 1, "nowhere", "none", 2)
        assert stays is no_update
        assert "no such segment" in message
        assert correcting.correct(view, None, None, None, None) == (no_update, no_update)
        assert correcting.open_dialog(view, None) == (no_update,) * 3
        assert correcting.goes_on_from(view, "nowhere", 2) == (no_update, no_update)


def test_marketers_and_unmatched_versions_have_nothing_to_correct(shop: Shop) -> None:
    shop.recluster(k=4)
    counted(shop)
    for search, role in (("?a=1&b=2", MemberRole.MARKETER), ("?a=2&b=3", MemberRole.ADMIN), ("?a=2&b=1", MemberRole.ADMIN)):
        with shop.reading() as session:
            assert "Accept or correct" not in words(compare.show_body(look(shop, session, f"{HERE}/compare", search=search, role=role)))


def test_what_somebody_said_is_taken_back_with_one_click(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    said = hear(monkeypatch)
    counted(shop)
    with shop.writing() as session:
        before = lineages.show_lineage(session, shop.actor, "customers", 2)
        assert before is not None
        link = next(each for each in before.links if each.kind is Fate.CONTINUED)
        assert link.current is not None
        lineages.correct_lineage(session, shop.actor, "customers", 2, link.current.key, continues=link.current.key)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/compare", search="?a=1&b=2")
        pressed = {"type": "correct-take-back", "version": 2, "segment": link.current.key}
        assert pressed in [getattr(part, "id", None) for part in walk(compare.show_body(view))]
        marketer = look(shop, session, f"{HERE}/compare", search="?a=1&b=2", role=MemberRole.MARKETER)
        assert "Take back" not in words(compare.show_body(marketer))
        correcting.take_back(view, pressed)
        assert lineages.show_lineage(session, shop.actor, "customers", 2) == before
        assert "Take back" not in words(compare.show_body(view))
        correcting.take_back(view, None)
    assert "Taken back" in str(said)


def test_a_segment_that_came_back_is_told_and_can_be_said_to_be_new(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 4 has again what version 1 had and the champion, version 3, has not."""
    hear(monkeypatch)
    shop.recluster(k=2, promote=True)
    shop.recluster(k=3, seed=4)
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/compare", search="?a=3&b=4")
        body = compare.show_body(view)
        assert "1 back" in words(body)
        (row,) = (words(part) for part in walk(body) if isinstance(part, html.Tr) and words(part).startswith("Back"))
        assert "is back: version 1 had it" in row
        lineage = lineages.show_lineage(session, shop.actor, "customers", 4)
        assert lineage is not None
        (key,) = (link.current.key for link in lineage.links if link.back is not None and link.current is not None)
        offered, chosen = correcting.goes_on_from(view, key, 4)
        assert (offered[0]["value"], chosen) == ("back", "back")
        assert offered[0]["label"].endswith("back from version 1")
        assert correcting.correct(view, 1, key, "back", 4) == (False, "")
        assert lineages.show_lineage(session, shop.actor, "customers", 4) == lineage
        assert correcting.correct(view, 1, key, "none", 4) == (False, "")
        after = lineages.show_lineage(session, shop.actor, "customers", 4)
    assert after is not None
    assert not any(link.back for link in after.links)
