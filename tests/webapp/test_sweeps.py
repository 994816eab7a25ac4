"""Sweeps: asked for once, worked out, compared with the default, read by the team alone, and fitted from."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from segmentation.choosing.verdict import recommend
from segmentation.clustering import ALGORITHMS
from segmentation.codec import to_json
from segmentation.guiding.search import Budget
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, claim, count_rows, customers_csv, open_shop, run_claimed, run_jobs
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Job, MemberRole, ModelVersion, Sweep
from webapp.services.data.datasets import ensure_dataset
from webapp.services.data.feature_lists import list_feature_choices
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound, ServiceError
from webapp.services.modelling import sweeps, versions
from webapp.services.modelling.sweep_results import SweepReport
from webapp.services.modelling.sweeps import SweepSummary
from webapp.services.work import jobs
from webapp.tasks import sweeping

FILE = customers_csv((50, 50, 50))
KMEANS = ("kmeans",)


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(FILE)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


@pytest.fixture
def sqlite_shop(imported_shop: Shop) -> Shop:
    """Where the database does not matter."""
    return imported_shop


def request(shop: Shop, dataset: str = "customers", **asked: object) -> str:
    with shop.writing() as session:
        options = {"algorithms": KMEANS, **asked}
        return sweeps.request_sweep(session, shop.actor, dataset, **options).id  # type: ignore[arg-type]


def swept(shop: Shop, dataset: str = "customers", **asked: object) -> SweepSummary:
    request(shop, dataset, **asked)
    run_jobs(shop.resources)
    with shop.reading() as session:
        return sweeps.list_sweeps(session, shop.actor, dataset)[0]


def report(shop: Shop, number: int = 1) -> SweepReport:
    with shop.reading() as session:
        return sweeps.show_sweep_report(session, shop.actor, "customers", number)


def test_many_requests_at_once_make_one_job_and_one_sweep(shop: Shop) -> None:
    together = Barrier(8)

    def ask(_: int) -> str:
        together.wait()
        with unit_of_work(shop.resources) as session:
            return sweeps.request_sweep(session, shop.actor, "customers").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    with shop.reading() as session:
        assert count_rows(session, Sweep) == [1]
        assert len(session.scalars(select(Job).where(Job.kind == "sweep")).all()) == 1


def test_a_sweep_holds_every_candidate_and_what_the_library_recommends(shop: Shop) -> None:
    done = swept(shop)
    found = report(shop)
    assert (done.number, done.status, done.verdict) == (1, "ready", found.found.verdict.word)
    assert {each.k for each in found.found.candidates if each.algorithm == "kmeans"} == {2, 3, 4}
    assert len({(each.algorithm, each.k) for each in found.found.candidates}) == len(found.found.candidates)
    best, verdict = recommend(found.found.candidates)
    assert (found.found.best, found.found.verdict) == (best, verdict)
    assert found.found.features
    assert found.default is None
    assert found.customers == 150
    drawn = found.clustergrams["kmeans"]
    assert [sum(node.customers for node in drawn.nodes if node.k == k) for k in (1, 2, 3, 4)] == [150] * 4
    with shop.reading() as session:
        assert {"sweep.requested", "sweep.ready"} <= set(session.scalars(select(AuditEvent.action)))
        assert count_rows(session, ModelVersion) == [0]


def test_chosen_features_stand_beside_the_default(sqlite_shop: Shop) -> None:
    swept(sqlite_shop)
    swept(sqlite_shop, features={"income": 2.0, "visits": 1.0, "spend": 0.0})
    plain, chosen = report(sqlite_shop, 1), report(sqlite_shop, 2)
    assert {(feature.name, feature.weight) for feature in chosen.found.features} == {("income", 2.0), ("visits", 1.0)}
    assert chosen.default is not None
    figures = [(each.algorithm, each.k, each.silhouette, each.stability_ari) for each in plain.found.candidates]
    assert [(each.algorithm, each.k, each.silhouette, each.stability_ari) for each in chosen.default.candidates] == figures
    assert chosen.default.verdict == plain.found.verdict


def test_all_features_are_all_that_can_be_and_are_not_sensitive(sqlite_shop: Shop) -> None:
    swept(sqlite_shop, features="all")
    with sqlite_shop.reading() as session:
        choices = list_feature_choices(session, sqlite_shop.actor, sqlite_shop.resources.store, "customers")
    usable = {choice.name for choice in choices if choice.usable and not choice.sensitive}
    assert {feature.name for feature in report(sqlite_shop).found.features} == usable
    assert {choice.name for choice in choices if choice.weight} < usable


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"algorithms": ("magic",)}, "algorithm"),
        ({"seed": -1}, "seed"),
        ({"features": {"spend": 11.0}}, "features"),
        ({"features": {"spend": float("nan")}}, "features"),
        ({"features": {"spend": 0.0}}, "features"),
        ({"features": ()}, "features"),
    ],
)
def test_what_cannot_be_asked_for_is_named(sqlite_shop: Shop, asked: dict[str, object], field: str) -> None:
    with sqlite_shop.writing() as session, pytest.raises(Invalid) as refusal:
        sweeps.request_sweep(session, sqlite_shop.actor, "customers", **asked)  # type: ignore[arg-type]
    assert refusal.value.details["field"] == field


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("Id,Income\n1,5\n", "at least 20 customers"),
        ("Id,Income,Spend_A\n" + "".join(f"{n},5,5\n" for n in range(200)), "nothing to tell customers apart"),
        ("Id,Income,Spend_A\n" + "".join(f"{n},{n % 2},5\n" for n in range(19)), "at least 20 customers"),
    ],
    ids=["one row", "constant", "nineteen"],
)
def test_too_little_to_go_by_is_refused_in_words(sqlite_shop: Shop, file: str, words: str) -> None:
    sqlite_shop.import_file(file, dataset="Small")
    done = swept(sqlite_shop, "small")
    assert done.status == "failed"
    assert words in (done.status_message or "")
    with sqlite_shop.reading() as session, pytest.raises(Conflict, match="found nothing"):
        sweeps.show_sweep_report(session, sqlite_shop.actor, "small", 1)


def test_an_unknown_feature_is_refused_in_words(sqlite_shop: Shop) -> None:
    done = swept(sqlite_shop, features=("spend", "shoe_size"))
    assert (done.status, "shoe_size" in (done.status_message or "")) == ("failed", True)


def test_several_algorithms_stand_in_the_order_of_the_registry_each_once(sqlite_shop: Shop) -> None:
    swept(sqlite_shop, algorithms=("ward", "kmeans"))
    found = report(sqlite_shop)
    keys = [(list(ALGORITHMS).index(each.algorithm), each.k) for each in found.found.candidates]
    assert keys == sorted(set(keys))
    assert {"kmeans", "ward"} <= {each.algorithm for each in found.found.candidates} == set(found.clustergrams)


def test_an_algorithm_that_finds_no_number_is_named_and_the_others_stand(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = sweeping.sweep_features

    def ward_refuses(*args: object, **options: object) -> object:
        if options["algorithm"] == "ward":
            raise sweeping.NotEnoughData("It found none.")
        return genuine(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "sweep_features", ward_refuses)
    swept(sqlite_shop, algorithms=("kmeans", "ward"))
    assert report(sqlite_shop).silent == ("ward",)
    assert swept(sqlite_shop, algorithms=("ward",)).status_message == "It found none."


def test_an_outcome_chooses_features_and_the_fit_takes_them(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = partial(sweeping.guide, budget=Budget(proposals=4, ks=(3, 4), tested=2, draws=4), folds=2, repeats=1)
    monkeypatch.setattr(sweeping, "guide", quick)
    assert swept(sqlite_shop, outcome="response").status == "ready"
    found = report(sqlite_shop)
    assert found.guidance is not None
    assert found.default is not None
    assert found.found.best.k == found.guidance.k
    assert {feature.name: feature.weight for feature in found.found.features} == dict(found.guidance.features)
    with sqlite_shop.reading() as session:
        viewed = sweeps.show_sweep_report(session, sqlite_shop.member(MemberRole.VIEWER), "customers", 1)
    assert exact_figures(found)
    assert not exact_figures(viewed)
    assert all(flow.customers >= 10 for drawn in viewed.clustergrams.values() for flow in drawn.flows)
    assert {feature.bounded for feature in viewed.found.features if feature.transform not in ("flag", "category")} == {None}
    with sqlite_shop.writing() as session:
        assert sweeps.list_outcomes(session, sqlite_shop.actor, "customers") == {"response": "Response"}
        sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", found.guidance.k, sweep=1)
        version = versions.show_version(session, sqlite_shop.actor, "customers", 1)
    assert version.requested["features"] == dict(found.guidance.features)


def exact_figures(report: SweepReport) -> list[float]:
    """Numbers in a report, other than seconds and weights, with more than three digits: two, and three for a segment's share."""

    def numbers(value: Any) -> Iterator[float]:
        if isinstance(value, dict):
            for name, part in value.items():
                yield from () if name in ("seconds", "weight", "features") else numbers(part)
        elif isinstance(value, list):
            for part in value:
                yield from numbers(part)
        elif isinstance(value, float):
            yield value

    return [value for value in numbers(to_json(report)) if float(f"{value:.3g}") != value]


