from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.choosing import reference, selection
from segmentation.errors import Cancelled, NotEnoughData, SegmentationError
from segmentation.intake import read_customers
from segmentation.measures import default_as_of
from segmentation.pipeline import Segmentation, segment_customers
from segmentation.roles import CUSTOMER_KEY, Kind, Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)
STAGES = [
    "Reading customers",
    "Building features",
    "Trying 2 to 8 segments",
    "Resampling",
    "Comparing with shuffled columns",
    "separate clouds: trying 2 to 8 segments",
    "separate clouds: resampling",
    "separate clouds: comparing with shuffled columns",
    "Describing segments",
    "Done",
]


@pytest.fixture(scope="module", autouse=True)
def _few_resamples() -> Iterator[None]:
    """Enough for data whose structure is plain; the real file is given the full number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "DRAWS", 4)
        patch.setattr(reference, "SHUFFLES", 4)
        yield


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def result(told: list[tuple[str, float]]) -> Segmentation:
    return segment_customers(shop_customers()[0], SHOP, as_of=AS_OF, progress=lambda stage, share: told.append((stage, share)))


def numbers(values: list[float]) -> tuple[pd.DataFrame, Schema]:
    customers = pd.DataFrame({CUSTOMER_KEY: [f"c{row:04d}" for row in range(len(values))], "score": values})
    return customers, Schema((column(CUSTOMER_KEY, Role.CUSTOMER_ID, Kind.TEXT), column("score", Role.NUMBER)))


def test_finds_the_kinds_that_were_planted(result: Segmentation) -> None:
    _, kind = shop_customers()
    assert (result.k, result.verdict.word) == (3, "natural")
    assert adjusted_rand_score(kind, result.assignments.label) > 0.95


def test_figures_are_those_of_the_chosen_candidate(result: Segmentation) -> None:
    assert [(each.algorithm, each.k) for each in result.sweep] == [*(("kmeans", k) for k in range(2, 9)), ("clouds", 3)]
    chosen = result.sweep[1]
    for name in ("silhouette", "silhouette_null", "davies_bouldin", "calinski_harabasz", "stability_ari", "smallest_share"):
        assert result.figures[name] == getattr(chosen, name)
    assert result.figures["evaluated_on"] == 600
    assert result.figures["smallest_share"] == pytest.approx(np.bincount(result.assignments.label).min() / 600)


def test_progress_names_every_stage_and_never_goes_back(result: Segmentation, told: list[tuple[str, float]]) -> None:
    assert list(dict.fromkeys(stage for stage, _ in told)) == STAGES
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert list(result.seconds) == STAGES[:-1]


def test_profiles_speak_of_all_customers_and_mark_what_was_fitted(result: Segmentation) -> None:
    assert sum(segment.size for segment in result.profiles.segments) == 600
    assert [segment.size for segment in result.profiles.segments] == np.bincount(result.assignments.label).tolist()
    fitted = {measure.name for measure in result.profiles.measures if measure.fitted}
    assert fitted <= {spec.measure for spec in result.model.recipe.features}
    assert "spend" in fitted


def test_same_seed_same_segments(result: Segmentation) -> None:
    again = segment_customers(shop_customers()[0], SHOP, as_of=AS_OF)
    assert again.assignments.label.tobytes() == result.assignments.label.tobytes()
    assert again.assignments.confidence.tobytes() == result.assignments.confidence.tobytes()
    assert again.figures == result.figures
    assert again.profiles == result.profiles


def test_model_places_later_customers_with_the_recipe_unchanged(result: Segmentation) -> None:
    customers, _ = shop_customers()
    everybody = result.model.assign(customers, SHOP)
    assert everybody.label.tobytes() == result.assignments.label.tobytes()
    for row in (0, 17, 599):
        alone = result.model.assign(customers.iloc[[row]].reset_index(drop=True), SHOP)
        assert alone.label[0] == everybody.label[row]
        assert alone.confidence[0] == everybody.confidence[row]


def test_outcomes_change_nothing(result: Segmentation) -> None:
    customers, _ = shop_customers()
    flipped = segment_customers(customers.assign(responded=1 - customers["responded"]), SHOP, as_of=AS_OF)
    assert flipped.assignments.label.tobytes() == result.assignments.label.tobytes()


def test_later_customers_are_as_old_as_on_the_day_of_their_scoring() -> None:
    customers, _ = shop_customers(200)
    model = segment_customers(customers, SHOP, as_of=AS_OF, k=2, features=["age"]).model
    later = model.features(customers, SHOP, date(2024, 6, 29))
    assert (later >= model.features(customers, SHOP)).all()
    assert later.mean() > 0.5


def test_model_says_which_column_is_missing(result: Segmentation) -> None:
    customers, _ = shop_customers(20)
    schema = Schema(tuple(each for each in SHOP if each.role is not Role.SPEND))
    with pytest.raises(SegmentationError, match="Spend") as refusal:
        result.model.assign(customers.drop(columns=["spend_wines", "spend_fruits"]), schema)
    assert refusal.value.code == "missing_feature"


def test_a_number_that_was_asked_for_is_kept() -> None:
    result = segment_customers(shop_customers(300)[0], SHOP, as_of=AS_OF, k=10, features=["spend", "income"])
    assert result.k == 10
    assert [each.k for each in result.sweep if each.algorithm == "kmeans"] == [*range(2, 9), 10]
    assert len(result.profiles.segments) == 10
    assert [spec.measure for spec in result.model.recipe.features] == ["spend", "income"]


def test_the_real_file_shuffled_has_no_segments(shared_data: Path) -> None:
    intake = read_customers(shared_data / "smartcart_customers.csv")
    draw = np.random.default_rng(0)
    shuffled = {
        name: intake.customers[name].iloc[draw.permutation(len(intake.customers))].reset_index(drop=True) for name in intake.customers
    }
    features = ["income", "spend", "visits_web", "kids", "teens", "partner"]
    result = segment_customers(pd.DataFrame(shuffled), intake.schema, as_of=AS_OF, features=features)
    assert result.verdict.word == "none"


@pytest.mark.parametrize("k", [-1, 0, 1, 21])
def test_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(NotEnoughData, match=f"Between 2 and 20 segments can be asked for, not {k}"):
        segment_customers(shop_customers(100)[0], SHOP, as_of=AS_OF, k=k)


@pytest.mark.parametrize(("rows", "k", "needed"), [(0, None, 20), (1, None, 20), (19, None, 20), (49, 5, 50)])
def test_too_few_customers_are_refused_with_the_number_needed(rows: int, k: int | None, needed: int) -> None:
    with pytest.raises(NotEnoughData, match=f"need at least {needed} customers .*; there (is|are) {rows}\\.") as refusal:
        segment_customers(shop_customers(60)[0].iloc[:rows], SHOP, as_of=AS_OF, k=k)
    assert refusal.value.details == {"needed": needed, "customers": rows}


def test_fewer_different_customers_than_segments_are_refused() -> None:
    customers, schema = numbers([1.0, 2.0, 3.0] * 40)
    with pytest.raises(NotEnoughData, match="there are only 3"):
        segment_customers(customers, schema, as_of=AS_OF, k=4)
    assert [candidate.k for candidate in segment_customers(customers, schema, as_of=AS_OF).sweep] == [2, 3]


def test_constant_columns_are_refused() -> None:
    customers, schema = numbers([5.0] * 100)
    with pytest.raises(NotEnoughData, match="nothing to tell customers apart"):
        segment_customers(customers, schema, as_of=AS_OF)


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(SegmentationError, match='no algorithm called "magic"') as refusal:
        segment_customers(shop_customers(100)[0], SHOP, as_of=AS_OF, algorithm="magic")
    assert refusal.value.code == "unknown_algorithm"


def test_work_can_be_cancelled_between_steps() -> None:
    def stop(stage: str, share: float) -> None:
        if stage == "Resampling":
            raise Cancelled("No longer wanted.")

    with pytest.raises(Cancelled):
        segment_customers(shop_customers(100)[0], SHOP, as_of=AS_OF, progress=stop)


def test_the_real_file_is_useful_repeats_and_is_not_natural(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "DRAWS", 20)
    intake = read_customers(shared_data / "smartcart_customers.csv")
    as_of = default_as_of(intake.customers, intake.schema)
    assert as_of is not None
    result = segment_customers(intake.customers, intake.schema, as_of=as_of)
    assert result.verdict.word == "useful"
    assert result.figures["stability_ari"] >= 0.90
    assert result.figures["smallest_share"] >= 0.05
    assert result.figures["silhouette"] > result.figures["silhouette_null"] + 0.1
    assert "responded" not in {spec.measure for spec in result.model.recipe.features}


def test_who_asks_for_an_algorithm_and_a_number_gets_that_fit(result: Segmentation) -> None:
    """Separate clouds are tried besides k-means, and here there are three of each."""
    asked = segment_customers(shop_customers()[0], SHOP, as_of=AS_OF, k=3)
    assert {("kmeans", 3), ("clouds", 3)} <= {(each.algorithm, each.k) for each in asked.sweep}
    assert asked.algorithm == "kmeans"
    assert segment_customers(shop_customers()[0], SHOP, as_of=AS_OF, k=3, algorithm="clouds").algorithm == "clouds"
