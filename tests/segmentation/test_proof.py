"""What a model's proof notices: a library that computes otherwise, in any step between a measure and a segment."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from segmentation import artifact, pipeline
from segmentation.artifact import pack_model, unpack_model
from segmentation.clustering import ALGORITHMS
from segmentation.errors import ArtifactError
from segmentation.features import FeatureBuilder, curved, uncurved
from segmentation.pipeline import SegmentModel
from segmentation.proof import CUSTOMERS, Proof, make_proof
from tests.segmentation.shop import SHOP, shop_customers

AS_OF = date(2014, 6, 29)


def fitted(algorithm: str = "kmeans") -> SegmentModel:
    customers, _ = shop_customers(300)
    return pipeline.segment_customers(customers, SHOP, as_of=AS_OF, k=3, algorithm=algorithm, seed=0).model


@pytest.fixture(scope="module")
def model() -> SegmentModel:
    return fitted()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_can_be_proven(algorithm: str) -> None:
    found = fitted(algorithm)
    proof = make_proof(found.builder, found.clusterer)
    assert len(proof.rows) == CUSTOMERS
    assert proof.holds(found.builder, found.clusterer)
    assert pack_model(unpack_model(pack_model(found))) == pack_model(found)


def test_the_made_up_customers_are_all_over_the_segments_and_some_values_are_missing(model: SegmentModel) -> None:
    proof = make_proof(model.builder, model.clusterer)
    assert set(proof.placed.label) == {0, 1, 2}
    assert np.isnan(proof.rows).any(axis=0).all()
    assert not np.isnan(proof.rows).all(axis=1).any()


def test_a_model_stored_without_a_proof_is_believed() -> None:
    assert Proof.restored({"means_": np.zeros(3)}) is None


@pytest.mark.parametrize("transform", ["log", "log1p", "sqrt", "none"])
def test_values_of_the_proof_are_those_that_the_features_are_curved_from(transform: str) -> None:
    values = np.array([-7.5, -1.0, 0.0, 0.25, 3.0, 1e6])
    assert np.allclose(uncurved(curved(values, transform, 12.0), transform, 12.0), values)  # type: ignore[arg-type]


def test_a_library_that_computes_other_features_is_noticed_and_named(model: SegmentModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack_model(model)
    transform = FeatureBuilder.transform
    monkeypatch.setattr(FeatureBuilder, "transform", lambda self, table, **how: transform(self, table, **how) * 1.05)
    monkeypatch.setattr(artifact, "present_libraries", lambda: dict.fromkeys(artifact.LIBRARIES, "99.0"))
    with pytest.raises(ArtifactError, match=r"numpy .* \(now 99\.0\).*re-cluster") as refusal:
        unpack_model(data)
    assert refusal.value.code == "model_changed"


def test_a_library_that_assigns_otherwise_is_noticed(model: SegmentModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data, kind = pack_model(model), type(model.clusterer)
    scores = kind.scores  # type: ignore[attr-defined]
    monkeypatch.setattr(kind, "scores", lambda self, features: scores(self, features)[:, ::-1])
    with pytest.raises(ArtifactError, match="no longer places customers"):
        unpack_model(data)


def test_another_release_that_computes_the_same_is_fine(model: SegmentModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack_model(model)
    monkeypatch.setattr(artifact, "present_libraries", lambda: dict.fromkeys(artifact.LIBRARIES, "99.0"))
    assert unpack_model(data).recipe == model.recipe