def test_a_guide_that_is_no_outcome_is_refused(sqlite_shop: Shop) -> None:
    for asked in ({"outcome": "income"}, {"outcome": "response", "features": ("income",)}):
        with sqlite_shop.writing() as session, pytest.raises(Invalid):
            sweeps.request_sweep(session, sqlite_shop.actor, "customers", **asked)  # type: ignore[arg-type]


def test_a_crash_while_storing_leaves_it_pending_and_the_next_attempt_ends_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = sweeping.record_sweep

    def crash(*args: object) -> None:
        genuine(*args)  # type: ignore[arg-type]
        raise MemoryError

    request(shop)
    job = claim(shop.resources)
    assert job is not None
    with monkeypatch.context() as patched:
        patched.setattr(sweeping, "record_sweep", crash)
        with pytest.raises(MemoryError):
            run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert sweeps.show_sweep(session, shop.actor, "customers", 1).status == "pending"
        with pytest.raises(Conflict, match="not ready"):
            sweeps.show_sweep_report(session, shop.actor, "customers", 1)
    run_claimed(shop.resources, job)
    with shop.reading() as session:
        assert sweeps.show_sweep(session, shop.actor, "customers", 1).status == "ready"
        assert jobs.show_job(session, shop.actor, job.id).status == "done"


