"""What a version was fitted to never changes once it is ready."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests.webapp.working import Shop
from webapp.models import AlteredVersion, ModelVersion, Sweep, VersionStatus
from webapp.services.access import team_dataset
from webapp.services.data.snapshots import latest_snapshot

FITTED = {
    "seed": 9,
    "number": 9,
    "k": 9,
    "algorithm": "ward",
    "verdict": "none",
    "report": {},
    "profiles": {},
    "recipe": {},
    "parameters": {"share": 1.0},
    "libraries": {},
    "model_digest": "0" * 64,
    "labels_digest": "0" * 64,
    "measures_digest": None,
    "requested": {},
    "note": "Another note",
    "created_by": "somebody",
    "status_message": "Altered",
}


def only_version(session: Session) -> ModelVersion:
    return session.scalars(select(ModelVersion)).one()


@pytest.fixture
def shop(imported_shop: Shop) -> Shop:
    imported_shop.recluster(k=3, note=" Three are enough. ")
    return imported_shop


@pytest.mark.parametrize("field", FITTED)
def test_what_was_fitted_cannot_be_changed(shop: Shop, field: str) -> None:
    with shop.reading() as session:
        before = getattr(only_version(session), field)
    with pytest.raises(AlteredVersion, match=field), shop.writing() as session:
        setattr(only_version(session), field, FITTED[field])
    with shop.reading() as session:
        assert getattr(only_version(session), field) == before


@pytest.mark.parametrize("status", [VersionStatus.PENDING, VersionStatus.FAILED, VersionStatus.CANCELLED])
def test_a_ready_version_never_becomes_unready(shop: Shop, status: VersionStatus) -> None:
    with pytest.raises(AlteredVersion, match="cannot become"), shop.writing() as session:
        only_version(session).status = status


def test_whether_it_is_kept_may_change_and_a_removed_one_stays_removed(shop: Shop) -> None:
    with shop.writing() as session:
        only_version(session).pinned = True
    with shop.writing() as session:
        only_version(session).status = VersionStatus.REMOVED
    with pytest.raises(AlteredVersion), shop.writing() as session:
        only_version(session).status = VersionStatus.READY


@pytest.mark.parametrize("statement", [update(ModelVersion).values(seed=9), delete(ModelVersion), update(Sweep).values(seed=9)])
def test_no_statement_passes_the_rows_by(shop: Shop, statement: Any) -> None:
    with pytest.raises(AlteredVersion), shop.writing() as session:
        session.execute(statement)


def test_its_row_is_not_deleted(shop: Shop) -> None:
    with pytest.raises(AlteredVersion), shop.writing() as session:
        session.delete(only_version(session))


def test_a_version_holds_what_fitted_it(shop: Shop) -> None:
    with shop.reading() as session:
        version = only_version(session)
        snapshot = latest_snapshot(session, team_dataset(session, shop.actor, "customers"))
        assert snapshot is not None
        assert (version.snapshot_id, version.seed, version.note, version.created_by) == (
            snapshot.id,
            0,
            "Three are enough.",
            shop.actor.name,
        )
        assert version.recipe is not None
        assert {feature["measure"] for feature in version.recipe["features"]} >= {"spend"}
        assert version.parameters == {}
        assert version.libraries is not None
        assert {"smartcart-segments", "python", "numpy", "scikit-learn"} <= set(version.libraries)
        assert sum(version.report["seconds"].values()) > 0
