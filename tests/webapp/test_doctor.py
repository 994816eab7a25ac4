"""What `doctor` notices, and what goes on working meanwhile."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from segmentation.artifact import pack_model, unpack_model
from segmentation.errors import ArtifactError
from segmentation.features import FeatureBuilder
from segmentation.pipeline import SegmentModel
from tests.contract.conftest import config_at
from tests.webapp.scored import copied, open_scored_shop, records, score
from tests.webapp.working import Shop
from webapp.edge import open_resources
from webapp.models import Customer, ModelVersion, Snapshot, VersionSegment
from webapp.services.doctor import Problem, examine_team, examine_workspace
from webapp.services.errors import Conflict
from webapp.services.modelling import promotions, stored_models
from webapp.services.modelling.promotions import promote_version
from webapp.store import Store, StoreError


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("doctor")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    resources = open_resources(config_at(folder))
    yield open_scored_shop(resources, "kmeans", "ward")
    resources.engine.dispose()


@pytest.fixture
def shop(kept: Shop, tmp_path: Path) -> Iterator[Shop]:
    """Two versions, the second being champion, in a workspace of a test's own."""
    with copied(kept, tmp_path / "workspace") as own:
        yield own


def examined(shop: Shop) -> list[Problem]:
    fresh = Store(shop.resources.store.root)  # as the command has it, which has verified nothing yet
    with shop.reading() as session:
        return [*examine_workspace(session), *examine_team(session, shop.actor, fresh)]


def digest_of(shop: Shop, number: int, name: str) -> str:
    with shop.reading() as session:
        return str(session.query(ModelVersion).filter_by(number=number).one().__getattribute__(name))


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))


def model_file(shop: Shop, number: int) -> Path:
    return shop.resources.store.path(shop.actor.team_id, "model", digest_of(shop, number, "model_digest"))


def test_a_sound_workspace_has_no_problems(shop: Shop) -> None:
    assert examined(shop) == []


def test_a_changed_byte_is_named_and_the_champion_before_goes_on_serving(shop: Shop) -> None:
    before = score(shop, records(), version=1)
    assert score(shop, records()).version == 2
    flip_a_bit(model_file(shop, 2))
    [problem] = examined(shop)
    assert (problem.id, problem.severity) == ("damaged_model", "error")
    assert problem.subject.endswith("customers version 2")
    answered = score(shop, records())
    assert answered.version == 1
    assert "damaged" in answered.instead
    assert "version 1" in answered.instead
    assert [each.segment for each in answered.customers] == [each.segment for each in before.customers]
    with pytest.raises(StoreError, match="damaged"):
        score(shop, records(), version=2)


