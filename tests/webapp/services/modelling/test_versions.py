"""Asking for versions, and moving the champion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from threading import Barrier

import pytest
from sqlalchemy import select

from segmentation.choosing.selection import Candidate
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, count_rows, customers_csv, open_shop
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Champion, Job, MemberRole, ModelVersion, Promotion
from webapp.services.access import Actor
from webapp.services.data.datasets import ensure_dataset
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound, ServiceError
from webapp.services.modelling import promotions, retention, versions
from webapp.services.segmenting import segments

FILE = customers_csv((50, 50, 50))


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(FILE)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


@pytest.fixture
def sqlite_shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def test_many_requests_at_once_make_one_job_and_one_version(shop: Shop) -> None:
    together = Barrier(8)

    def request(_: int) -> str:
        together.wait()
        with unit_of_work(shop.resources) as session:
            return versions.request_recluster(session, shop.actor, "customers").id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(request, range(8)))
    assert len(ids) == 1
    with shop.reading() as session:
        assert count_rows(session, ModelVersion) == [1]
        assert len(session.scalars(select(Job).where(Job.kind == "recluster")).all()) == 1


def test_promotion_moves_the_pointer_and_is_written_down(shop: Shop) -> None:
    shop.recluster(k=3)
    shop.recluster(k=2)
    with shop.writing() as session:
        moved = promotions.promote_version(session, shop.actor, "customers", 2, note=" Fewer are enough. ", expected=1)
    assert (moved.champion, moved.previous) == (2, 1)
    with shop.reading() as session:
        assert [version.champion for version in versions.list_versions(session, shop.actor, "customers")] == [True, False]
        overview = segments.show_segments(session, shop.actor, "customers")
        assert overview is not None
        assert overview.version.number == 2
        assert [promotion.note for promotion in session.scalars(select(Promotion).order_by(Promotion.created_at))][
            -1
        ] == "Fewer are enough."
        assert "version.promoted" in session.scalars(select(AuditEvent.action)).all()
    with shop.writing() as session:
        assert promotions.promote_version(session, shop.actor, "customers", 1).previous == 2


def test_of_two_promotions_at_once_one_wins(shop: Shop) -> None:
    for k in (3, 2, 4):
        shop.recluster(k=k)
    together = Barrier(2)

    def promote(number: int) -> str:
        together.wait()
        try:
            with unit_of_work(shop.resources) as session:
                promotions.promote_version(session, shop.actor, "customers", number, expected=1)
        except Conflict as refusal:
            return refusal.code
        return "moved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(promote, (2, 3)))
    assert outcomes == ["champion_moved", "moved"]
    with shop.reading() as session:
        assert count_rows(session, Champion, Promotion) == [1, 2]


def test_a_stale_pointer_is_not_moved(sqlite_shop: Shop) -> None:
    for k in (3, 2, 4):
        sqlite_shop.recluster(k=k)
    with sqlite_shop.writing() as session:
        promotions.promote_version(session, sqlite_shop.actor, "customers", 2)
        with pytest.raises(Conflict):
            promotions.promote_version(session, sqlite_shop.actor, "customers", 3, expected=1)
        with pytest.raises(Conflict, match="already"):
            promotions.promote_version(session, sqlite_shop.actor, "customers", 2)
        with pytest.raises(NotFound):
            promotions.promote_version(session, sqlite_shop.actor, "customers", 9)


def test_a_version_that_is_not_ready_is_neither_shown_nor_promoted(sqlite_shop: Shop) -> None:
    with sqlite_shop.writing() as session:
        versions.request_recluster(session, sqlite_shop.actor, "customers")
        for act in (promotions.promote_version, versions.show_report):
            with pytest.raises(Conflict, match="not ready"):
                act(session, sqlite_shop.actor, "customers", 1)
        with pytest.raises(Conflict, match="not ready"):
            segments.show_segments(session, sqlite_shop.actor, "customers", version=1)
        assert segments.show_segments(session, sqlite_shop.actor, "customers") is None


def asked_again(shop: Shop, **options: object) -> int | None:
    """The number of the version that is led to; None where another one is made."""
    with shop.writing() as session:
        job = versions.request_recluster(
            session,
            shop.actor,
            "customers",
            **{"unless_there": True, "store": shop.resources.store, **options},  # type: ignore[arg-type]
        )
        number = versions.version_of_job(session, shop.actor, job.id) if job.finished_at else None
        session.rollback()
    return number


def test_what_was_fitted_already_is_not_fitted_again(shop: Shop) -> None:
    shop.recluster(k=3, seed=4, features=["income", "spend"])
    shop.recluster(k=2, seed=4)
    assert asked_again(shop, k=3, seed=4, features=["income", "spend"]) == 1
    assert asked_again(shop, k=3, seed=4, features={"spend": 1.0, "income": 1.0}) == 1
    assert asked_again(shop, k=2, seed=4) == 2
    others: tuple[dict[str, object], ...] = (
        {"k": 2, "seed": 5},
        {"k": 3, "seed": 4},
        {"seed": 4},
        {"k": 2, "seed": 4, "algorithm": "ward"},
        {"k": 2, "seed": 4, "features": "all"},
        {"k": 3, "seed": 4, "features": {"spend": 0.5, "income": 1.0}},
        {"k": 2, "seed": 4, "unless_there": False},
    )
    assert [asked_again(shop, **other) for other in others] == [None] * len(others)
    shop.import_file(customers_csv((5,), first=900))
    assert asked_again(shop, k=2, seed=4) is None


def test_a_version_that_failed_was_removed_or_is_damaged_is_fitted_again(sqlite_shop: Shop) -> None:
    """The same fit gives the same files, so that it mends what was damaged."""
    shop = sqlite_shop
    shop.recluster(k=3)
    shop.recluster(k=2, seed=1)
    assert (asked_again(shop, k=3), asked_again(shop, k=2, seed=1)) == (1, 2)
    with shop.writing() as session:
        digest = session.scalars(select(ModelVersion.model_digest).where(ModelVersion.number == 1)).one()
        shop.resources.store.remove(shop.actor.team_id, "model", digest or "")
        retention.remove_version(session, shop.actor, "customers", 2)
    assert (asked_again(shop, k=3), asked_again(shop, k=2, seed=1)) == (None, None)
    assert shop.recluster(k=3, unless_there=True, store=shop.resources.store).number == 3
    assert asked_again(shop, k=3) == 3
    with shop.reading() as session:
        labels = session.scalars(select(ModelVersion.labels_digest).where(ModelVersion.number == 3)).one()
        shop.resources.store.remove(shop.actor.team_id, "labels", labels or "")
    assert asked_again(shop, k=3) is None


@pytest.mark.parametrize(
    ("asked", "field"), [({"algorithm": "magic"}, "algorithm"), ({"k": 1}, "k"), ({"k": 99}, "k"), ({"seed": -1}, "seed")]
)
def test_what_cannot_be_asked_for_is_named(sqlite_shop: Shop, asked: dict[str, object], field: str) -> None:
    with sqlite_shop.writing() as session, pytest.raises(Invalid) as refusal:
        versions.request_recluster(session, sqlite_shop.actor, "customers", **asked)  # type: ignore[arg-type]
    assert refusal.value.details["field"] == field


def test_without_customers_there_is_nothing_to_recluster(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    with shop.writing() as session:
        ensure_dataset(session, shop.actor, "Empty")
        with pytest.raises(Conflict, match="Import"):
            versions.request_recluster(session, shop.actor, "empty")
        assert count_rows(session, ModelVersion, Job) == [0, 0]


def test_strangers_and_lower_roles_are_kept_out(sqlite_shop: Shop) -> None:
    sqlite_shop.recluster(k=3)
    sqlite_shop.recluster(k=2)
    acts = (
        lambda session, actor: versions.request_recluster(session, actor, "customers"),
        lambda session, actor: promotions.promote_version(session, actor, "customers", 2),
        lambda session, actor: segments.rename_segment(session, actor, "customers", "x", "y"),
    )
    reads = (
        lambda session, actor: versions.list_versions(session, actor, "customers"),
        lambda session, actor: versions.show_version(session, actor, "customers", 1),
        lambda session, actor: versions.show_report(session, actor, "customers", 1),
        lambda session, actor: segments.show_segments(session, actor, "customers", version=1),
        lambda session, actor: segments.show_segment(session, actor, "customers", "x"),
    )
    for act, actor, refusal in (
        *((act, sqlite_shop.member(MemberRole.MARKETER), Forbidden) for act in acts),
        *((act, sqlite_shop.stranger, NotFound) for act in (*acts, *reads)),
    ):
        with sqlite_shop.writing() as session, pytest.raises(ServiceError) as refused:
            act(session, actor)
        assert isinstance(refused.value, refusal)


def test_the_version_of_a_job_is_the_one_it_fits(shop: Shop) -> None:
    with shop.writing() as session:
        job = versions.request_recluster(session, shop.actor, "customers")
        assert versions.version_of_job(session, shop.actor, job.id) == versions.list_versions(session, shop.actor, "customers")[0].number


def test_viewers_read_no_exact_figure_of_any_version(sqlite_shop: Shop) -> None:
    """Two significant digits of a figure, and of the smallest segment's share as much as its size says."""
    for k in (3, 2):
        sqlite_shop.recluster(k=k)
    viewer, marketer = (sqlite_shop.member(role) for role in (MemberRole.VIEWER, MemberRole.MARKETER))
    with sqlite_shop.reading() as session:

        def read(actor: Actor) -> list[dict[str, float]]:
            listed = versions.list_versions(session, actor, "customers")
            shown = [versions.show_version(session, actor, "customers", number) for number in (1, 2)]
            reports = [versions.show_report(session, actor, "customers", number) for number in (1, 2)]
            candidates = [numbers(candidate) for report in reports for candidate in report.sweep]
            return [each.figures for each in (*listed, *shown, *reports)] + candidates

        assert not any(exact(figures) for figures in read(viewer))
        assert all(exact(figures) for figures in read(marketer))
        overview = segments.show_segments(session, viewer, "customers")
        assert overview is not None
        assert not exact(overview.version.figures)


def numbers(candidate: Candidate) -> dict[str, float]:
    return {name: value for name, value in asdict(candidate).items() if isinstance(value, float)}


def exact(figures: dict[str, float]) -> list[str]:
    """Names of figures that say more than a viewer may read."""
    digits = {"evaluated_on": 17, "smallest_share": 3, "unassigned": 3}
    return [name for name, value in figures.items() if float(f"{value:.{digits.get(name, 2)}g}") != value]
