"""Models: versions, the report of one, and promotion."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import dcc, html, no_update
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import column, select, update

from segmentation.describing.bands import stability_band
from segmentation.palette import SegmentStyle
from tests.webapp.conftest import Prepared, copied, open_folder
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Display, Resources, View
from webapp.models import MemberRole, ModelVersion
from webapp.pages import home, models
from webapp.pages.models.figures import stability_title
from webapp.services.errors import Conflict, Forbidden, NotFound
from webapp.services.modelling import versions
from webapp.services.segmenting import segments
from webapp.services.segmenting.segments import SegmentStability
from webapp.ui import frame


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What bodies set beside their answer."""
    return hear(monkeypatch)


@pytest.fixture(scope="module")
def fitted(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("fitted")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(customers_csv())
    shop.recluster(k=3)
    shop.recluster(k=2)
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture
def two(fitted: Prepared, tmp_path: Path) -> Iterator[Shop]:
    """Version 1 is the champion, version 2 a candidate."""
    with copied(fitted, tmp_path / "fitted") as shop:
        yield shop


def seen(shop: Shop, item: str = "", role: MemberRole = MemberRole.ADMIN, *, narrow: bool = False) -> tuple[Any, Any, int | None]:
    with shop.reading() as session:
        path = f"{HERE}/models/{item}".rstrip("/")
        return models.show(replace(look(shop, session, path, role=role), display=Display(narrow=narrow)))


def picked(content: Any) -> list[str]:
    return [words(part) for part in walk(content) if getattr(part, "className", None) == "pick"]


def test_without_a_version_the_next_step_is_offered(shop: Shop) -> None:
    shop.import_file(customers_csv())
    _, body, champion = seen(shop)
    assert "No version yet" in words(body)
    assert champion is None
    assert [name["at"] for name in ids(body) if isinstance(name, dict)] == ["models"]


def test_the_champion_and_its_verdict_are_shown(two: Shop) -> None:
    head, body, champion = seen(two)
    with two.reading() as session:
        report = versions.show_report(session, two.actor, "customers", 1)
    assert champion == 1
    assert "2 versions. Your team works with version 1." in words(head)
    assert report.verdict.headline in words(body)
    assert "v1" in picked(body)[-1]
    assert "Champion" in picked(body)[-1]


def test_every_version_leads_to_its_page(two: Shop) -> None:
    _, body, _ = seen(two)
    assert {f"{HERE}/models/1", f"{HERE}/models/2"} <= set(links(body))


def test_the_page_of_a_version_says_what_was_asked_for_and_what_was_found(two: Shop) -> None:
    head, body, champion = seen(two, "2")
    assert champion == 1
    assert "Version 2" in words(head)
    assert "K-means, 2 segments, seed 0, snapshot 1." in words(head)
    assert "Asked for: k-means, 2 segments, default features." in words(head)
    with two.reading() as session:
        report = versions.show_report(session, two.actor, "customers", 2)
    assert report.verdict.headline in words(body)
    assert all(reason.text in words(body) for reason in report.verdict.reasons)
    assert all(feature.label in words(body) for feature in report.features)


def test_every_figure_has_plain_words_its_term_and_its_reference(two: Shop) -> None:
    figures = [words(part) for part in walk(seen(two, "1")[1]) if isinstance(part, html.Tr)]
    with two.reading() as session:
        found = versions.show_report(session, two.actor, "customers", 1).figures
    overlap = next(row for row in figures if row.startswith("Overlap"))
    assert "Davies-Bouldin index" in overlap
    assert "Lower is better." in overlap
    assert f"{found['davies_bouldin']:.2f}" in overlap
    assert overlap.endswith(f"{found['davies_bouldin_null']:.2f}")
    heads = {words(part): getattr(part, "title", "") for part in walk(seen(two, "1")[1]) if isinstance(part, html.Th)}
    assert "Davies-Bouldin" in heads["Overlap"]


def test_stability_stands_by_segment_with_its_band(two: Shop) -> None:
    rows = [words(part) for part in walk(seen(two, "1")[1]) if isinstance(part, html.Tr)]
    with two.reading() as session:
        overview = segments.show_segments(session, two.actor, "customers")
    assert overview is not None
    for style, profile in zip(overview.styles, overview.profiles.segments, strict=True):
        assert profile.stability is not None
        row = next(row for row in rows if row.startswith(style.name))
        assert f"{profile.stability:.2f}" in row
        assert stability_band(profile.stability).name in row.lower()


@pytest.mark.parametrize(("stability", "words_"), [([0.9, 0.7], "1 of 2 segments come back"), ([0.9, 0.8], "All 2 segments come back")])
def test_the_title_of_stability_counts(stability: list[float], words_: str) -> None:
    made = [SegmentStability(SegmentStyle("a", "Ones", "Ones", 1), 40, 0.5, value) for value in stability]
    assert stability_title(made) == words_
    assert stability_title([replace(each, share=0.01) for each in made]) == f"{words_}; 2 segments under 5% of customers"
    assert "not measured" in stability_title([replace(each, stability=None) for each in made])


def test_the_k_panel_and_every_candidate_are_there_and_the_fitted_one_is_marked(two: Shop) -> None:
    with two.reading() as session:
        sweep = versions.show_report(session, two.actor, "customers", 1).sweep
    _, body, _ = seen(two, "1")
    assert [part.id for part in walk(body) if isinstance(part, dcc.Graph)] == ["model-k-panel-graph"]
    judged = sum(words(body).count(word) for word in ("Useful", "Natural", "Does not repeat", "too small", "Not separated"))
    assert judged >= len(sweep) - 1
    assert words(body).count("Fitted") == 1
    assert "Fitted" in picked(body)[-1]
    assert not [part for part in walk(seen(two, "1", narrow=True)[1]) if words(part) == "What was tried" and isinstance(part, html.Caption)]


def test_a_version_of_an_earlier_release_is_still_shown(two: Shop) -> None:
    with two.writing() as session:
        version = session.scalars(select(ModelVersion).where(ModelVersion.number == 1)).one()
        report = {name: value for name, value in (version.report or {}).items() if name != "features"}
        old = {
            "davies_bouldin_null",
            "calinski_harabasz_null",
            "prediction_strength",
            "prediction_strength_null",
            "bridge",
            "unassigned",
            "agreement",
        }
        report["sweep"] = [{name: value for name, value in each.items() if name not in old} for each in report["sweep"]]
        report["figures"] = {name: value for name, value in report["figures"].items() if name not in old}
        requested = {name: value for name, value in version.requested.items() if name != "algorithm"}
        # The table itself, for a ready version cannot be altered through its row.
        session.execute(update(ModelVersion.__table__).where(column("id") == version.id).values(report=report, requested=requested))
    head, body, _ = seen(two, "1")
    assert "Asked for: 3 segments, default features." in words(head)
    assert "Not recorded" in words(body)
    assert "Foretold prediction strength" not in words(body)


def test_the_menu_of_versions_stays_on_the_page_of_a_model(two: Shop) -> None:
    with two.reading() as session:
        context = frame.show_frame(look(two, session, f"{HERE}/models/2"), models.MODEL_PAGE, (models.PAGE, models.MODEL_PAGE))[2]
    assert "v2 Earlier or candidate" in words(context)
    assert {f"{HERE}/models/1", f"{HERE}/models/2"} <= set(links(context))


@pytest.mark.parametrize("item", ["9", "x", "99999999999"])
def test_a_version_that_is_not_there_is_not_found(two: Shop, item: str) -> None:
    with pytest.raises(NotFound):
        seen(two, item)


def test_only_candidates_can_be_promoted_and_only_by_those_who_may(two: Shop) -> None:
    assert [name["version"] for name in ids(seen(two)[1]) if isinstance(name, dict) and name["type"] == "promote-open"] == [2]
    assert not [name for name in ids(seen(two, role=MemberRole.MARKETER)[1]) if isinstance(name, dict)]
    assert f"{HERE}/segments?v=2" in links(seen(two)[1])
    assert [name["version"] for name in ids(seen(two, "2")[0]) if isinstance(name, dict) and name["type"] == "promote-open"] == [2]
    assert not [name for name in ids([seen(two, "1")[0], seen(two, "2", MemberRole.VIEWER)[0]]) if isinstance(name, dict)]


def test_a_version_that_failed_says_why(shop: Shop) -> None:
    shop.import_file("ID,Income,Visits\n1,5,3\n")
    failed = shop.recluster()
    assert failed.status == "failed"
    assert failed.status_message
    assert failed.status_message in words(seen(shop)[1])
    _, body, _ = seen(shop, "1")
    assert "Version 1: the fit was refused" in words(body)
    assert failed.status_message in words(body)


def test_promoting_moves_the_champion_and_says_so(two: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    with two.writing() as session:
        view = look(two, session, f"{HERE}/models")
        assert models.promote(view, None, 2, "", 1) == (no_update, no_update)
        assert models.promote(view, 1, 2, "Easier to explain", 1)[0] is False
    assert seen(two)[2] == 2
    assert "Version 2 is the champion now" in words(said[0][1]["children"])


def test_who_promotes_from_an_old_page_is_stopped(two: Shop, said: list[tuple[str, dict[str, Any]]]) -> None:
    with two.writing() as session, pytest.raises(Conflict):
        models.promote(look(two, session, f"{HERE}/models"), 1, 2, "", 7)
    with two.writing() as session, pytest.raises(Forbidden):
        models.promote(look(two, session, f"{HERE}/models", role=MemberRole.VIEWER), 1, 2, "", 1)
    assert said == []


def test_viewers_are_led_to_no_segments_but_the_champions(two: Shop) -> None:
    with two.reading() as session:
        for role, offered in ((MemberRole.VIEWER, False), (MemberRole.MARKETER, True)):
            content = models.show_models(look(two, session, f"{HERE}/models", role=role))
            hrefs = [href for href in links(content) if "/segments" in href]
            assert any("v=" in href for href in hrefs) is offered


def test_viewers_read_no_exact_count_of_those_who_were_bounded(two: Shop) -> None:
    for item in ("1", "2"):
        for role, coarse in ((MemberRole.VIEWER, True), (MemberRole.MARKETER, False)):
            text = words(seen(two, item, role)[1])
            assert ("under 10" in text.replace("under 10 customers", "")) is coarse
            assert ("few values, if any, had to be filled in" in text) is coarse


def test_the_menu_of_versions_offers_viewers_the_champion_and_on_models_every_version(two: Shop) -> None:
    for page_, role, offered in (
        ("segments", MemberRole.VIEWER, False),
        ("segments", MemberRole.MARKETER, True),
        ("models", MemberRole.VIEWER, True),
    ):
        with two.reading() as session:
            context = frame.show_frame(look(two, session, f"{HERE}/{page_}", role=role), models.PAGE, (models.PAGE,))[2]
        assert (f"{HERE}/{page_}{'?v=2' if page_ == 'segments' else '/2'}" in links(context)) is offered


def test_models_and_home_say_whether_to_recluster(two: Shop) -> None:
    """Nothing is said on Home while there is no need; other customers are a reason on both, with the button."""
    assert "No need to re-cluster now" in seen_words(two, "models", models.show)
    assert "re-cluster now" not in seen_words(two, "home", home.show_home)
    two.import_file("\n".join(map(_richer, customers_csv().splitlines())) + "\n")
    for page, show in (("models", models.show), ("home", home.show_home)):
        shown = seen_words(two, page, show)
        assert "Time to re-cluster" in shown
        assert "Income (PSI " in shown
        viewed = seen_words(two, page, show, role=MemberRole.VIEWER)
        assert "Time to re-cluster" not in viewed
        assert "PSI" not in viewed


def seen_words(shop: Shop, page: str, show: Callable[[View], Any], *, role: MemberRole = MemberRole.ADMIN) -> str:
    with shop.reading() as session:
        return words(show(look(shop, session, f"{HERE}/{page}", role=role)))


def _richer(line: str) -> str:
    """The line with four times the income."""
    key, income, *rest = line.split(",")
    return ",".join([key, str(float(income) * 4) if key.isdigit() else income, *rest])


def test_no_page_of_a_viewer_holds_an_exact_figure_of_a_fit(two: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in words, nor in how wide a bar is drawn, nor beside a point of a chart."""
    monkeypatch.setattr(segments, "_recent", segments._Recent(1))  # the profiles that other tests read
    table = ModelVersion.__table__
    with two.writing() as session:
        profiles, report = session.execute(select(table.c.profiles, table.c.report).where(table.c.number == 1)).one()
        for segment in profiles["segments"]:
            segment["stability"] = 0.96371
        for found in (report["figures"], *report["sweep"]):
            found |= {name: 0.61537 for name in ("silhouette", "stability_ari") if name in found}
        session.connection().execute(update(table).where(table.c.number == 1).values(profiles=profiles, report=report))
    exact = ("0.963", "0.964", "96.3", "96.4", "0.615", "61.5")
    for role, item in ((MemberRole.VIEWER, "1"), (MemberRole.VIEWER, ""), (MemberRole.ADMIN, "1")):
        shown = json.dumps(seen(two, item, role), cls=PlotlyJSONEncoder)
        assert any(figure in shown for figure in exact) == (role is MemberRole.ADMIN), (role, item)
