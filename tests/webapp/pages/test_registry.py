"""Models: champion and challenger, live history, what a promotion would change, rollback, retention, model card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dash import dcc, html, no_update

from segmentation.palette import LIGHT
from segmentation.plots import FittedVersion, figures_over_versions
from tests.webapp.conftest import Prepared, copied, open_folder
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import ids, links, listed, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.edge import Display
from webapp.models import MemberRole
from webapp.pages import models
from webapp.pages.home.over_time import changes_card
from webapp.pages.models.ids import CHALLENGE, PIN, ROLL_BACK, WITHDRAW, Ids
from webapp.pages.models.pointers import end_words
from webapp.services.errors import Conflict, Forbidden, Invalid, ServiceError
from webapp.services.modelling import challengers, promotions, retention, versions
from webapp.services.modelling.promotions import Stretch
from webapp.services.planning.campaigns import create_campaign
from webapp.services.segmenting.promotion_preview import preview_promotion
from webapp.services.segmenting.segments import show_segments
from webapp.services.segmenting.traces import find_succession, list_traces
from webapp.ui.format import listing

DATASET = "customers"


@pytest.fixture(scope="module")
def fitted(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Version 2 is the champion after 1, 3 its challenger, 4 neither."""
    folder = tmp_path_factory.mktemp("registry")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(customers_csv((50, 50, 50)))
    for k, note in ((3, "The first"), (2, "<b>Fewer</b>"), (4, ""), (3, "")):
        shop.recluster(k=k, seed=k, note=note)
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, DATASET, 2, note="<i>Easier</i> to explain")
        challengers.set_challenger(session, shop.actor, DATASET, 3)
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture
def shop(fitted: Prepared, tmp_path: Path) -> Iterator[Shop]:
    with copied(fitted, tmp_path / "registry") as opened:
        yield opened


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    return hear(monkeypatch)


def seen(shop: Shop, item: str = "", role: MemberRole = MemberRole.ADMIN, *, narrow: bool = False) -> tuple[Any, Any, int | None]:
    with shop.reading() as session:
        path = f"{HERE}/models/{item}".rstrip("/")
        return models.show(replace(look(shop, session, path, role=role), display=Display(narrow=narrow)))


def buttons(content: Any, kind: str) -> list[int]:
    return [each["version"] for each in ids(content) if isinstance(each, dict) and each["type"] == kind]


def press(shop: Shop, kind: str, number: int = 0, champion: int | None = 2, role: MemberRole = MemberRole.ADMIN, **more: int) -> None:
    with shop.writing() as session:
        models.act(look(shop, session, f"{HERE}/models", role=role), {"type": kind, "version": number, **more}, champion)


def of(shop: Shop, number: int) -> versions.VersionSummary:
    with shop.reading() as session:
        return versions.show_version(session, shop.actor, DATASET, number)


def test_the_challenger_stands_beside_the_champion_with_its_figures(shop: Shop) -> None:
    body = seen(shop)[1]
    rows = [words(part) for part in walk(body) if isinstance(part, html.Tr)]
    champion, challenger = (of(shop, number).figures["silhouette"] for number in (2, 3))
    assert "Version 3 challenges version 2" in words(body)
    assert next(row for row in rows if row.startswith("Separation") and "Repeat" not in row).split()[1:] == [
        f"{champion:.2f}",
        f"{challenger:.2f}",
    ]
    assert buttons(body, WITHDRAW) == [0]
    press(shop, WITHDRAW)
    assert "challenges version" not in words(seen(shop)[1])


def test_badges_say_what_a_version_is(shop: Shop) -> None:
    rows = {words(part)[:2]: words(part) for part in walk(seen(shop)[1]) if isinstance(part, html.Tr) and "snapshot" in words(part)}
    assert [part for part in walk(seen(shop)[1]) if "sc-listed" in str(getattr(part, "className", ""))]
    assert "Champion" in rows["v2"]
    assert "Challenger" in rows["v3"]
    assert not {"Champion", "Challenger"} & set(rows["v1"].split())


def test_no_two_parts_of_the_page_have_one_name(shop: Shop) -> None:
    """The browser would answer neither of two buttons with the same."""
    for item in ("", "3"):
        named = [str(each) for each in ids(list(seen(shop, item)[:2]))]
        assert len(named) == len(set(named))


