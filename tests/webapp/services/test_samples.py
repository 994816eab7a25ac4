"""The sample: one for a team however many ask, all of it or nothing, followed by segments; an admin's click confirms the legal basis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from unittest.mock import patch

import pytest
from sqlalchemy import select

from tests.webapp.working import Shop, claim, count_rows, customers_csv, open_shop, run_claimed, run_jobs
from webapp.edge import Resources, unit_of_work
from webapp.models import AuditEvent, Customer, Dataset, Import, ImportStatus, Job, MemberRole, Snapshot
from webapp.services import samples
from webapp.services.data import datasets, imports, timeline
from webapp.services.errors import Conflict, Forbidden
from webapp.services.modelling import versions
from webapp.services.samples import Sample
from webapp.services.segmenting import traces
from webapp.services.work import jobs
from webapp.tasks import sampling


@pytest.fixture
def shop(resources: Resources) -> Shop:
    """A team with nothing in it, on both databases in turn."""
    return open_shop(resources)


@pytest.fixture
def sqlite_shop(sqlite_resources: Resources) -> Shop:
    return open_shop(sqlite_resources)


def ask(shop: Shop, role: MemberRole = MemberRole.ADMIN) -> Sample:
    with shop.writing() as session:
        return samples.request_sample(session, shop.member(role))


def test_it_becomes_months_of_customers_segments_and_their_story(shop: Shop) -> None:
    sample = ask(shop)
    assert (sample.dataset, sample.ready) == ("sample-shop", False)
    run_jobs(shop.resources)
    with shop.reading() as session:
        known = timeline.show_timeline(session, shop.actor, "sample-shop")
        assert [snapshot.number for snapshot in known] == [6, 5, 4, 3, 2, 1]
        assert sorted(snapshot.customers for snapshot in known) == [snapshot.customers for snapshot in reversed(known)]
        assert (known[0].customers, known[0].as_of) == (samples.ROWS, date(2024, 6, 29))
        assert count_rows(session, Customer, Import, Snapshot) == [samples.ROWS, samples.MONTHS, samples.MONTHS]
        [version] = versions.list_versions(session, shop.actor, "sample-shop")
        assert (version.champion, version.k, version.verdict) == (True, samples.SEGMENTS, "natural")
        found = traces.list_traces(session, shop.actor, "sample-shop")
        assert found is not None
        assert [division.customers for division in found.divisions] == [snapshot.customers for snapshot in reversed(known)]
        assert all(division.moves and sum(division.moves.joined) and division.moves.moved for division in found.divisions[1:])
        assert samples.find_sample(session, shop.actor) == Sample("sample-shop", "Sample shop", True, None)


def test_its_imports_look_like_those_of_files(sqlite_shop: Shop) -> None:
    ask(sqlite_shop)
    run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        newest, *_, oldest = imports.list_imports(session, sqlite_shop.actor, "sample-shop")
        brought = select(Customer).join(Import, Import.ref == Customer.first_import_ref).where(Import.id == newest.id)
        first = session.scalars(brought).first()
    assert (newest.file_name, newest.status, newest.snapshot) == ("sample-2024-06.csv", ImportStatus.DONE, 6)
    assert newest.report is not None
    assert oldest.report is not None
    assert newest.report.new + newest.report.changed + newest.report.unchanged == samples.ROWS
    assert (oldest.report.new, oldest.report.changed) == (oldest.report.file_rows, 0)
    assert newest.report.schema["Response"] == "outcome"
    assert first is not None


def test_many_clicks_at_once_make_one_sample(shop: Shop) -> None:
    together = Barrier(8)

    def click(_: int) -> Sample:
        together.wait()
        with unit_of_work(shop.resources) as session:
            return samples.request_sample(session, shop.actor)

    with ThreadPoolExecutor(8) as pool:
        found = {sample.job_id for sample in pool.map(click, range(8))}
    assert len(found) == 1
    with shop.reading() as session:
        assert count_rows(session, Dataset, Job) == [1, 1]


def test_a_team_that_has_it_is_led_to_it(sqlite_shop: Shop) -> None:
    ask(sqlite_shop)
    run_jobs(sqlite_shop.resources)
    again = ask(sqlite_shop)
    assert (again.dataset, again.ready, again.job_id) == ("sample-shop", True, None)
    with sqlite_shop.reading() as session:
        assert count_rows(session, Dataset) == [1]
        assert samples.find_sample(session, sqlite_shop.stranger) is None


def test_a_dataset_of_that_name_stays_as_it_is(sqlite_shop: Shop) -> None:
    sqlite_shop.import_file(customers_csv(), dataset="Sample shop")
    sample = ask(sqlite_shop)
    assert (sample.dataset, sample.name) == ("sample-shop-2", "Sample shop 2")
    with sqlite_shop.reading() as session:
        assert datasets.show_dataset(session, sqlite_shop.actor, "sample-shop").customers == 180


def test_cancelled_nothing_is_there_and_the_next_click_starts_anew(sqlite_shop: Shop) -> None:
    first = ask(sqlite_shop)
    with sqlite_shop.writing() as session:
        jobs.cancel_job(session, sqlite_shop.actor, first.job_id or "")
    with sqlite_shop.reading() as session:
        assert count_rows(session, Customer, Import, Snapshot) == [0, 0, 0]
    second = ask(sqlite_shop)
    assert second.dataset == first.dataset
    assert second.job_id not in (None, first.job_id)


def test_it_is_all_or_nothing(sqlite_shop: Shop) -> None:
    ask(sqlite_shop)
    with patch.object(samples, "request_recluster", side_effect=RuntimeError("no more")):
        run_jobs(sqlite_shop.resources)
    with sqlite_shop.reading() as session:
        assert count_rows(session, Customer, Import, Snapshot) == [0, 0, 0]
        assert session.scalars(select(Job.status)).all() == ["failed"]


def test_customers_that_came_meanwhile_are_left_alone(sqlite_shop: Shop) -> None:
    ask(sqlite_shop)
    job = claim(sqlite_shop.resources)
    assert job is not None
    with patch.object(sampling, "sample_states", side_effect=AssertionError):
        sqlite_shop.import_file(customers_csv(), dataset="Sample shop")
        with pytest.raises(Conflict, match="Nothing was added"):
            run_claimed(sqlite_shop.resources, job)


@pytest.mark.parametrize("role", list(MemberRole))
def test_who_may_load_it_and_whose_click_confirms_the_legal_basis(sqlite_shop: Shop, role: MemberRole) -> None:
    if role in (MemberRole.VIEWER, MemberRole.MARKETER):
        with pytest.raises(Forbidden):
            ask(sqlite_shop, role)
        with sqlite_shop.reading() as session:
            assert count_rows(session, Dataset, Job) == [0, 0]
        return
    ask(sqlite_shop, role)
    with sqlite_shop.reading() as session:
        confirmed = datasets.show_dataset(session, sqlite_shop.actor, "sample-shop").legal_basis_confirmed
        actions = set(session.scalars(select(AuditEvent.action).where(AuditEvent.actor == f"{role}@north.example")))
    assert confirmed == (role == MemberRole.ADMIN)
    assert "sample.requested" in actions
    assert ("dataset.legal_basis_confirmed" in actions) == confirmed
