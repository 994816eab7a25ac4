"""Lab: what it shows before, during and after a comparison, who may do what, and what its buttons ask for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from dash import dcc, html, no_update

from segmentation.guiding.search import Budget
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import ids, links, walk, words
from tests.webapp.working import Shop, open_shop, run_jobs
from webapp.edge import Display, Resources, parse_path
from webapp.models import MemberRole
from webapp.pages import lab
from webapp.pages.lab.acts import fit_pressed, start_sweep
from webapp.pages.lab.answer import difference_title
from webapp.pages.lab.head import running_card
from webapp.pages.lab.ids import FIT, RUN
from webapp.services.data.datasets import ensure_dataset
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.modelling import sweeps, versions
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.tasks import sweeping
from webapp.ui.feature_picker import WEIGHT

LAB = f"{HERE}/lab"
Said = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def shop(imported_shop: Shop) -> Shop:
    """A team with customers, and nothing tried."""
    return imported_shop


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What bodies set beside their answer."""
    return hear(monkeypatch)


def request(shop: Shop, **asked: Any) -> JobSummary:
    with shop.writing() as session:
        return sweeps.request_sweep(session, shop.actor, "customers", **{"algorithms": ("kmeans",), **asked})


def swept(shop: Shop, **asked: Any) -> None:
    request(shop, **asked)
    run_jobs(shop.resources)


def seen(shop: Shop, path: str = LAB, search: str = "", role: MemberRole = MemberRole.ADMIN, narrow: bool = False) -> dict[str, Any]:
    """Every part of the page, by name."""
    with shop.reading() as session:
        view = replace(look(shop, session, path, search=search, role=role), display=Display(narrow=narrow))
        head, answer, form = lab.show_answer(view)
        panel, flows, table = lab.show_figures(view)
        features = lab.show_features(view)
        return {"head": head, "answer": answer, "form": form, "panel": panel, "flows": flows, "table": table, "features": features}


def weights_in(content: Any) -> dict[str, str]:
    """What the lists of weights stand at."""
    lists = [part for part in walk(content) if isinstance(getattr(part, "id", None), dict) and part.id["type"] == WEIGHT]
    return {part.id["name"]: part.value for part in lists}


def buttons(content: Any, kind: str) -> list[dict[str, Any]]:
    return [name for name in ids(content) if isinstance(name, dict) and name["type"] == kind]


def test_before_anything_was_tried_one_button_starts_it(shop: Shop) -> None:
    page = seen(shop)
    assert "Nothing was tried yet" in words(page["answer"])
    assert [name["what"] for name in buttons([page["head"], page["answer"]], RUN)] == ["all"]
    assert page["panel"] is page["table"] is page["flows"] is page["form"] is None


