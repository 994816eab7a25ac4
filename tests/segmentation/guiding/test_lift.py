from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.cluster import KMeans

from segmentation.errors import Cancelled, NotEnoughData, SegmentationError
from segmentation.guiding.lift import (
    Chooser,
    Labeller,
    Rows,
    chance_lift,
    check_outcome,
    corrected_error,
    difference,
    fold_numbers,
    out_of_fold_lift,
    outcome_values,
    partition_lift,
    quartiles_of,
)
from tests.segmentation.shop import SHOP, shop_customers


def fixed(labels: np.ndarray) -> Chooser:
    """Segments that were there before: nothing is learned."""
    return lambda training: lambda rows: labels[rows]


def lift_of(hits: np.ndarray, choose: Chooser, seed: int = 0, folds: int = 5, repeats: int = 1, **more: object):
    return out_of_fold_lift(hits, choose, outcome="responded", seed=seed, folds=folds, repeats=repeats, **more)  # type: ignore[arg-type]


def in_sample(hits: np.ndarray, labels: np.ndarray) -> float:
    return float(np.max(np.bincount(labels, weights=hits) / np.maximum(np.bincount(labels), 1)) / hits.mean())


def drawn(seed: int, rates: tuple[float, ...], each: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """An outcome that happens at `rates` in as many groups of `each` customers, and the groups."""
    labels = np.repeat(np.arange(len(rates)), each).astype(np.int16)
    return (np.random.default_rng(seed).random(len(labels)) < np.array(rates)[labels]).astype(float), labels


def test_segments_that_mean_nothing_have_a_lift_of_one_out_of_fold_and_more_in_sample() -> None:
    outside, inside = [], []
    for seed in range(250):
        hits, labels = drawn(seed, (0.15,) * 8, each=60)
        outside.append(lift_of(hits, fixed(labels), seed).lift)
        inside.append(in_sample(hits, labels))
    assert np.mean(outside) == pytest.approx(1.0, abs=3 * stats.sem(outside))
    assert stats.sem(outside) < 0.03
    assert np.mean(inside) > 1.35


def test_choosing_by_the_outcome_of_the_training_part_flatters_nobody() -> None:
    """Twenty random partitions, the best taken: in sample that looks like a find."""
    outside, inside = [], []
    for seed in range(120):
        hits, _ = drawn(seed, (0.2,), each=300)
        partitions = [np.random.default_rng([seed, each]).integers(0, 4, 300).astype(np.int16) for each in range(20)]

        def choose(training: Rows, *, hits: np.ndarray = hits, partitions: list[np.ndarray] = partitions) -> Labeller:
            best = max(range(20), key=lambda place: in_sample(hits[training], partitions[place][training]))
            return lambda rows: partitions[best][rows]

        outside.append(lift_of(hits, choose, seed).lift)
        inside.append(max(in_sample(hits, labels) for labels in partitions))
    assert np.mean(outside) == pytest.approx(1.0, abs=3 * stats.sem(outside))
    assert np.mean(inside) > 1.4


def test_a_planted_rate_is_found_and_the_error_covers_what_another_sample_would_say() -> None:
    found = [lift_of(*_planted(seed), seed=seed, repeats=4) for seed in range(150)]
    lifts = np.array([each.lift for each in found])
    assert lifts.mean() == pytest.approx(0.4 / 0.175, abs=3 * stats.sem(lifts))
    told = np.sqrt(np.mean([each.error**2 for each in found]))
    assert 1.0 < told / lifts.std(ddof=1) < 1.4  # Nadeau & Bengio err on the safe side
    naive = np.sqrt(np.mean([np.var(each.fold_lifts, ddof=1) / 20 for each in found]))
    assert naive / lifts.std(ddof=1) < 0.6
    assert np.mean([each.best_share for each in found]) == pytest.approx(0.25, abs=0.01)


def _planted(seed: int) -> tuple[np.ndarray, Chooser]:
    hits, labels = drawn(seed, (0.1, 0.1, 0.1, 0.4))
    return hits, fixed(labels)


def test_equals_a_loop_written_out_with_scikit_learn() -> None:
    draw = np.random.default_rng(3)
    features = draw.normal(size=(300, 2))
    hits = (draw.random(300) < 1 / (1 + np.exp(1.5 - features[:, 0]))).astype(float)
    parts: list[tuple[Rows, KMeans]] = []

    def choose(training: Rows) -> Labeller:
        parts.append((training, KMeans(5, n_init=2, random_state=0).fit(features[training])))
        return lambda rows: parts[-1][1].predict(features[rows]).astype(np.int16)

    result = lift_of(hits, choose, folds=4, repeats=2)
    expected, shares = [], []
    for training, model in parts:
        table = pd.DataFrame({"label": model.predict(features), "hit": hits, "seen": np.isin(np.arange(300), training)})
        best = table[table.seen].groupby("label").hit.mean().idxmax()
        outside = table[~table.seen]
        expected.append(outside[outside.label == best].hit.mean() / outside.hit.mean())
        shares.append((outside.label == best).mean())
    assert result.fold_lifts == pytest.approx(tuple(expected))
    assert result.lift == pytest.approx(np.mean(expected))
    assert result.best_share == pytest.approx(np.mean(shares))
    assert result.error == pytest.approx(np.std(expected, ddof=1) * np.sqrt(1 / 8 + 1 / 3))
    assert (result.folds, result.repeats, result.outcome) == (4, 2, "responded")
    assert result.rate == pytest.approx(hits.mean())


def test_folds_hold_everybody_once_and_the_outcome_evenly() -> None:
    hits = np.where(np.arange(501) < 60, 1.0, 0.0)
    hits[500] = np.nan
    numbers = fold_numbers(hits, 5, 3, seed=4)
    assert numbers.shape == (3, 501)
    assert (numbers[:, 500] == -1).all()
    for repeat in numbers:
        assert np.bincount(repeat[:500]).tolist() == [100] * 5
        assert np.bincount(repeat[:60]).tolist() == [12] * 5
    assert len({tuple(repeat) for repeat in numbers}) == 3
    assert not np.array_equal(numbers, fold_numbers(hits, 5, 3, seed=5))


def test_customers_with_an_unknown_outcome_help_to_find_segments_and_are_never_counted() -> None:
    hits, labels = drawn(0, (0.1, 0.5))
    unknown = np.concatenate([hits, np.full(50, np.nan)])
    seen: list[Rows] = []

    def choose(training: Rows) -> Labeller:
        seen.append(training)
        return lambda rows: np.concatenate([labels, np.zeros(50, np.int16)])[rows]

    result = lift_of(unknown, choose)
    assert all(set(range(300, 350)) <= set(training) for training in seen)
    assert result.lift == pytest.approx(lift_of(hits, fixed(labels)).lift)
    assert result.rate == pytest.approx(hits.mean())


def test_customers_in_no_segment_are_never_the_best() -> None:
    hits, labels = drawn(1, (0.1, 0.2, 0.9))
    without = np.where(labels == 2, -1, labels).astype(np.int16)
    assert lift_of(hits, fixed(without)).lift < 1.0


def test_a_fold_whose_best_segment_is_empty_counts_for_nothing() -> None:
    hits, labels = drawn(2, (0.15,) * 2, each=200)
    chosen = int(np.flatnonzero(hits)[0])
    labels = np.where(np.arange(400) == chosen, 2, labels).astype(np.int16)  # a segment of one customer, who said yes
    result = lift_of(hits, fixed(labels))
    known = [lift for lift in result.fold_lifts if lift is not None]
    assert len(known) == 1
    assert result.lift == known[0]
    alone = np.full(400, -1, np.int16)
    with pytest.raises(NotEnoughData, match="fewer segments"):
        lift_of(hits, fixed(alone))


def test_same_seed_same_folds_and_differences_are_paired() -> None:
    hits, labels = drawn(5, (0.1, 0.1, 0.4))
    first, again = lift_of(hits, fixed(labels), repeats=2), lift_of(hits, fixed(labels), repeats=2)
    assert first == again
    assert difference(first, again) == (0.0, 0.0)
    merged = lift_of(hits, fixed(np.minimum(labels, 1).astype(np.int16)), repeats=2)
    gap, error = difference(first, merged)
    assert gap == pytest.approx(first.lift - merged.lift)
    gaps = np.array(first.fold_lifts) - np.array(merged.fold_lifts)
    assert error == pytest.approx(corrected_error(gaps, 5))
    with pytest.raises(ValueError, match="same folds"):
        difference(first, lift_of(hits, fixed(labels), repeats=1))


def test_partition_lift_is_the_same_for_segments_that_stay() -> None:
    for seed in range(5):
        hits, labels = drawn(seed, (0.1, 0.2, 0.25, 0.3))
        labels[::17] = -1
        hits[::23] = np.nan
        whole = lift_of(hits, fixed(labels), seed=7, folds=4, repeats=3)
        assert partition_lift(labels, hits, 4, fold_numbers(hits, 4, 3, 7)) == pytest.approx(whole.lift)


def test_quartiles_are_cut_among_the_customers_to_choose_with() -> None:
    draw = np.random.default_rng(0)
    spend = draw.lognormal(size=400)
    spend[5] = np.nan
    training = np.arange(0, 400, 2)
    label = quartiles_of(spend)(training)
    expected = pd.qcut(pd.Series(spend[training]), 4, labels=False).fillna(-1).to_numpy()
    assert label(training).tolist() == expected.astype(int).tolist()
    assert label(np.array([5])).tolist() == [-1]
    beyond = label(np.arange(1, 400, 2))
    cuts = np.nanquantile(spend[training], (0.25, 0.5, 0.75))
    assert all((beyond == 3) == (spend[1::2] > cuts[2]))


def test_chance_is_what_shuffled_outcomes_show() -> None:
    assert chance_lift([560] * 4, 334, seed=0).mean == pytest.approx(1.10, abs=0.015)
    labels, hits = np.repeat([0, 1, 2], [300, 80, 20]), np.repeat([1.0, 0.0], [60, 340])
    shuffles = [in_sample(np.random.default_rng(seed).permutation(hits), labels) for seed in range(1500)]
    chance = chance_lift([300, 80, 20], 60, seed=1)
    assert chance.mean == pytest.approx(np.mean(shuffles), abs=4 * stats.sem(shuffles))
    assert chance.high == pytest.approx(np.quantile(shuffles, 0.95), abs=0.12)


def test_chance_is_that_of_the_hypergeometric_distribution() -> None:
    group = stats.hypergeom(200, 40, 100)
    counts = np.arange(41)
    expected = (np.maximum(counts, 40 - counts) * group.pmf(counts)).sum() / 20
    assert chance_lift([100, 100], 40, seed=0).mean == pytest.approx(expected, abs=0.01)
    assert chance_lift([50], 40, others=150, seed=0).mean == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("yes", "no"), [(0, 600), (29, 571), (600, 0), (571, 29)])