def test_buttons_are_for_those_who_may(shop: Shop) -> None:
    body = seen(shop)[1]
    assert (buttons(body, CHALLENGE), buttons(body, ROLL_BACK)) == ([4, 1], [1])
    for role in (MemberRole.VIEWER, MemberRole.MARKETER):
        assert not [each for each in ids(seen(shop, role=role)[1]) if isinstance(each, dict)]
        for kind in (CHALLENGE, ROLL_BACK, WITHDRAW, PIN):
            with pytest.raises(Forbidden):
                press(shop, kind, 4, role=role, pinned=1)


def test_one_click_rolls_back_and_says_to_which(shop: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    assert "Roll back to version 1" in words(seen(shop)[1])
    with pytest.raises(Conflict):
        press(shop, ROLL_BACK, 1, champion=4)
    press(shop, ROLL_BACK, 1)
    assert of(shop, 1).champion
    told = said[0][1]["children"]
    assert "Rolled back to version 1. Version 1 takes the place of version 2: " in words(told)
    assert f"{HERE}/models/2" in links(told), "the way back, where a note can say why"
    body = seen(shop)[1]
    assert buttons(body, ROLL_BACK) == []
    assert "by rollback" in words(body)


def test_why_it_was_rolled_back_is_said_afterwards(shop: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    assert "Save the reason" not in words(seen(shop)[1]), "a promotion was asked for its note"
    press(shop, ROLL_BACK, 1)
    assert "Save the reason" in words(seen(shop)[1])
    assert "Save the reason" not in words(seen(shop, role=MemberRole.VIEWER)[1])

    def save(note: str, *, champion: int = 1, role: MemberRole = MemberRole.ADMIN) -> None:
        with shop.writing() as session:
            models.save_why(look(shop, session, f"{HERE}/models", role=role), 1, note, champion)

    for refused in ({"champion": 2}, {"role": MemberRole.MARKETER}):
        with pytest.raises((Conflict, Forbidden)):
            save("Too few.", **refused)
    with pytest.raises(Invalid):
        save("  ")
    save("Too few segments.")
    body = words(seen(shop)[1])
    assert "Too few segments." in body
    assert "Save the reason" not in body
    with pytest.raises(Conflict, match="what was said stays"):
        save("Another reason.")


def test_the_live_history_is_a_band_and_a_table(shop: Shop) -> None:
    body = seen(shop)[1]
    band = next(part for part in walk(body) if getattr(part, "className", "") == "sc-live-band")
    assert [each.title.split(",")[0] for each in band.children] == ["Version 1", "Version 2"]
    assert [getattr(each, "className", None) for each in band.children] == [None, "now"]
    assert "Version 2 has been live for less than a minute" in words(body)
    assert "<i>Easier</i> to explain" in words(body)
    assert "Which version was live when, newest first" in listed(body)


def test_the_live_history_tells_the_time_of_days_with_several_moves() -> None:
    """On the team's clocks: half past eleven at night in London is the next day in Berlin."""
    ends = [datetime(2026, 11, *each, tzinfo=UTC) for each in ((20, 9, 0), (25, 23, 30), (26, 12, 5))]
    history = [Stretch(at + 1, since, until, "ann", "", False) for at, (since, until) in enumerate(pairwise([*ends, None]))]
    told = end_words(history, ZoneInfo("Europe/Berlin"))
    assert [told(end) for end in ends] == ["20 Nov 2026", "26 Nov 2026, 00:30", "26 Nov 2026, 13:05"]


def test_segments_that_lived_before_come_back_and_are_not_new(shop: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    with shop.reading() as session:
        back = preview_promotion(session, shop.actor, DATASET, 1).of("back")
        body = models.preview(look(shop, session, f"{HERE}/models"), 1)[0]
    assert back
    assert words(body).count("Came back") == len(back)
    press(shop, ROLL_BACK, 1)
    told = words(said[0][1]["children"])
    assert f"{len(back)} {'comes' if len(back) == 1 else 'come'} back" in told
    assert "new" not in told
    with shop.reading() as session:
        found, overview = find_succession(session, shop.actor, DATASET), show_segments(session, shop.actor, DATASET)
        assert overview is not None
        traces = list_traces(session, shop.actor, DATASET)
        assert traces is not None
        changed = words(changes_card(look(shop, session, HERE), traces, found, overview))
    assert f"came back: {listing([each.style.name for each in back])}" in changed
    assert "new" not in changed


def test_the_preview_says_what_the_promotion_then_does(shop: Shop) -> None:
    with shop.reading() as session:
        gone = preview_promotion(session, shop.actor, DATASET, 4).of("retired")
        stays = preview_promotion(session, shop.actor, DATASET, 4).segments[0].style
    with shop.writing() as session:
        create_campaign(session, shop.actor, DATASET, name="<b>Spring</b>", channel="email", segments=[stays.key])
    with shop.reading() as session:
        view = look(shop, session, f"{HERE}/models")
        assert models.preview(view, None) == (no_update, True, None)
        body, disabled, champion = models.preview(view, 4)
        found = preview_promotion(session, shop.actor, DATASET, 4)
    assert (disabled, champion) == (False, 2)
    rows = [words(part) for part in walk(body) if isinstance(part, html.Tr)]
    for change in found.segments:
        assert any(row.startswith(change.style.name) and str(change.after or "–") in row for row in rows)
    assert sum("Retired" in row for row in rows) == len(gone)
    assert sum("Most of its customers go to" in row for row in rows) == sum(each.into is not None for each in gone)
    assert any("<b>Spring</b>" in row for row in rows) is bool(found.campaigns)
    with shop.reading() as session, pytest.raises(ServiceError):
        models.preview(look(shop, session, f"{HERE}/models", role=MemberRole.MARKETER), 4)


def test_promotion_from_the_preview_is_told_where_the_champion_moved(shop: Shop) -> None:
    with shop.reading() as session:
        champion = models.preview(look(shop, session, f"{HERE}/models"), 4)[2]
    press(shop, ROLL_BACK, 1)
    with shop.writing() as session, pytest.raises(Conflict):
        models.promote(look(shop, session, f"{HERE}/models"), 1, 4, "", champion)


def test_a_version_without_segments_to_speak_of_is_said_so_before_it_is_promoted(shop: Shop) -> None:
    with shop.reading() as session:
        found = replace(preview_promotion(session, shop.actor, DATASET, 4), verdict="none")
    assert "not all of its segments can be planned on" in words(models.preview_body(found))
    assert "no segments here" not in words(models.preview_body(replace(found, verdict="useful")))


def test_names_that_stay_beside_other_evidence_stand_in_the_preview_with_what_it_says(shop: Shop) -> None:
    with shop.reading() as session:
        found = preview_promotion(session, shop.actor, DATASET, 4)
    first, *rest = (replace(each, evidence=None) for each in found.segments)
    body = words(models.preview_body(replace(found, segments=(replace(first, evidence="<i>Single</i> families"), *rest))))
    assert "1 name that stays says something else than the evidence of version 4. You can rename a segment on its page." in body
    assert "Its evidence alone says “<i>Single</i> families”" in body
    assert "rename" not in words(models.preview_body(replace(found, segments=(first, *rest))))


def test_what_would_be_removed_stands_there_before_it_is_saved(shop: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    assert "All versions are kept" in words(seen(shop)[1])
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/models")
        assert words(models.plan_keeping(view, "1")).startswith(
            "Nothing would be removed."
        )  # 4 newest, 3 challenger, 2 champion, 1 rollback
        challengers.withdraw_challenger(session, shop.actor, DATASET)
        planned = models.plan_keeping(view, "1")
        assert words(planned).startswith("Would be removed: v3")
        models.save_keeping(view, None, "1")
        assert retention.show_keeping(session, shop.actor, DATASET).keep is None
        models.save_keeping(view, 1, "1")
    assert "1 version will be removed" in words(said[0][1]["children"])
    run_jobs(shop.resources)
    body = seen(shop)[1]
    assert "Removed" in next(words(part) for part in walk(body) if isinstance(part, html.Tr) and words(part).startswith("v3"))
    head, page, _ = seen(shop, "3")
    assert "Removed on " in words(page)
    assert "To work with it, re-cluster with its settings and seed." in words(page)
    assert "Model card" in words(page)
    assert not [each for each in ids(head) if isinstance(each, dict)]


def test_a_version_is_kept_by_a_click_on_its_page(shop: Shop) -> None:
    assert buttons(seen(shop, "4")[0], PIN) == [4]
    press(shop, PIN, 4, pinned=1)
    assert of(shop, 4).pinned
    assert "Kept" in words(seen(shop, "4")[0])
    press(shop, PIN, 4, pinned=0)
    assert not of(shop, 4).pinned


def test_a_version_is_removed_on_its_page_unless_somebody_relies_on_it(shop: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    head, page, _ = seen(shop, "3")
    assert "Remove" in words(head)
    assert "Version 3 stays, because somebody relies on it: the challenger." in words(page)
    assert Ids.REMOVE not in ids(page)
    head, page, _ = seen(shop, "4")
    assert "Remove version 4?" in words(page)
    assert Ids.REMOVE in ids(page)
    for item, role in (("2", MemberRole.ADMIN), ("4", MemberRole.MARKETER)):
        assert Ids.REMOVE_OPEN not in ids(seen(shop, item, role)[0])
    with shop.writing() as session:
        view = look(shop, session, f"{HERE}/models/4")
        assert models.remove(view, None) is no_update
        models.remove(view, 1)
    assert of(shop, 4).status == "removed"
    assert "Version 4 is removed" in words(said[0][1]["children"])
    assert Ids.REMOVE_OPEN not in ids(seen(shop, "4")[0])


def test_the_page_of_a_version_holds_its_model_card(shop: Shop) -> None:
    _, body, _ = seen(shop, "2")
    assert "<b>Fewer</b>" in words(body)
    assert {f"{HERE}/models/2/card.html", f"{HERE}/models/2/card.md"} <= set(links(body))
    assert "Model card" in words(seen(shop, "2", MemberRole.VIEWER)[1])
    assert "Model card" not in words(seen(shop, "3", MemberRole.VIEWER)[1])


# ---- figures over versions ----

MADE = [
    FittedVersion(1, {"silhouette": 0.40, "silhouette_null": 0.2, "silhouette_error": 0.01, "stability_ari": 0.9, "smallest_share": 0.2}),
    FittedVersion(2, {"silhouette": 0.30, "silhouette_null": 0.2, "stability_ari": 0.9, "smallest_share": 0.2}, "champion"),
    FittedVersion(3, {"silhouette": 0.35, "silhouette_null": 0.2, "stability_ari": 0.8, "smallest_share": 0.1}, "challenger"),
]


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (MADE, "Version 3 separates segments better than version 2: 0.35 against 0.30"),
        (MADE[:2], "Version 2 separates segments less well than version 1: 0.30 against 0.40"),
        (
            [MADE[1], replace(MADE[2], figures={"silhouette": 0.31})],
            "Version 3 separates segments about as well as version 2: 0.31 against 0.30",
        ),
        ([MADE[0], FittedVersion(9, {})], "Figures of 2 versions"),
    ],
)
@pytest.mark.parametrize("narrow", [False, True])
def test_figures_over_versions_say_whether_the_newest_is_better(made: list[FittedVersion], title: str, narrow: bool) -> None:
    chart = figures_over_versions(made, theme=LIGHT, narrow=narrow)
    assert chart is not None
    assert chart.title == title
    assert list(chart.table["Version"]) == [f"v{each.number}" for each in made]


def test_figures_over_versions_are_those_of_the_versions_with_their_intervals(shop: Shop) -> None:
    chart = figures_over_versions(MADE, theme=LIGHT, narrow=False)
    assert chart is not None
    line = next(trace for trace in chart.figure.data if trace.mode == "lines+markers")
    assert list(line.y) == [0.40, 0.30, 0.35]
    assert list(line.error_y.array) == [0.01, 0.0, 0.0]
    assert list(line.marker.symbol) == ["circle", "circle", "circle-open"]
    assert figures_over_versions(MADE[:1], theme=LIGHT, narrow=False) is None
    assert "figures-over-versions-graph" in [part.id for part in walk(seen(shop)[1]) if isinstance(part, dcc.Graph)]