def test_without_customers_the_way_to_an_import_is_shown(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    with shop.writing() as session:
        ensure_dataset(session, shop.actor, "Customers")
    page = seen(shop)
    assert "No customers yet" in words(page["answer"])
    assert page["features"] is None
    assert f"{HERE}/data" in links(page["answer"])
    assert f"{HERE}/data" not in links(seen(shop, role=MemberRole.VIEWER)["answer"])


def test_the_champions_sweep_is_the_start(shop: Shop) -> None:
    shop.recluster(k=3)
    page = seen(shop)
    assert "this is what version 1, the champion, was chosen from" in words(page["head"])
    with shop.reading() as session:
        report = versions.show_report(session, shop.actor, "customers", 1)
    assert report.verdict.headline in words(page["answer"])
    fits = buttons(page["table"], FIT)
    assert {name["source"] for name in fits} == {"version-1"}
    assert len(fits) == len(report.sweep) - 1, "what the champion is already needs no fit"
    assert "No clustergram yet" in words(page["flows"])


def test_a_sweep_is_shown_with_verdict_figures_and_candidates(swept_shop: Shop) -> None:
    page = seen(swept_shop)
    with swept_shop.reading() as session:
        found = sweeps.show_sweep_report(session, swept_shop.actor, "customers", 1).found
    assert found.verdict.headline in words(page["answer"])
    assert all(reason.text in words(page["answer"]) for reason in found.verdict.reasons)
    assert "Sweep 1," in words(page["head"])
    assert words(page["table"]).count("Recommended") == 1
    assert {(name["algorithm"], name["k"]) for name in buttons(page["table"], FIT)} == {(c.algorithm, c.k) for c in found.candidates}
    graphs = [part.id for part in walk([page["panel"], page["flows"]]) if isinstance(part, dcc.Graph)]
    assert graphs == ["k-panel-graph", "clustergram-graph"]


def test_heads_explain_themselves_and_sort(swept_shop: Shop) -> None:
    table = seen(swept_shop)["table"]
    heads = [part for part in walk(table) if isinstance(part, html.Th)]
    explained = {words(head): head.title for head in heads if head.title}
    assert "Davies-Bouldin" in explained["Overlap"]
    assert "Rand" in explained["Repeatability"]
    assert f"{LAB}?sort=-silhouette" in links(table)
    by_size = seen(swept_shop, search="?sort=smallest_share")["table"]
    shares = [float(words(row).split("%")[0].split()[-1]) for row in walk(by_size) if isinstance(row, html.Tr) and "%" in words(row)]
    assert shares == sorted(shares)
    assert "-smallest_share" in " ".join(links(by_size))
    assert [head.to_plotly_json()["props"].get("aria-sort") for head in heads].count("descending") == 0


def test_an_unknown_order_or_method_is_the_usual_one(swept_shop: Shop) -> None:
    usual = words(seen(swept_shop)["table"])
    assert words(seen(swept_shop, search="?sort=magic&method=magic&all=x")["table"]) == usual


def test_a_phone_gets_a_list(swept_shop: Shop) -> None:
    table = seen(swept_shop, narrow=True)["table"]
    assert not [part for part in walk(table) if isinstance(part, html.Table)]
    assert [part for part in walk(table) if isinstance(part, html.Ul)]
    assert buttons(table, FIT)


def test_a_viewer_sees_everything_and_has_no_buttons(swept_shop: Shop) -> None:
    page = seen(swept_shop, role=MemberRole.VIEWER)
    assert page["form"] is None
    assert words(page["table"]).count("Recommended") == 1
    assert not [name for name in ids(list(page.values())) if isinstance(name, dict) and name["type"] in (RUN, FIT, WEIGHT)]
    assert "1 vote" in words(page["features"])


def test_methods_can_be_chosen_one_at_a_time(shop: Shop) -> None:
    swept(shop, algorithms=("kmeans", "ward"))
    page = seen(shop)
    assert {f"{LAB}?method=kmeans", f"{LAB}?method=ward"} <= set(links(page["panel"]))
    ward = seen(shop, search="?method=ward")
    assert "Ward" in next(words(part) for part in walk(ward["panel"]) if isinstance(part, html.Section))
    assert "Ward" in words(ward["flows"])


def test_chosen_features_stand_beside_the_default_ones(shop: Shop) -> None:
    swept(shop, features={"income": 1.0, "visits": 2.0})
    text = words(seen(shop)["answer"])
    assert "Default features" in text
    assert "Your features" in text
    assert "Left out" in text or "left out" in text
    with shop.reading() as session:
        report = sweeps.show_sweep_report(session, shop.actor, "customers", 1)
    assert report.default is not None
    title = difference_title(report.default, report.found)
    assert title in text
    assert ("instead of" in title) == (report.default.best.k != report.found.best.k)
    assert ("less repeatable" in title) == (report.found.best.stability_ari < report.default.best.stability_ari - 0.01)


def test_the_same_twice_is_called_alike(shop: Shop) -> None:
    swept(shop, features={"income": 1.0})
    with shop.reading() as session:
        found = sweeps.show_sweep_report(session, shop.actor, "customers", 1).found
    assert difference_title(found, found).endswith("as before, alike in separation and repeatability")


def test_what_an_outcome_chose_is_shown_with_its_honest_lift(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = partial(sweeping.guide, budget=Budget(proposals=3, ks=(3,), tested=2, draws=3), folds=2, repeats=1)
    monkeypatch.setattr(sweeping, "guide", quick)
    swept(shop, outcome="response")
    page = seen(shop)
    with shop.reading() as session:
        guidance = sweeps.show_sweep_report(session, shop.actor, "customers", 1).guidance
    assert guidance is not None
    text = words(page["answer"])
    assert f"{guidance.lift.lift:.2f}×" in text
    assert f"{guidance.blind_lift.lift:.2f}×" in text
    assert all(reason.text in text for reason in guidance.reasons)
    assert [part.id for part in walk(page["answer"]) if isinstance(part, dcc.Graph)] == ["frontier-graph"]
    assert [name["k"] for name in buttons(page["answer"], FIT)] == [guidance.k]
    assert not buttons(seen(shop, role=MemberRole.VIEWER)["answer"], FIT)


def test_a_refusal_is_shown_in_its_own_words(shop: Shop) -> None:
    swept(shop, features=("shoe_size",))
    text = words(seen(shop, f"{LAB}/1")["answer"])
    assert "Sweep 1 was refused" in text
    assert "shoe_size" in text
    swept(shop)
    assert "refused" not in words(seen(shop)["answer"])
    swept(shop, features=("shoe_size",))
    text = words(seen(shop)["answer"])
    assert "Sweep 3 was refused" in text, "and what was found before stays"
    assert "Sweep 2," in words(seen(shop)["head"])


def test_a_running_sweep_shows_its_share_and_can_be_cancelled(shop: Shop) -> None:
    job = request(shop)
    with shop.reading() as session:
        card = running_card(look(shop, session, LAB))
        assert "Sweep 1 is waiting" in words(card)
        assert [name["job"] for name in ids(card) if isinstance(name, dict)] == [job.id]
        assert not ids(running_card(look(shop, session, LAB, role=MemberRole.VIEWER)))
    with shop.writing() as session:
        jobs.cancel_job(session, shop.actor, job.id)
    with shop.reading() as session:
        assert running_card(look(shop, session, LAB)) is None
    assert "Sweep 1 was cancelled" in words(seen(shop, f"{LAB}/1")["answer"])


@pytest.mark.parametrize("item", ["7", "x", "-1", "99999999999"])
def test_a_sweep_that_is_not_there_is_not_found(shop: Shop, item: str) -> None:
    with pytest.raises(NotFound):
        seen(shop, f"{LAB}/{item}")


def start(shop: Shop, what: str, role: MemberRole = MemberRole.ADMIN, fields: dict[str, Any] | None = None, **weights: str) -> Any:
    typed = {"seed": 3, **(fields or {})}
    names = [{"type": WEIGHT, "at": "lab", "name": name} for name in weights]
    with shop.writing() as session:
        view = look(shop, session, LAB, role=role)
        return start_sweep(
            view, {"type": RUN, "what": what}, list(typed.values()), [{"name": name} for name in typed], list(weights.values()), names
        )


def newest(shop: Shop) -> sweeps.SweepSummary:
    with shop.reading() as session:
        return sweeps.list_sweeps(session, shop.actor, "customers")[0]


def test_buttons_ask_for_what_they_say(shop: Shop, said: Said) -> None:
    start(shop, "methods", fields={"methods": ["ward"]})
    assert (newest(shop).algorithms, newest(shop).features, newest(shop).seed) == (("ward",), None, 3)
    assert "sweep 1 has started" in words(said[-1][1]["children"])
    start(shop, "all")
    assert newest(shop).number == 1, "while one is at work there is no second"
    assert "at work already" in words(said[-1][1]["children"])


def test_weights_are_taken_and_defaults_are_no_choice(shop: Shop, said: Said) -> None:
    with pytest.raises(Invalid, match="default features"):
        start(shop, "features", spend="1")
    start(shop, "features", spend="2", income="0")
    asked = newest(shop)
    assert asked.algorithms == ("kmeans",)
    assert isinstance(asked.features, dict)
    assert asked.features["spend"] == 2.0
    assert "income" not in asked.features


def test_an_outcome_is_asked_for_by_name(shop: Shop, said: Said) -> None:
    start(shop, "outcome", fields={"outcome": "response"})
    assert newest(shop).outcome == "response"


def test_what_cannot_be_asked_is_refused(shop: Shop, said: Said) -> None:
    with pytest.raises(Invalid, match="at least one method"):
        start(shop, "methods", fields={"methods": []})
    with pytest.raises(Forbidden):
        start(shop, "all", role=MemberRole.MARKETER)
    with shop.writing() as session:
        assert start_sweep(look(shop, session, LAB), None, [], [], [], []) is no_update
        assert fit_pressed(look(shop, session, LAB), None) is no_update
    assert said == []


def test_fit_starts_a_challenger(shop: Shop, said: Said) -> None:
    shop.recluster(k=3)
    swept(shop, seed=4)
    pressed = {"type": FIT, "source": "sweep-1", "algorithm": "kmeans", "k": 2, "at": "row"}
    with shop.writing() as session:
        fit_pressed(look(shop, session, LAB), pressed)
    with shop.writing() as session, pytest.raises(Conflict, match="already"):
        fit_pressed(look(shop, session, LAB), pressed)
    run_jobs(shop.resources)
    with shop.reading() as session:
        fitted = versions.show_version(session, shop.actor, "customers", 2)
    assert (fitted.k, fitted.seed, fitted.champion) == (2, 4, False)
    with shop.writing() as session, pytest.raises(NotFound):
        fit_pressed(look(shop, session, LAB), {**pressed, "source": "other-1"})


def test_reset_returns_to_the_default_weights(shop: Shop) -> None:
    swept(shop, features={"income": 2.0})
    lists = weights_in(seen(shop)["features"])
    assert (lists["income"], lists["spend"]) == ("2", "0")
    with shop.reading() as session:
        table = lab.weight_table(look(shop, session, LAB), None)
    assert weights_in(table)["spend"] == "1"


def test_the_item_page_is_the_same_page() -> None:
    place = parse_path(f"{LAB}/1")
    assert place is not None
    assert (place.page, place.item, lab.SWEEP_PAGE.under) == ("lab", "1", "lab")
    assert ids(lab.layout(place)) == ids(lab.SWEEP_PAGE.layout(place))