def test_a_cancelled_sweep_says_who_stopped_it_and_the_next_can_start(shop: Shop) -> None:
    asked = request(shop)
    with shop.writing() as session:
        jobs.cancel_job(session, shop.actor, asked)
    with shop.reading() as session:
        stopped = sweeps.show_sweep(session, shop.actor, "customers", 1)
    assert (stopped.status, "Stopped" in (stopped.status_message or "")) == ("cancelled", True)
    assert swept(shop).number == 2


def test_a_job_leads_to_its_sweep(sqlite_shop: Shop) -> None:
    asked = request(sqlite_shop)
    with sqlite_shop.reading() as session:
        job = jobs.show_job(session, sqlite_shop.actor, asked)
        assert (job.subject, job.url_part) == ("sweep 1", "lab/1")
        assert sweeps.sweep_of_job(session, sqlite_shop.actor, asked) == 1


def test_a_candidate_is_fitted_as_it_was_tried(sqlite_shop: Shop) -> None:
    swept(sqlite_shop, features={"income": 1.0, "spend": 2.0}, seed=5)
    sqlite_shop.recluster(k=3)
    with sqlite_shop.writing() as session:
        sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", 4, sweep=1)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        fitted = versions.show_version(session, sqlite_shop.actor, "customers", 2)
        figures = versions.show_report(session, sqlite_shop.actor, "customers", 2).figures
    assert (fitted.status, fitted.champion, fitted.algorithm, fitted.k, fitted.seed) == ("ready", False, "kmeans", 4, 5)
    assert fitted.requested["features"] == {"income": 1.0, "spend": 2.0}
    tried = next(each for each in report(sqlite_shop).found.candidates if each.k == 4)
    assert np.isclose(figures["silhouette"], tried.silhouette, rtol=1e-12)
    assert np.isclose(figures["stability_ari"], tried.stability_ari, rtol=1e-12)


def test_what_was_not_tried_is_not_fitted_and_one_fit_waits_for_the_other(sqlite_shop: Shop) -> None:
    swept(sqlite_shop)
    with sqlite_shop.writing() as session:
        with pytest.raises(Invalid, match="not tried"):
            sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", 9, sweep=1)
        with pytest.raises(NotFound):
            sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", 3)
        versions.request_recluster(session, sqlite_shop.actor, "customers")
        with pytest.raises(Conflict, match="already"):
            sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", 3, sweep=1)


def test_the_sweep_behind_a_version_reads_as_one(sqlite_shop: Shop) -> None:
    version = sqlite_shop.recluster(k=3)
    with sqlite_shop.writing() as session:
        behind = sweeps.version_sweep(session, sqlite_shop.actor, "customers", 1)
        sweeps.fit_candidate(session, sqlite_shop.actor, "customers", "kmeans", 2, version=1)
    assert behind.found.recommended == ("kmeans", version.k)
    assert behind.found.best.k == 3
    assert behind.customers == 150


def test_without_customers_there_is_nothing_to_try(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    with shop.writing() as session:
        ensure_dataset(session, shop.actor, "Empty")
        with pytest.raises(Conflict, match="Import"):
            sweeps.request_sweep(session, shop.actor, "empty")
        assert list_feature_choices(session, shop.actor, shop.resources.store, "empty") == ()
        assert count_rows(session, Sweep, Job) == [0, 0]


def test_strangers_and_lower_roles_are_kept_out(shop: Shop) -> None:
    swept(shop)
    acts = (
        lambda session, actor: sweeps.request_sweep(session, actor, "customers"),
        lambda session, actor: sweeps.fit_candidate(session, actor, "customers", "kmeans", 2, sweep=1),
    )
    reads = (
        lambda session, actor: sweeps.list_sweeps(session, actor, "customers"),
        lambda session, actor: sweeps.show_sweep(session, actor, "customers", 1),
        lambda session, actor: sweeps.show_sweep_report(session, actor, "customers", 1),
        lambda session, actor: sweeps.list_outcomes(session, actor, "customers"),
        lambda session, actor: list_feature_choices(session, actor, shop.resources.store, "customers"),
    )
    for act, actor, refusal in (
        *((act, shop.member(MemberRole.MARKETER), Forbidden) for act in acts),
        *((act, shop.stranger, NotFound) for act in (*acts, *reads)),
    ):
        with shop.writing() as session, pytest.raises(ServiceError) as refused:
            act(session, actor)
        assert isinstance(refused.value, refusal)
    with shop.reading() as session:
        assert all(read(session, shop.member(MemberRole.VIEWER)) is not None for read in reads)