def test_outcomes_that_hardly_vary_are_refused(yes: int, no: int) -> None:
    hits = np.repeat([1.0, 0.0], [yes, no])
    with pytest.raises(NotEnoughData, match="at least 30 of each") as refusal:
        lift_of(hits, fixed(np.zeros(600, np.int16)))
    assert refusal.value.details["yes"] == yes
    check_outcome(np.repeat([1.0, 0.0], [30, 30]), "Responds")


def test_outcomes_are_read_by_name() -> None:
    customers, _ = shop_customers()
    words = customers.assign(responded=np.where(customers["responded"] == 1, "Yes", "No"))
    words.loc[3, "responded"] = None
    hits = outcome_values(words, SHOP, "responded")
    assert np.isnan(hits[3])
    assert np.array_equal(np.delete(hits, 3), np.delete(customers["responded"].to_numpy(dtype=float), 3))
    with pytest.raises(SegmentationError, match="responded") as refusal:
        outcome_values(customers, SHOP, "complained")
    assert refusal.value.code == "unknown_outcome"
    with pytest.raises(NotEnoughData, match="Responded"):
        outcome_values(customers.assign(responded=0), SHOP, "responded")


def test_folds_are_checked() -> None:
    hits, labels = drawn(0, (0.2, 0.4))
    for folds in (1, 31):
        with pytest.raises(ValueError, match="2 to 30 folds"):
            lift_of(hits, fixed(labels), folds=folds)


def test_work_is_reported_and_can_be_stopped() -> None:
    hits, labels = drawn(0, (0.2, 0.4))
    shares: list[float] = []
    lift_of(hits, fixed(labels), repeats=2, progress=lambda stage, share: shares.append(share))
    assert shares == pytest.approx([place / 10 for place in range(10)])
    with pytest.raises(Cancelled):
        lift_of(hits, fixed(labels), progress=_stop(0.5))


def _stop(at: float) -> Callable[[str, float], None]:
    def progress(stage: str, share: float) -> None:
        if share > at:
            raise Cancelled("Stopped.")

    return progress
