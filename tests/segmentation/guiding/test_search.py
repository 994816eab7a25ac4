from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import fit_kmeans
from segmentation.errors import Cancelled, NotEnoughData
from segmentation.features import FeatureBuilder
from segmentation.guiding import search as module
from segmentation.guiding.lift import fold_numbers, out_of_fold_lift
from segmentation.guiding.search import Budget, Found, Ground, Tried, frontier, prepare, search
from segmentation.recipe import default_recipe, measured_with_recipe
from tests.segmentation.shop import SHOP, shop_customers

AS_OF = date(2014, 6, 29)
SMALL = Budget(proposals=20, ks=(4, 5), tested=6, draws=5)


def complainers(customers: int = 600, seed: int = 0) -> pd.DataFrame:
    """Customers of the shop of whom three in ten complain; two fifths of those respond, and hardly anybody else."""
    table, _ = shop_customers(customers, seed)
    draw = np.random.default_rng([seed, 1])
    complained = draw.random(customers) < 0.3
    responded = draw.random(customers) < np.where(complained, 0.4, 0.05)
    return table.assign(complained=complained.astype(int), responded=responded.astype(int))


def ground_of(customers: pd.DataFrame, seed: int = 0) -> Ground:
    hits = customers["responded"].to_numpy(dtype=float)
    return prepare(customers, SHOP, hits, as_of=AS_OF, proposals=SMALL.proposals, seed=seed)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(complainers())


@pytest.fixture(scope="module")
def found(ground: Ground) -> Found:
    return search(ground, SMALL)


def test_the_winner_passes_and_nothing_better_that_was_tested_does(ground: Ground, found: Found) -> None:
    assert found.winner.passes
    assert found.winner.stability is not None
    assert found.winner.stability > 0.9
    assert found.winner.smallest_share >= 0.05
    assert len(found.tried) == 2 * len(ground.sets) == 40
    better = [point for point in frontier(ground, found, SMALL) if point.lift > 1.03 * found.winner.lift]
    assert not [point for point in better if point.passes]


def test_the_outcome_finds_what_it_depends_on(found: Found) -> None:
    assert "complained" in found.winner.features
    assert found.winner.lift > 2.0


def test_a_view_is_what_the_recipe_of_these_weights_makes(ground: Ground) -> None:
    customers = complainers()
    assert ground.sets[0] == {spec.name: spec.weight for spec in default_recipe(customers, SHOP, AS_OF).features}
    for features in ground.sets[::5]:
        measured, recipe = measured_with_recipe(customers, SHOP, AS_OF, features)
        assert np.allclose(ground.view(features), FeatureBuilder(recipe).fit(measured.table).transform(measured.table))


def test_figures_of_the_winner_are_those_of_its_segments(ground: Ground, found: Found) -> None:
    view = ground.view(found.winner.features)
    model = fit_kmeans(view, found.winner.k, seed=ground.seed)
    labels = model.labels(view)
    assert found.winner.smallest_share == np.bincount(labels).min() / 600
    assert np.array_equal(ground.folds, fold_numbers(ground.hits, 5, 4, 0))
    lift = out_of_fold_lift(ground.hits, lambda _: lambda rows: labels[rows], outcome="responded", seed=0, folds=5, repeats=4)
    assert found.winner.lift == pytest.approx(lift.lift)
    draw = np.random.default_rng(5)
    agreement = []
    for _ in range(20):
        rows = draw.integers(0, 600, 600)
        agreement.append(adjusted_rand_score(labels, fit_kmeans(view[rows], model.k, seed=0).labels(view)))
    assert found.winner.stability == pytest.approx(np.mean(agreement), abs=0.08)
    assert found.winner.stability_error is not None
    assert 0 < found.winner.stability_error < 0.1


def test_the_frontier_has_every_set_once_and_the_winner(ground: Ground, found: Found) -> None:
    points = frontier(ground, found, SMALL)
    assert found.winner in points
    assert len(points) in (len(ground.sets), len(ground.sets) + 1)
    assert all(point.stability is not None for point in points)
    assert [point.lift for point in points] == sorted((point.lift for point in points), reverse=True)


def test_without_anything_that_repeats_the_most_stable_wins_and_does_not_pass(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPEATABLE", 1.1)
    found = search(ground, SMALL)
    assert not found.winner.passes
    monkeypatch.setattr(module, "REPEATABLE", 0.9)
    assert replace(found.winner, stability=0.95, stability_error=0.04).passes
    assert not replace(found.winner, stability=0.95, stability_error=0.06).passes
    assert not replace(found.winner, stability=0.95, stability_error=0.04, smallest_share=0.049).passes


def test_a_higher_lift_that_does_not_repeat_loses(ground: Ground, found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    points = frontier(ground, found, SMALL)
    steady = sorted(point.stability - point.stability_error for point in points)  # type: ignore[operator]
    monkeypatch.setattr(module, "REPEATABLE", steady[-4])
    stricter = search(ground, replace(SMALL, tested=40)).winner
    assert stricter.passes
    assert not found.winner.passes
    assert stricter.lift < found.winner.lift


def test_of_lifts_about_as_good_the_most_stable_wins(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    stability = {0: 0.92, 1: 0.98, 2: 0.99, 3: 0.85}
    lifts = {0: 3.0, 1: 2.95, 2: 2.93, 3: 3.5}
    ranked = [Tried({"spend": 1.0}, place, lifts[place], 0.1) for place in (3, 0, 1, 2)]

    def tested(ground: Ground, tried: Tried, draws: int) -> Tried:
        return replace(tried, stability=stability[tried.k], stability_error=0.01)

    monkeypatch.setattr(module, "_tested", tested)
    assert module._winner(ground, ranked, 5).k == 1
    monkeypatch.setattr(module, "BATCH", 2)
    assert module._winner(ground, ranked, 5).k == 0  # nobody looks on once some pass


def test_segments_that_are_too_small_do_not_win(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALLEST_SHARE", 0.19)
    found = search(ground, SMALL)
    assert found.winner.smallest_share >= 0.19 or not found.winner.passes


def test_same_seed_same_winner(ground: Ground, found: Found) -> None:
    again = search(ground_of(complainers()), SMALL)
    assert again == found


def test_of_many_customers_a_sample_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCORED_ROWS", 500)
    monkeypatch.setattr(module, "FITTED_ROWS", 300)
    fitted: set[int] = set()

    def fit(rows: np.ndarray, k: int, **more: object) -> object:
        fitted.add(len(rows))
        return fit_kmeans(rows, k, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit_kmeans", fit)
    ground = ground_of(complainers(800))
    assert (len(ground.matrix), len(ground.hits), len(ground.fitted)) == (500, 500, 300)
    found = search(ground, SMALL)
    assert "complained" in found.winner.features
    assert fitted == {300}
    assert search(ground_of(complainers(800)), SMALL) == found


def test_refuses_a_sample_with_hardly_any_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCORED_ROWS", 100)
    rare = complainers(600).assign(responded=(np.arange(600) < 30).astype(int))
    with pytest.raises(NotEnoughData, match="at least 15 of each"):
        ground_of(rare)


def test_refuses_customers_who_are_nearly_all_alike() -> None:
    ground = ground_of(complainers())
    alike = replace(ground, matrix=np.repeat(ground.matrix[:3], 200, axis=0))
    with pytest.raises(NotEnoughData, match="4 segments"):
        search(alike, SMALL)


def test_can_be_stopped(ground: Ground) -> None:
    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        search(ground, SMALL, stop)
    assert told == pytest.approx([place / 20 for place in range(11)])
