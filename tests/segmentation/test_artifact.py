from __future__ import annotations

import hashlib
import json
import pickle
import zlib
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation import artifact
from segmentation.artifact import library_versions, pack_assignments, pack_model, unpack_assignments, unpack_model
from segmentation.clustering import ALGORITHMS, Assignments, fit_kmeans
from segmentation.errors import ArtifactError
from segmentation.features import FeatureBuilder
from segmentation.measures import measure_customers
from segmentation.pipeline import SegmentModel
from segmentation.recipe import recipe_for
from tests.segmentation.shop import SHOP, shop_customers

AS_OF = date(2014, 6, 29)


@pytest.fixture(scope="module")
def model() -> SegmentModel:
    customers, _ = shop_customers(300)
    measured = measure_customers(customers, SHOP, AS_OF)
    recipe = recipe_for(measured, AS_OF)
    builder = FeatureBuilder(recipe).fit(measured.table)
    return SegmentModel(recipe, builder, fit_kmeans(builder.transform(measured.table), 3, seed=0))


def resealed(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return artifact.MAGIC + hashlib.sha256(packed).digest() + packed


def opened(data: bytes) -> bytes:
    return zlib.decompress(data[len(artifact.MAGIC) + 32 :])


def with_header(data: bytes, **changes: object) -> bytes:
    content = opened(data)
    length = int.from_bytes(content[:8], "big")
    header = json.dumps(json.loads(content[8 : 8 + length]) | changes).encode()
    return resealed(len(header).to_bytes(8, "big") + header + content[8 + length :])


def test_a_model_comes_back_equal_bit_for_bit(model: SegmentModel) -> None:
    later, _ = shop_customers(100, seed=9)
    later.loc[:20, "income"] = np.nan
    back = unpack_model(pack_model(model))
    assert back.recipe == model.recipe
    before, after = model.assign(later, SHOP), back.assign(later, SHOP)
    assert before.label.tobytes() == after.label.tobytes()
    assert before.confidence.tobytes() == after.confidence.tobytes()
    assert before.runner_up.tobytes() == after.runner_up.tobytes()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_model_of_any_algorithm_comes_back_equal_bit_for_bit(name: str, model: SegmentModel) -> None:
    customers, later = shop_customers(300)[0], shop_customers(100, seed=9)[0]
    fits = ALGORITHMS[name].fit(model.features(customers, SHOP), (2, 3, 4), seed=0, layout=model.recipe.layout())
    assert 3 in fits
    for clusterer in fits.values():
        stored = replace(model, clusterer=clusterer)
        back = unpack_model(pack_model(stored))
        assert (back.clusterer.algorithm, back.clusterer.k, back.clusterer.agreement) == (name, clusterer.k, clusterer.agreement)
        assert pack_model(back) == pack_model(stored)
        for group in (customers, later):
            before, after = stored.assign(group, SHOP), back.assign(group, SHOP)
            assert before.label.tobytes() == after.label.tobytes()
            assert before.confidence.tobytes() == after.confidence.tobytes()
            assert before.runner_up.tobytes() == after.runner_up.tobytes()


def test_equal_models_are_equal_bytes(model: SegmentModel) -> None:
    assert pack_model(unpack_model(pack_model(model))) == pack_model(model)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-1, 19), st.floats(0, 1, width=32), st.integers(-1, 19)), max_size=50))
def test_assignments_come_back_equal(rows: list[tuple[int, float, int]]) -> None:
    label, confidence, runner_up = (
        np.array([row[i] for row in rows], dtype=kind) for i, kind in enumerate((np.int16, np.float32, np.int16))
    )
    back = unpack_assignments(pack_assignments(Assignments(label, confidence, runner_up)))
    for before, after in ((label, back.label), (confidence, back.confidence), (runner_up, back.runner_up)):
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes()


def test_any_flipped_byte_is_noticed(model: SegmentModel) -> None:
    data = pack_model(model)
    for position in range(0, len(data), 7):
        broken = bytearray(data)
        broken[position] ^= 1
        with pytest.raises(ArtifactError):
            unpack_model(bytes(broken))


@pytest.mark.parametrize("data", [b"", b"SCSEGART", b"PK\x03\x04" + bytes(80), pickle.dumps({"a": 1}), artifact.MAGIC + bytes(90)])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="damaged"):
        unpack_model(data)


def test_cut_short_is_refused_even_when_sealed(model: SegmentModel) -> None:
    content = opened(pack_model(model))
    for length in (0, 4, 40, len(content) - 3):
        with pytest.raises(ArtifactError, match="damaged"):
            unpack_model(resealed(content[:length]))


def test_objects_inside_arrays_are_refused(model: SegmentModel) -> None:
    content = opened(with_header(pack_assignments(Assignments(*(np.empty(0, kind) for kind in (np.int16, np.float32, np.int16))))))
    length = 8 + int.from_bytes(content[:8], "big")
    import io  # beside the one array that must never be read

    pickled = io.BytesIO()
    np.lib.format.write_array(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ArtifactError, match="Object arrays"):
        unpack_assignments(resealed(content[:length] + pickled.getvalue()))


def test_one_kind_is_not_taken_for_another(model: SegmentModel) -> None:
    with pytest.raises(ArtifactError, match="assignments was expected, but these bytes hold model"):
        unpack_assignments(pack_model(model))


def test_later_formats_and_unknown_algorithms_are_refused(model: SegmentModel) -> None:
    with pytest.raises(ArtifactError, match="format 99"):
        unpack_model(with_header(pack_model(model), format=99))
    with pytest.raises(ArtifactError, match='algorithm "dowsing"'):
        unpack_model(with_header(pack_model(model), content={"algorithm": "dowsing", "recipe": {}}))
    with pytest.raises(ArtifactError, match="does not fit"):
        unpack_model(with_header(pack_model(model), content={"algorithm": "kmeans", "recipe": {"features": 3}}))


def test_says_which_libraries_wrote_it(model: SegmentModel) -> None:
    assert library_versions(pack_model(model))["numpy"] == np.__version__