def test_a_model_that_is_served_from_memory_is_looked_at_again_on_the_disk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit that flips leaves size and dates as they are; what another process would refuse is not served here either."""
    assert score(shop, records()).version == 2
    path = model_file(shop, 2)
    known = path.stat()
    flip_a_bit(path)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert score(shop, records()).version == 2, "within the minute"
    monkeypatch.setattr(shop.resources.store, "_rechecked_after", 0.0)
    answered = score(shop, records())
    assert (answered.version, "damaged" in answered.instead) == (1, True)


def test_without_a_sound_champion_before_nothing_is_scored(shop: Shop) -> None:
    for number in (1, 2):
        flip_a_bit(model_file(shop, number))
    with pytest.raises(StoreError, match="damaged"):
        score(shop, records())


def test_a_version_that_was_never_champion_does_not_serve(shop: Shop) -> None:
    with shop.writing() as session:
        promote_version(session, shop.actor, "customers", 1)
        session.execute(text("DELETE FROM promotions WHERE version_id = (SELECT id FROM model_versions WHERE number = 2)"))
    flip_a_bit(model_file(shop, 1))
    with pytest.raises(StoreError):
        score(shop, records())


def test_libraries_that_make_other_segments_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    transform = FeatureBuilder.transform
    monkeypatch.setattr(FeatureBuilder, "transform", lambda self, table, **how: transform(self, table, **how) * 1.2)
    stored_models._model.cache_clear()
    found = examined(shop)
    assert {problem.id for problem in found} == {"model_changed"}
    assert len(found) == 2
    with pytest.raises(ArtifactError, match="re-cluster"):
        score(shop, records(), version=2)
    stored_models._model.cache_clear()


def test_a_planted_pickle_is_never_opened(shop: Shop, tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(opened),))

    model_file(shop, 2).write_bytes(pickle.dumps(Trap()))
    assert [problem.id for problem in examined(shop)] == ["damaged_model"]
    assert not opened.exists()


@pytest.mark.parametrize(("area", "column"), [("labels", "labels_digest"), ("measures", "measures_digest")])
def test_other_files_of_a_version_are_looked_at(shop: Shop, area: str, column: str) -> None:
    flip_a_bit(shop.resources.store.path(shop.actor.team_id, area, digest_of(shop, 1, column)))
    [problem] = examined(shop)
    assert problem.id == f"damaged_{area}"
    assert "version 1" in problem.subject


def test_a_missing_snapshot_is_named(shop: Shop) -> None:
    with shop.reading() as session:
        digest = session.query(Snapshot).one().digest
    shop.resources.store.path(shop.actor.team_id, "snapshot", digest).unlink()
    [problem] = examined(shop)
    assert problem.id == "damaged_snapshot"
    assert "missing" in problem.message


def test_sizes_that_do_not_add_up_are_named(shop: Shop) -> None:
    with shop.writing() as session:
        session.query(VersionSegment).filter_by(cluster=0).update({"size": VersionSegment.size + 1})
    assert [problem.id for problem in examined(shop)] == ["sizes_differ", "sizes_differ"]


def test_a_record_that_lost_a_customer_is_named(shop: Shop) -> None:
    with shop.writing() as session:
        session.delete(session.query(Customer).first())
    [problem] = examined(shop)
    assert problem.id == "record_differs"
    assert "snapshot" in problem.message


@pytest.mark.parametrize("column", ["first_import_ref", "last_import_ref", "layout_id"])
def test_a_customer_of_somebody_else_is_named(shop: Shop, column: str) -> None:
    with shop.writing() as session:
        setattr(session.query(Customer).first(), column, 77)
    [problem] = examined(shop)
    assert problem.id == "customers_of_others"
    assert "1 customer" in problem.message


def test_a_customer_of_a_dataset_that_is_gone_is_named(shop: Shop) -> None:
    with shop.writing() as session:
        key = session.scalars(select(Customer.customer_key).limit(1)).one()
        session.execute(update(Customer).where(Customer.customer_key == key).values(dataset_ref=77))
    assert [problem.id for problem in examined(shop)] == ["customers_of_nobody", "record_differs"]


def test_jobs_that_wait_for_nobody_are_named(shop: Shop) -> None:
    waiting = "status = 'queued', exclusive_key = NULL, created_at = '2020-01-01 00:00:00.000000'"
    with shop.writing() as session:
        session.execute(text(f"UPDATE jobs SET {waiting} WHERE kind = 'recluster'"))
    assert [problem.id for problem in examined(shop)] == ["no_worker"]


@pytest.mark.parametrize("promote", [True, False])
def test_a_version_that_cannot_place_customers_is_not_promoted(shop: Shop, promote: bool) -> None:
    flip_a_bit(model_file(shop, 1))
    store = shop.resources.store
    move = partial(promote_version, number=1) if promote else promotions.roll_back
    with shop.writing() as session, pytest.raises(Conflict, match="was not promoted"):
        move(session, shop.actor, "customers", store=store)  # type: ignore[operator]
    assert score(shop, records()).version == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE imports SET before = '{' WHERE status = 'done'",
        "UPDATE imports SET before = '{\"a\": 1}' WHERE status = 'done'",
        "UPDATE model_versions SET lineage = '{' WHERE number = 2",
        "UPDATE model_versions SET profiles = '[]' WHERE number = 2",
        "UPDATE model_versions SET report = '{}' WHERE number = 2",
        "UPDATE snapshots SET column_schema = '{\"columns\": 7}'",
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_looked_at(shop: Shop, change: str) -> None:
    flip_a_bit(model_file(shop, 1))
    with shop.writing() as session:
        session.execute(text(change))
    found = {problem.id for problem in examined(shop)}
    assert "unreadable_row" in found
    assert "damaged_model" in found


def test_a_model_of_another_version_is_named(shop: Shop) -> None:
    with shop.writing() as session:
        digest = session.execute(text("SELECT model_digest FROM model_versions WHERE number = 1")).scalar()
        swapped = pack_model(_mirrored(unpack_model(shop.resources.store.read_bytes(shop.actor.team_id, "model", str(digest)))))
        other = shop.resources.store.put_bytes(shop.actor.team_id, "model", swapped)
        session.execute(text("UPDATE model_versions SET model_digest = :other WHERE number = 1"), {"other": other})
    [problem] = examined(shop)
    assert problem.id == "model_of_another"
    assert problem.subject.endswith("version 1")


def _mirrored(model: SegmentModel) -> SegmentModel:
    """The same model with its clusters the other way round."""
    state = model.clusterer.state()
    clusterer = type(model.clusterer).restored({name: array[::-1] if array.ndim else array for name, array in state.items()})  # type: ignore[attr-defined]
    return replace(model, clusterer=clusterer)


CHALLENGED = "dataset_id, team_id, version_id, set_by, set_at"


@pytest.mark.parametrize(
    ("change", "id"),
    [
        ("DELETE FROM champions", "champion_missing"),
        (
            f"INSERT INTO challengers ({CHALLENGED}) SELECT dataset_id, team_id, version_id, 'x', '2026-01-01 00:00:00' FROM champions",
            "challenger_is_champion",
        ),
    ],
)
def test_pointers_are_looked_at(shop: Shop, change: str, id: str) -> None:
    with shop.writing() as session:
        session.execute(text(change))
    assert [problem.id for problem in examined(shop)] == [id]
